"""Time-to-event estimators with the conventions of R's package survival, each against R in tests/outcomes.

`curve` Kaplan-Meier, `quantile` medians and rates, `mean` restricted mean, `spss` the median as SPSS prints it,
`log_rank` the test, `cox` hazard ratios, `proportional` their assumption, `incidence` competing risks.
"""

from onco_registry.survival.cox import CoxModel, cox
from onco_registry.survival.curve import CONF_TYPES, kaplan_meier
from onco_registry.survival.incidence import cumulative_incidence
from onco_registry.survival.interval import DAYS_PER_MONTH, UNDEFINED, Interval
from onco_registry.survival.log_rank import LogRank, log_rank
from onco_registry.survival.mean import Mean, rmst, rmst_difference
from onco_registry.survival.proportional import ph_test
from onco_registry.survival.quantile import median, quantile, survival_at
from onco_registry.survival.spss import spss_median

__all__ = [
    "CONF_TYPES",
    "DAYS_PER_MONTH",
    "UNDEFINED",
    "CoxModel",
    "Interval",
    "LogRank",
    "Mean",
    "cox",
    "cumulative_incidence",
    "kaplan_meier",
    "log_rank",
    "median",
    "ph_test",
    "quantile",
    "rmst",
    "rmst_difference",
    "spss_median",
    "survival_at",
]
