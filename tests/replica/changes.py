"""What a third night changed: the cells of schema results between two recomputes of one data cut."""

from __future__ import annotations

from typing import Any

from replica.nights import Row, Site

# The newest sync before and after the third night (the demo's recompute is run 3).
BEFORE, AFTER = 2, 4
# Table of schema results -> what names one of its cells.
CELLS = {
    "estimate": "measure, stratum, ci_method",
    "attrition": "criterion",
    "best_response": "subject_id",
    "target_sum": "subject_id, assessment_date::VARCHAR",
    "assessment": "subject_id, source, assessment_date::VARCHAR",
    "best_by_source": "subject_id, source",
    "response_query": "subject_id, query",
    "immune_assessment": "subject_id, source, assessment_date::VARCHAR",
    "best_immune_response": "subject_id, source",
    "endpoint": "subject_id, endpoint",
    "comparison": "subject_id, arm, endpoint",
    "added_later": "subject_id, endpoint",
    "growth_modulation": "subject_id",
    "curve": "endpoint",
    "adverse_event": "subject_id, term",
    "ae_table": "term, related_only, grade",
    "safety_table": "kind, item, related_only",
    "ae_rate": "kind, item, related_only",
    "ae_incidence": "kind, item, related_only",
    "immune_event": "subject_id, term",
    "laboratory_grade": "subject_id, term",
    "laboratory_table": "term, baseline_grade, worst_grade",
    "laboratory_not_evaluable": "term, reason",
    "safety_query": "subject_id, term",
    "treatment_window": "subject_id",
    "dose": "subject_id, component",
    "baseline": "variable, level",
    "completeness": "item",
    "timeliness": "item",
    "on_treatment": "subject_id",
    "overdue_scan": "subject_id",
    "not_adjudicated": "subject_id, reason",
    "consistency_check": "check_name",
    "cohort": "subject_id",
    "cohort_definition": "cohort_definition_id",
}
# The same patients in another order may change the last digits of what was iterated.
_ROUNDED = ", ".join(f"round({name}, 9) AS {name}" for name in ("estimate", "lower", "upper"))


def _values(table: str) -> str:
    rounded = f" REPLACE ({_ROUNDED})" if table == "estimate" else ""
    return f"SELECT * EXCLUDE (registry, data_cut, as_of_run, hash){rounded} FROM results"


class Changes:
    """The published results as known before and after the third night."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.patients = site.patients()

    def tables(self) -> set[str]:
        """The tables in which anything changed."""
        return {table for table in CELLS if self.cells(table)}

    def cells(self, table: str) -> set[Row]:
        """The cells of a table that changed, came or went; a person is named by the id of the Patient."""
        before, after = (f"{_values(table)}.{table} WHERE as_of_run = {run}" for run in (BEFORE, AFTER))
        found = self.site.rows(
            f"SELECT DISTINCT {CELLS[table]} FROM "
            f"((({before}) EXCEPT ALL ({after})) UNION ALL (({after}) EXCEPT ALL ({before})))"
        )
        return {self._named(table, row) for row in found}

    def measures(self) -> dict[str, set[str]]:
        """Stratum -> the measures of which an estimate changed, came or went."""
        found: dict[str, set[str]] = {}
        for measure, stratum, _ in self.cells("estimate"):
            found.setdefault(stratum, set()).add(measure)
        return found

    def all_cells(self, table: str) -> set[Row]:
        """Every cell of a table, before or after."""
        return {self._named(table, row) for row in self.site.rows(f"SELECT {CELLS[table]} FROM results.{table}")}

    def estimates(self, stratum: str, *measures: str) -> list[Row]:
        """(measure, interval method, x or events, n, estimate, lower, upper) after the night, to four decimals."""
        return self.site.rows(
            "SELECT measure, ci_method, coalesce(x, events), n, round(estimate, 4), round(lower, 4), round(upper, 4) "
            "FROM results.estimate WHERE as_of_run = $1 AND stratum = $2 AND list_contains($3, measure) "
            "ORDER BY list_position($3, measure), ci_method",
            [AFTER, stratum, list(measures)],
        )

    def of_patient(self, patient: str, table: str, columns: str) -> list[Row]:
        """One patient's rows of a table after the night."""
        persons = [person for person, name in self.patients.items() if name == patient]
        return self.site.rows(
            f"SELECT {columns} FROM results.{table} WHERE as_of_run = $1 AND list_contains($2, subject_id) "
            "ORDER BY ALL",
            [AFTER, persons],
        )

    def _named(self, table: str, row: Row) -> Row:
        if not CELLS[table].startswith("subject_id"):
            return row
        person: Any = row[0]
        return (self.patients[person], *row[1:])
