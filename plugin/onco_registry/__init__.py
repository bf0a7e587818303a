"""Real-world oncology outcome registries on OMOP CDM tables: cohorts, outcomes, bulletin, command line."""
