"""How the patients considered became the cohort."""

from onco_registry.bulletin.frames import Record


def attrition(rows: list[Record]) -> list[Record]:
    """The steps of the cohort in order: criterion, label, excluded, remaining."""
    return sorted(rows, key=lambda row: row["step"])
