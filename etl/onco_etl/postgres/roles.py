"""Who may read the replica: one role, and nobody else but its owner."""

from __future__ import annotations

import psycopg

from onco_etl.postgres.lock import Connection, value
from onco_etl.postgres.settings import PARTS, PostgresSettings


def grant(connection: Connection, settings: PostgresSettings) -> list[str]:
    """Let the analyst role read what is there and what will be, and nobody else; what could not be done, in words."""
    schemas = [settings.schema(part) for part in PARTS]
    for schema in (*schemas, settings.books):
        connection.execute(f"REVOKE ALL ON SCHEMA {schema} FROM PUBLIC")
        connection.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC")
    role = settings.analyst_role
    if not role:
        return []
    if not value(connection, "SELECT count(*) FROM pg_roles WHERE rolname = %s", (role,)) and not _may(
        connection, f"CREATE ROLE {role} NOLOGIN"
    ):
        return [f"role {role} is not there and may not be created: the DBA does, then publish with --full"]
    for schema in schemas:
        connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}")
        connection.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {role}")
    database = psycopg.sql.Identifier(connection.info.dbname).as_string(connection)
    if not _may(connection, f"ALTER ROLE {role} IN DATABASE {database} SET search_path = {', '.join(schemas)}"):
        return [f"the search path of role {role} may not be set: the DBA does"]
    return []


def _may(connection: Connection, statement: str) -> bool:
    """Do what only some may; whether it was done."""
    try:
        with connection.transaction():
            connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True
