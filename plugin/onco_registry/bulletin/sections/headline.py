"""The box at the head: how many patients, and the first numbers of the registry."""

from onco_registry.bulletin.frames import Record
from onco_registry.bulletin.meta import BulletinMeta
from onco_registry.bulletin.sections.estimates import first
from onco_registry.bulletin.sections.response import RATES

FOLLOW_UP = "follow_up_median"


def headline(estimates: list[Record], endpoints: list[str], meta: BulletinMeta) -> Record:
    """The number of patients, and the first overall row of each headline measure, None where there is none.

    The measures are the response rates, where the registry assesses response, the median of each endpoint that is
    shown, and that of follow-up.
    """
    rates = RATES if meta.has_response else ()
    measures = [*rates, *(f"{endpoint}_median" for endpoint in endpoints), FOLLOW_UP]
    return {"patients": meta.patients, "measures": {measure: first(estimates, measure) for measure in measures}}
