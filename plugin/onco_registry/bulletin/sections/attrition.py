"""How the patients considered became the cohort."""

from onco_registry.bulletin.frames import Record, of_cohort
from onco_registry.bulletin.meta import BulletinMeta


def attrition(rows: list[Record]) -> list[Record]:
    """The steps of the cohort in order: criterion, label, excluded, remaining."""
    return sorted(rows, key=lambda row: row["step"])


def further(rows: list[Record], meta: BulletinMeta) -> list[Record]:
    """The flows of the other cohorts: arms of comparators, and who added a component later; in the frame's order."""
    cohorts = dict.fromkeys(row["cohort"] for row in rows if row["cohort"] != meta.cohort)
    # An arm's cohort is named 'registry from landmark: arm'.
    return [
        {"cohort": name, "label": meta.label(name.rpartition(": ")[2]), "steps": attrition(of_cohort(rows, name))}
        for name in cohorts
    ]
