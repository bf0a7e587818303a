"""The baseline table: who the patients were at index, what is missing shown as a row."""

from onco_registry.baseline_model import MISSING
from onco_registry.bulletin.frames import Record
from onco_registry.bulletin.meta import BulletinMeta

NOT_RECORDED = "Not recorded"
_SUMMARY = ("median", "lower_quartile", "upper_quartile", "minimum", "maximum", "unit")


def baseline(rows: list[Record], meta: BulletinMeta) -> list[Record]:
    """One entry per variable, in declared order: its summary, where it is a number, and its levels.

    `n` patients in all; `multiple`: a patient may be in several levels, which then do not add up to `n`.
    """
    variables = list(dict.fromkeys(row["variable"] for row in rows))
    return [_variable(name, [row for row in rows if row["variable"] == name], meta) for name in variables]


def _variable(name: str, rows: list[Record], meta: BulletinMeta) -> Record:
    summary = next((row for row in rows if row["kind"] == "summary"), None)
    levels = [row for row in rows if row["kind"] != "summary"]
    return {
        "variable": name,
        "label": meta.label(name),
        "n": rows[0]["n"],
        "multiple": any(row["kind"] == "multiple" for row in levels),
        "levels": [
            {
                "level": row["level"],
                "label": NOT_RECORDED if row["level"] == MISSING else meta.label(row["level"]),
                "x": row["x"],
                "missing": row["level"] == MISSING,
            }
            for row in levels
        ],
        "summary": None if summary is None else {"n": summary["x"], **{name: summary[name] for name in _SUMMARY}},
    }
