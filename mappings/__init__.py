"""Mappings as data: FHIR elements read, SELECTs, concept maps, registry definitions."""
