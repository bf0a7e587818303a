"""Response: rates, sources, best changes, strata."""

from collections import Counter

from onco_registry.bulletin.frames import Record
from onco_registry.bulletin.meta import BulletinMeta
from onco_registry.bulletin.sections.estimates import overall, strata
from onco_registry.bulletin.sections.response_by_rule import response_by_rule

RESPONSES = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE")
RATES = ("orr", "dcr")
MEASURES = (*RATES, *(f"response_{response.lower()}" for response in RESPONSES))
# What else is estimated of response: with confirmation, other minimums and baselines, of those who could be assessed.
FURTHER = (
    "orr_confirmed",
    "dcr_confirmed",
    "cbr",
    "secondary_orr_measurable",
    "secondary_dcr_measurable",
    "secondary_orr_evaluable",
    "secondary_dcr_evaluable",
)
# Patients with progression by iRECIST, that was confirmed, that a response or stable disease followed.
IMMUNE_PROGRESSION = ("iupd_any", "iupd_confirmed", "iupd_closed_by_response")
# Source of a best response that nothing was recorded for.
NO_SOURCE = "none"


def response(estimates: list[Record], best: list[Record], completeness: list[Record], meta: BulletinMeta) -> Record:
    """Response estimates, also by other rules, counts by source, bars of the waterfall (unnamed, in order), strata."""
    by_source = Counter((row["response"], row["source"] or NO_SOURCE) for row in best)
    measured = [row for row in best if row["best_change"] is not None]
    bars = [{"change": row["best_change"], "response": row["response"]} for row in measured]
    return {
        "estimates": [row for measure in MEASURES for row in overall(estimates, measure)],
        "further": [row for measure in FURTHER for row in overall(estimates, measure)],
        "by_rule": response_by_rule(estimates, completeness),
        "immune_progression": [row for measure in IMMUNE_PROGRESSION for row in overall(estimates, measure)],
        "by_source": [
            {"response": name, "source": source, "x": by_source[name, source]}
            for name in RESPONSES
            for source in sorted({source for _, source in by_source})
        ],
        "waterfall": sorted(bars, key=lambda bar: (-bar["change"], RESPONSES.index(bar["response"]))),
        "without_change": len(best) - len(measured),
        "strata": strata(estimates, "orr", meta.label),
    }
