"""Resources fetched from a FHIR server, as files that the pipeline receives like any others.

settings    section [server] of registry.toml
wire        the only module that speaks HTTP (origins says where it may go, waiting for how long it pauses)
outcome     what an OperationOutcome says, without its texts

search      a server without $export: what changed is searched for, type by type
    capability   what the server says that it offers; clock, when it says so
    windows      of `_lastUpdated`, not too large
    reader       a type, window by window and page by page, into a file that appears whole or not at all (new_file)
    pages        Bundles, followed by their next links and taken apart
    history      what was deleted; deletions writes it as Bundles
reconcile   what vanished: a complete read of a server against the workspace
"""
