"""Time-to-event endpoints, composed of the definition's named events and censorings."""

from __future__ import annotations

from onco_registry.registry_model import DatedRule, RegistryDefinition
from onco_registry.relations import Relations, sql_text


def date_endpoints(relations: Relations, registry: RegistryDefinition) -> None:
    """Make `endpoint`: one row per patient and endpoint, with what decided it, its date and its CDM row."""
    relations.create("cohort_death")
    relations.create("last_contact")
    relations.create("first_response")
    relations.declare(
        "dated",
        {
            "name": "VARCHAR",
            "person_id": "BIGINT",
            "decided_on": "DATE",
            "cdm_table": "VARCHAR",
            "cdm_row_id": "BIGINT",
            "precision": "VARCHAR",
        },
        [],
    )
    rules = [
        (endpoint.name, order, name, is_event, position)
        for order, endpoint in enumerate(registry.endpoints.values())
        for is_event, names in ((True, endpoint.events), (False, endpoint.censorings))
        for position, name in enumerate(names)
    ]
    relations.declare(
        "endpoint_rule",
        {
            "endpoint": "VARCHAR",
            "endpoint_position": "INTEGER",
            "name": "VARCHAR",
            "is_event": "BOOLEAN",
            "position": "INTEGER",
        },
        rules,
    )
    relations.declare(
        "endpoint_declared",
        {
            "endpoint": "VARCHAR",
            "endpoint_position": "INTEGER",
            "start": "VARCHAR",
            "responders": "BOOLEAN",
            "stopped_by": "VARCHAR",
            "maximum_gap_days": "INTEGER",
        },
        [
            (item.name, order, item.start, item.responders, item.stopped_by, item.maximum_gap_days)
            for order, item in enumerate(registry.endpoints.values())
        ],
    )
    declared = {**registry.events, **registry.censorings}
    stops = [item.stopped_by for item in registry.endpoints.values() if item.stopped_by]
    for name in dict.fromkeys([*(rule[2] for rule in rules), *stops]):
        _find(relations, declared[name])
    relations.create("endpoint")


def _find(relations: Relations, rule: DatedRule) -> None:
    found = sql_text(f"dated/{rule.kind}")
    select = f"SELECT '{rule.name}' AS name, found.* FROM ({found}) AS found"
    relations.append(
        "dated",
        select,
        responses=list(rule.responses),
        after_days=rule.after_days,
        components_stopped=rule.components,
        partial_date=rule.partial_date,
    )
