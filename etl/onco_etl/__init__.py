"""From FHIR R4 files to OMOP CDM v5.4 tables: landing, staging, mapping, merge, replicas."""
