"""The Postgres replica: what the published DuckDB file has, with the full vocabulary, as an OHDSI database.

    settings    the section [postgres]
    lock        a connection that holds an advisory lock; errors in words without data
    turn        one run at a time, whichever data folder it is of, from before it receives until it has published
    origin      the published file and the workspace it is of, attached; what changed between two runs
    tables      each table's columns, keys and indices (the CDM's from cdm_fields.csv and cdm_indices.csv)
    vocabulary  the loaded vocabulary, and what the published file adds to it
    books       what the replica holds: its run, its shape, the content of tables
    reasons     why everything is built anew; plan: else which table is merged, replaced, built or left
    transfer    rows from DuckDB to Postgres
    merge       rows that changed, into a table; build: a whole table, beside the one that readers see
    references  foreign keys, and those that do not hold
    checksum    one number for the rows of a table, the same in DuckDB and in Postgres; compare: a table's on both sides
    views, roles    the views of schema registry; who may read
    publish     the order of these, in one transaction; verify compares, follow is what a night calls

psycopg is imported by whoever connects, not by the settings.
"""
