"""Resources fetched from a FHIR server, as files that the pipeline receives like any others.

settings    section [server] of registry.toml
wire        the only module that speaks HTTP (origins says where it may go, waiting for how long it pauses, heads how
            long the head of an answer may take)
outcome     what an OperationOutcome says, without its texts
access      who we are: smart (client_keys), a token or a password

pull        a night: read, give to the pipeline, settle (settled, private)
dry_run     the same with nothing settled: what a sync would do
read        chooses export or search, and finds out what vanished
bulk_export an export, begun (kickoff) or taken up again (job), and fetched (collect)
    manifest     where its files are; received: whether one is whole
    group        who is in a Group, and who left it
search      a server without $export: what changed is searched for, type by type
    capability   what the server says that it offers; clock, when it says so
    windows      of `_lastUpdated`, not too large
    reader       a type, window by window and page by page, into a file that appears whole or not at all (new_file)
    pages        Bundles, followed by their next links and taken apart
    history      what was deleted; deletions writes it as Bundles
reconcile   what vanished: a complete read of a server against the workspace
"""
