"""The part of `protocol` on what is measured and estimated: outcomes, follow-up, subgroups, sensitivity analyses."""

from __future__ import annotations

from collections.abc import Iterable

from onco_registry.bulletin.statement import Statement, say
from onco_registry.registry_model import Endpoint, ImmuneRules, RegistryDefinition


def outcome_facts(registry: RegistryDefinition) -> dict[str, list[Statement]]:
    """The facts by name; one of which the registry declares nothing is empty."""
    return {
        "outcomes": [_outcome(endpoint, registry) for endpoint in registry.endpoints.values()],
        "response": _response(registry),
        "safety": _safety(registry),
        "imaging": _imaging(registry),
        "follow_up_from_response": _from_response(registry),
        "late_entry_response": [say("late_entry_response")] if registry.response.sources else [],
        "follow_up_ends": _follow_up_ends(registry),
        "level": [say("level", percent=registry.analysis.ci_percent)],
        "estimated": _estimated(registry),
        "subgroups": _subgroups(registry),
        "contrasts": _contrasts(registry),
        "missing_response": [say("missing_response")] if registry.response.sources else [],
        "missing_dates": [say("missing_dates")],
        "sensitivity": _sensitivity(registry),
    }


def _outcome(endpoint: Endpoint, registry: RegistryDefinition) -> Statement:
    key = "outcome" if endpoint.start == "index" else "outcome_from_response"
    events = [registry.events[name].label for name in endpoint.events]
    about = {"label": endpoint.label, "events": events, "censorings": _censorings([endpoint], registry)}
    if endpoint.maximum_gap_days is not None:
        return say(f"{key}_gap", **about, days=endpoint.maximum_gap_days)
    if endpoint.stopped_by is not None:
        return say(f"{key}_stopped", **about, stop=registry.events[endpoint.stopped_by].label)
    return say(key, **about)


def _censorings(endpoints: Iterable[Endpoint], registry: RegistryDefinition) -> list[str]:
    names = dict.fromkeys(name for endpoint in endpoints for name in endpoint.censorings)
    return [registry.censorings[name].label for name in names]


def _response(registry: RegistryDefinition) -> list[Statement]:
    rules = registry.response
    if not rules.sources:
        return []
    return [
        say("response_sources", sources=list(rules.sources)),
        say("response_days", baseline=rules.baseline_days, stable=rules.stable_disease_days),
        say("response_confirmed", days=rules.confirmation_days),
        *([say("clinical_benefit", days=rules.clinical_benefit_days)] if rules.clinical_benefit_days else []),
        *([_immune(rules.immune)] if rules.immune else []),
    ]


def _immune(rules: ImmuneRules) -> Statement:
    return say("response_immune", earliest=rules.confirm_from_days, latest=rules.confirm_until_days)


def _safety(registry: RegistryDefinition) -> list[Statement]:
    rules = registry.safety
    if rules is None:
        return []
    kind = registry.labels.get(rules.extended_terms, rules.extended_terms.replace("_", "-"))
    return [say("safety", days=rules.window_days, extended=rules.extended_window_days, kind=kind)]


def _from_response(registry: RegistryDefinition) -> list[Statement]:
    started = any(endpoint.start != "index" for endpoint in registry.endpoints.values())
    return [say("follow_up_from_response")] if started else []


def _imaging(registry: RegistryDefinition) -> list[Statement]:
    schedule = registry.imaging
    return [say("imaging", interval=schedule.interval_days, tolerance=schedule.tolerance_days)] if schedule else []


def _follow_up_ends(registry: RegistryDefinition) -> list[Statement]:
    endpoints = registry.endpoints.values()
    changed = [endpoint.label for endpoint in endpoints if endpoint.stopped_by]
    last = say("change_ends", endpoints=changed) if changed else say("change_ends_none")
    return [say("follow_up_ends", censorings=_censorings(endpoints, registry)), last]


def _estimated(registry: RegistryDefinition) -> list[Statement]:
    analysis, labels = registry.analysis, {name: one.label for name, one in registry.endpoints.items()}
    weeks = [say("rates_weeks", label=labels[name], times=list(at)) for name, at in analysis.rates_in_weeks.items()]
    months = [say("rates_months", label=labels[name], times=list(at)) for name, at in analysis.rates.items()]
    return [*weeks, *months, *(say("rmst", label=labels[name], months=at) for name, at in analysis.rmst.items())]


def _subgroups(registry: RegistryDefinition) -> list[Statement]:
    labels = [stratum.label for stratum in registry.strata]
    return [say("labels", labels=labels)] if labels else []


def _contrasts(registry: RegistryDefinition) -> list[Statement]:
    strata = {stratum.name: stratum.label for stratum in registry.strata}
    found = [
        say(
            "contrast",
            label=registry.endpoints[contrast.endpoint].label,
            stratum=strata[contrast.stratum],
            reference=contrast.reference,
        )
        for contrast in registry.analysis.contrasts
    ]
    return found or [say("no_hypothesis")]


def _sensitivity(registry: RegistryDefinition) -> list[Statement]:
    """Endpoints that differ from another by a rule alone, and other windows of response."""
    varied = [endpoint for endpoint in registry.endpoints.values() if _varied(endpoint, registry)]
    found = [say("text", text=endpoint.label) for endpoint in varied]
    if registry.response.other_minimums:
        found.append(say("other_minimums", days=list(registry.response.other_minimums)))
    if registry.response.other_baseline_days is not None:
        found.append(say("other_baseline", days=registry.response.other_baseline_days))
    return found


def _varied(endpoint: Endpoint, registry: RegistryDefinition) -> bool:
    by_date = any(registry.events[name].partial_date for name in endpoint.events)
    return by_date or endpoint.maximum_gap_days is not None or endpoint.stopped_by is not None
