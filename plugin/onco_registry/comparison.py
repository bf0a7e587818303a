"""Arms of a registry compared from a landmark: who is in which arm is known by then, and time before it is nobody's.

A cohort of those who took both drugs had to live until they took the second, which patients of one drug did not
(immortal time). So both arms start at a landmark, a fixed number of days after the first drug, in those who are
followed, alive and without progression then (Anderson et al., J Clin Oncol 1983;1:710-719).

The line of therapy begins with the first drug, and with it the baseline of response. A patient of the combination who
was first measured between the two drugs is judged against that: else progression would be seen in one arm only
(docs/decisions/0013-the-baseline-of-the-arms.md). A component that is not of the arm, begun later, is a new therapy;
the patient stays in the arm.
"""

from __future__ import annotations

import pandas as pd

from onco_registry.cohort import meet
from onco_registry.comparator_model import COMBINATION, Comparators
from onco_registry.endpoint import date_endpoints
from onco_registry.registry_model import HISTORY_CRITERIA, Criterion, RegistryDefinition
from onco_registry.relations import Relations, sql_text
from onco_registry.response import assess_response
from onco_registry.results import FRAMES

# The days whose baselines response can be judged against, the preferred one first.
_FIRST_DRUG, _ALL_DRUGS = 1, 2
# What excludes at the landmark, after the cohort's own criteria of history: criterion -> label.
_AT_LANDMARK = {
    "first_start": "An earlier start met the criteria",
    "followed_at_landmark": "Dead or not followed at the landmark",
    "free_of_progression": "Progression by the landmark",
}


def compare(relations: Relations, registry: RegistryDefinition) -> dict[str, pd.DataFrame]:
    """Rows of results.comparison, and those of the arms in results.attrition and results.cohort.

    Criteria of history are asked at the first drug. Called after everything about the cohort itself is out of the
    relations, for `candidate`, `cohort_member` and what is made of them then are those of the arms. Without
    comparators nothing changes, and `comparison` is empty.
    """
    rules = registry.comparators
    if rules is None:
        return {"comparison": _nothing()}
    _declare(relations, registry, rules)
    relations.create("candidate")
    relations.create("candidate", _text("candidate"), landmark_days=rules.landmark_days, combination=COMBINATION)
    relations.create("prior_line")
    criteria = _criteria(registry)
    for step, criterion in enumerate(criteria, start=1):
        meet(relations, step, criterion)
    step = len(criteria) + 1
    relations.exclude(step, _text("first_start"))
    for name in ("cohort_member", "first_seen"):
        relations.create(name)
    relations.create("regimen", _text("regimen"), combination=COMBINATION)
    relations.create("new_therapy")
    _assess(relations, registry)
    relations.create("cohort_member", _text("treated_from"))
    date_endpoints(relations, registry)
    relations.exclude(step + 1, _text("followed_at_landmark"))
    relations.exclude(step + 2, _text("free_of_progression"))
    return {
        "comparison": relations.select(_text("comparison"), compared=list(rules.endpoints)),
        "attrition": relations.select(_text("attrition"), landmark_steps=step + 2),
        "cohort": relations.select(_text("cohort")),
    }


def _assess(relations: Relations, registry: RegistryDefinition) -> None:
    """Make the relations of response, for each patient by the better of two baselines (judged_from.sql)."""
    assess_response(relations, registry)
    relations.create("arm_assessment", _text("arm_assessment"), baseline=_FIRST_DRUG)
    relations.create("cohort_member", _text("treated_from"))
    assess_response(relations, registry)
    relations.append("arm_assessment", _text("arm_assessment"), baseline=_ALL_DRUGS)
    relations.create("cohort_member", _text("judged_from"), all_drugs=_ALL_DRUGS)
    assess_response(relations, registry)


def _criteria(registry: RegistryDefinition) -> list[Criterion]:
    """Those that ask what was known at an index date; which drugs were taken when is what the arms are."""
    return [criterion for criterion in registry.cohort.criteria if criterion.kind in HISTORY_CRITERIA]


def _declare(relations: Relations, registry: RegistryDefinition, rules: Comparators) -> None:
    relations.declare(
        "arm",
        {"arm": "VARCHAR", "position": "INTEGER", "definition_id": "INTEGER"},
        [(arm.name, position, arm.id) for position, arm in enumerate(rules.arms)],
    )
    steps = [("started", "Any start of the arm's drugs")]
    steps += [(criterion.name, criterion.label) for criterion in _criteria(registry)]
    steps += _AT_LANDMARK.items()
    relations.declare(
        "landmark_step",
        {"step": "INTEGER", "name": "VARCHAR", "label": "VARCHAR"},
        [(step, name, label) for step, (name, label) in enumerate(steps)],
    )


def _text(name: str) -> str:
    return sql_text(f"comparison/{name}")


def _nothing() -> pd.DataFrame:
    return pd.DataFrame(columns=list(FRAMES["comparison"]))
