"""The flow of patients, its small steps put together with their neighbours."""

from onco_registry.bulletin.disclosure.pooling import runs
from onco_registry.bulletin.disclosure.rule import Rule
from onco_registry.bulletin.frames import Record

BETWEEN = "; "


def attrition(steps: list[Record], patients: int, rule: Rule) -> list[Record]:
    """The steps with every exclusion 0 or at least k; none at all where that cannot be had.

    Steps that were put together have the label of each in `members`.
    """
    if not steps or steps[-1]["remaining"] != patients:
        return []
    told = [_together([steps[position] for position in run]) for run in runs([s["excluded"] for s in steps], rule.k)]
    shown = rule.count(*(step["excluded"] for step in told), *(step["remaining"] for step in told))
    return [{**step, "step": number} for number, step in enumerate(told)] if shown else []


def _together(steps: list[Record]) -> Record:
    if len(steps) == 1:
        return steps[0]
    return {
        "step": steps[0]["step"],
        "criterion": None,
        "label": BETWEEN.join(step["label"] for step in steps),
        "members": [step["label"] for step in steps],
        "excluded": sum(step["excluded"] for step in steps),
        "remaining": steps[-1]["remaining"],
    }
