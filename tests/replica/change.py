"""What one more night changed in the published results: cells between two recomputes of one data cut."""

from __future__ import annotations

from typing import Any

from replica.site import Row, Site

# Table of schema results -> what names a cell in it.
KEYS = {
    "estimate": ("measure", "stratum", "ci_method"),
    "attrition": ("criterion",),
    "best_response": ("subject_id",),
    "target_sum": ("subject_id", "assessment_date"),
    "endpoint": ("subject_id", "endpoint"),
    "curve": ("endpoint",),
    "adverse_event": ("subject_id", "term"),
    "ae_table": ("term", "related_only", "grade"),
    "completeness": ("item",),
    "consistency_check": ("check_name",),
    "cohort": ("subject_id",),
    "cohort_definition": ("cohort_definition_id",),
}
RUN_BEFORE, RUN_AFTER = 2, 4
_UNNAMED = "* EXCLUDE (registry, data_cut, as_of_run, hash)"


class Change:
    """The results as known before and after the third night (runs 2 and 4)."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.persons = site.persons()

    def cells(self) -> dict[str, set[Row]]:
        """Table -> its cells that changed, came or went; persons by the id of their Patient."""
        changed = {table: self._changed(table) for table in KEYS}
        return {table: cells for table, cells in changed.items() if cells}

    def all_cells(self, table: str) -> set[Row]:
        """Every cell of a table, before or after."""
        return set(self.site.rows(f"SELECT DISTINCT {', '.join(KEYS[table])} FROM results.{table}"))

    def overall(self, *measures: str) -> dict[str, Row]:
        """Measure (and method, where it has several) -> (x or events, n, estimate, lower, upper), rounded."""
        found = self.site.rows(
            """
            SELECT
                measure || CASE WHEN ci_method = 'spss-plain' THEN ' spss' ELSE '' END, coalesce(x, events), n,
                round(estimate, 4), round(lower, 4), round(upper, 4)
            FROM results.estimate
            WHERE as_of_run = $1 AND stratum = 'overall' AND list_contains($2, measure)
            """,
            [RUN_AFTER, list(measures)],
        )
        return {row[0]: row[1:] for row in found}

    def of(self, patient: str, table: str, *columns: str) -> list[Row]:
        """One patient's rows of a table after the night."""
        (person,) = (person for person, name in self.persons.items() if name == patient)
        chosen = ", ".join(columns)
        return self.site.rows(
            f"SELECT {chosen} FROM results.{table} WHERE as_of_run = {RUN_AFTER} AND subject_id = $1 ORDER BY ALL",
            [person],
        )

    def _changed(self, table: str) -> set[Row]:
        versions = [f"SELECT {_UNNAMED} FROM results.{table} WHERE as_of_run = {run}" for run in (2, 4)]
        names = ", ".join(KEYS[table])
        found = self.site.rows(
            f"""
            SELECT DISTINCT {names} FROM (
                (({versions[0]}) EXCEPT ALL ({versions[1]})) UNION ALL (({versions[1]}) EXCEPT ALL ({versions[0]}))
            )
            """
        )
        return {
            tuple(self._named(table, value, name) for value, name in zip(row, KEYS[table], strict=True))
            for row in found
        }

    def _named(self, table: str, value: Any, column: str) -> Any:
        return self.persons[value] if column == "subject_id" else value
