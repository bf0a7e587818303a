"""Endpoints: one YAML file of named events, censorings and the endpoints composed of them -> dataclasses."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from onco_registry import registry_model as model
from onco_registry.yaml_value import YamlValue

# Keys of a rule besides its kind and label, by kind: needed, and optional.
_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "response": (("responses",), ("after_days",)),
    "last_response": (("responses",), ()),
    "last_immune_response": (("responses",), ()),
    "stopped": (("components",), ()),
    "death": ((), ("partial_date",)),
}
# Censorings at what was last known by an assessment.
_BY_ASSESSMENT = {"last_immune_response", "last_response", "start"}
_OPTIONAL = ("from", "among", "stopped_by", "maximum_gap_days")
# With what is measured of it, the id of a FHIR resource, which is of 64 characters at most.
_LONGEST_NAME = 50
_NAME = re.compile(rf"[A-Za-z]\w{{0,{_LONGEST_NAME - 1}}}", re.ASCII)


def load_endpoints(path: Path) -> model.Endpoints:
    """The named events, censorings and endpoints of one file. Raises ConfigurationError."""
    keys = YamlValue.load(path).keys(("events", "censorings", "endpoints"))
    events = _dated_rules(keys["events"], model.EVENT_KINDS)
    censorings = _dated_rules(keys["censorings"], model.CENSORING_KINDS)
    named = keys["endpoints"].mapping().items()
    for name, value in named:
        if not _NAME.fullmatch(name):
            value.refuse(f"endpoint {name!r}: its name is of letters, digits and _, at most {_LONGEST_NAME}")
    return model.Endpoints(
        events, censorings, {name: _endpoint(name, value, events, censorings) for name, value in named}
    )


def choices(value: YamlValue, known: Collection[str], what: str) -> tuple[str, ...]:
    """A list of known names."""
    return tuple(item.choice(known, what) for item in value.items())


def _endpoint(
    name: str,
    value: YamlValue,
    events: Mapping[str, model.DatedRule],
    censorings: Mapping[str, model.DatedRule],
) -> model.Endpoint:
    keys = value.keys(("label", "events", "censorings"), _OPTIONAL)
    found = choices(keys["censorings"], censorings, "censoring")
    kinds = {censorings[censoring].kind for censoring in found}
    # Censored in the middle of follow-up is only what was last known by an assessment.
    for key in ("stopped_by", "maximum_gap_days"):
        if key in keys and not kinds <= _BY_ASSESSMENT:
            keys[key].refuse(f"needs censorings of the kinds {', '.join(sorted(_BY_ASSESSMENT))} alone")
    start = keys["from"].choice(model.STARTS, "start") if "from" in keys else "index"
    return model.Endpoint(
        name,
        keys["label"].text(),
        choices(keys["events"], events, "event"),
        found,
        start=start,
        responders="among" in keys and bool(keys["among"].choice(("responders",), "group")),
        stopped_by=keys["stopped_by"].choice(events, "event") if "stopped_by" in keys else None,
        maximum_gap_days=keys["maximum_gap_days"].integer(minimum=1) if "maximum_gap_days" in keys else None,
    )


def _dated_rules(value: YamlValue, kinds: Collection[str]) -> Mapping[str, model.DatedRule]:
    return {name: _dated_rule(name, item, kinds) for name, item in value.mapping().items()}


def _dated_rule(name: str, item: YamlValue, kinds: Collection[str]) -> model.DatedRule:
    every = tuple(dict.fromkeys(key for needed, optional in _KEYS.values() for key in (*needed, *optional)))
    kind = item.keys(("kind", "label"), every)["kind"].choice(kinds, "kind")
    needed, optional = _KEYS.get(kind, ((), ()))
    known = model.IMMUNE_RESPONSES if kind in model.IMMUNE_KINDS else model.RESPONSES
    keys = item.keys(("kind", "label", *needed), optional)
    return model.DatedRule(
        name,
        kind,
        keys["label"].text(),
        responses=choices(keys["responses"], known, "response") if "responses" in keys else (),
        after_days=keys["after_days"].integer(minimum=1) if "after_days" in keys else 0,
        components=keys["components"].choice(model.STOPPED, "choice") if "components" in keys else None,
        partial_date=keys["partial_date"].choice(model.PARTIAL_DATES, "end") if "partial_date" in keys else None,
    )
