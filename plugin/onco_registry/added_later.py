"""Who added a drug to another that they were taking: a cohort of its own, dated by the addition.

Put among those who began both together and dated by the first drug, they would bring time that they had to live through
(immortal time); so they are not in the registry's cohort, and never dated back.
"""

from __future__ import annotations

import pandas as pd

from onco_registry.cohort import meet
from onco_registry.endpoint import date_endpoints
from onco_registry.registry_model import HISTORY_CRITERIA, Criterion, RegistryDefinition
from onco_registry.relations import Relations, sql_text
from onco_registry.response import assess_response
from onco_registry.results import FRAMES

_ENTERED = "One drug added to another that was still taken"


def follow_added(relations: Relations, registry: RegistryDefinition) -> dict[str, pd.DataFrame]:
    """Rows of results.added_later (their endpoints), and theirs in results.attrition and results.cohort.

    The cohort's criteria of history are asked at the day of the addition. Called after everything about the cohort
    itself is out of the relations, for `candidate`, `cohort_member` and what is made of them then are theirs. Where no
    such cohort is declared nothing changes, and `added_later` is empty.
    """
    rules = registry.added_later
    if rules is None:
        return {"added_later": pd.DataFrame(columns=list(FRAMES["added_later"]))}
    criteria = [criterion for criterion in registry.cohort.criteria if criterion.kind in HISTORY_CRITERIA]
    _name_steps(relations, criteria)
    relations.create("begun_together", "SELECT person_id, index_date FROM cohort_member")
    relations.create("candidate")
    relations.create("candidate", _text("candidate"))
    relations.create("prior_line")
    for step, criterion in enumerate(criteria, start=1):
        meet(relations, step, criterion)
    for name in ("cohort_member", "first_seen", "regimen", "new_therapy"):
        relations.create(name)
    assess_response(relations, registry)
    date_endpoints(relations, registry)
    return {
        "added_later": relations.select(_text("endpoint"), shown=list(rules.endpoints), definition_id=rules.id),
        "attrition": relations.select(sql_text("attrition"), cohort_name=rules.name, steps=len(criteria)),
        "cohort": relations.select(sql_text("cohort"), definition_id=rules.id),
    }


def _name_steps(relations: Relations, criteria: list[Criterion]) -> None:
    relations.declare(
        "criterion",
        {"step": "INTEGER", "name": "VARCHAR", "label": "VARCHAR"},
        [(0, "added", _ENTERED)] + [(step, item.name, item.label) for step, item in enumerate(criteria, start=1)],
    )


def _text(name: str) -> str:
    return sql_text(f"added_later/{name}")
