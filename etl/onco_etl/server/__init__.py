"""Resources fetched from a FHIR server, as files that the pipeline receives like any others.

settings    section [server] of registry.toml
wire        the only module that speaks HTTP (origins says where it may go, waiting for how long it pauses)
outcome     what an OperationOutcome says, without its texts
"""
