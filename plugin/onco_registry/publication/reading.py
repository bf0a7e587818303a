"""The YAML file of a publication's numbers -> Publication; a wrong key or value is named with its line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from onco_registry.publication import model
from onco_registry.publication.binomial import METHODS
from onco_registry.publication.medians import BANDS, SYMMETRIC
from onco_registry.publication.p_values import TESTS
from onco_registry.yaml_value import YamlValue

_LEVEL = Decimal(95)
Item = TypeVar("Item")
Keys = Mapping[str, YamlValue]


def read_publication(path: Path) -> model.Publication:
    """The numbers of one file. Raises ConfigurationError naming file, line and key."""
    sections = ("counts", "proportions", "medians", "strata", "p_values")
    keys = YamlValue.load(path).keys(("publication", "n"), ("level", *sections))
    n, level = keys["n"].integer(minimum=1), _level(keys, _LEVEL)
    counts = _section(keys, "counts", lambda value: _counts(value, n))
    proportions = _section(keys, "proportions", lambda value: _proportion(value, n, level, counts))
    named = keys["medians"].mapping() if "medians" in keys else ()
    medians = _section(keys, "medians", lambda value: _median(value, n, level, named))
    strata = _section(keys, "strata", lambda value: _strata(value, n, level, proportions))
    p_values = _section(keys, "p_values", lambda value: _p_value(value, strata))
    return model.Publication(keys["publication"].text(), n, counts, proportions, medians, strata, p_values)


def _section(keys: Keys, name: str, read: Callable[[YamlValue], Item]) -> Mapping[str, Item]:
    return {entry: read(value) for entry, value in keys[name].mapping().items()} if name in keys else {}


def _level(keys: Keys, default: Decimal) -> Decimal:
    if "level" not in keys:
        return default
    level = keys["level"].decimal()
    if not 0 < level < 100:
        keys["level"].refuse("expected a percentage between 0 and 100")
    return level


def _counts(value: YamlValue, n: int) -> model.Counts:
    keys = value.keys(("parts",), ("of", "complete"))
    parts = {name: None if x.absent() else x.integer() for name, x in keys["parts"].mapping().items()}
    complete = keys["complete"].flag() if "complete" in keys else True
    return model.Counts(value.line, _size(keys, n), parts, complete)


def _size(keys: Keys, n: int) -> int:
    return keys["of"].integer(minimum=1) if "of" in keys else n


def _proportion(value: YamlValue, n: int, level: Decimal, counts: Mapping[str, model.Counts]) -> model.Proportion:
    keys = value.keys((), ("x", "of", "percent", "interval", "method", "level", "parts"))
    group, parts = _parts(keys["parts"], counts) if "parts" in keys else (None, ())
    return model.Proportion(
        value.line,
        _size(keys, n),
        _level(keys, level),
        x=keys["x"].integer() if "x" in keys else None,
        percent=keys["percent"].decimal() if "percent" in keys else None,
        interval=_closed(keys["interval"]) if "interval" in keys else None,
        method=keys["method"].choice(METHODS, "method") if "method" in keys else None,
        group=group,
        parts=parts,
    )


def _parts(value: YamlValue, counts: Mapping[str, model.Counts]) -> tuple[str, tuple[str, ...]]:
    """{group of counts: [parts of it]}"""
    named = value.mapping()
    if len(named) != 1:
        value.refuse("expected one group of counts and some of its parts")
    [(group, parts)] = named.items()
    if group not in counts:
        value.refuse(f"no counts {group!r}; there are: {', '.join(counts) or 'none'}")
    return group, tuple(part.choice(counts[group].parts, "part") for part in parts.items())


def _closed(value: YamlValue) -> tuple[Decimal, Decimal]:
    lower, upper = _pair(value)
    return lower.decimal(), upper.decimal()


def _open(value: YamlValue) -> model.Limits:
    lower, upper = _pair(value)
    return None if lower.absent() else lower.decimal(), None if upper.absent() else upper.decimal()


def _pair(value: YamlValue) -> tuple[YamlValue, YamlValue]:
    limits = value.items()
    if len(limits) != 2:
        value.refuse(f"expected two limits, found {len(limits)}")
    return limits[0], limits[1]


def _median(value: YamlValue, n: int, level: Decimal, medians: Collection[str]) -> model.Median:
    keys = value.keys(("estimate",), ("interval", "method", "level", "std_error", "of", "events", "not_before"))
    return model.Median(
        value.line,
        None if keys["estimate"].absent() else keys["estimate"].decimal(),
        _level(keys, level),
        interval=_open(keys["interval"]) if "interval" in keys else None,
        method=keys["method"].choice((*SYMMETRIC, *BANDS), "method") if "method" in keys else None,
        std_error=keys["std_error"].decimal() if "std_error" in keys else None,
        n=_size(keys, n),
        events=keys["events"].integer() if "events" in keys else None,
        not_before=keys["not_before"].choice(medians, "median") if "not_before" in keys else None,
    )


def _strata(value: YamlValue, n: int, level: Decimal, proportions: Collection[str]) -> model.Strata:
    keys = value.keys(("parts",), ("of", "proportion"))
    parts = {name: _stratum(part, level) for name, part in keys["parts"].mapping().items()}
    named = keys["proportion"].choice(proportions, "proportion") if "proportion" in keys else None
    return model.Strata(value.line, _size(keys, n), parts, named)


def _stratum(value: YamlValue, level: Decimal) -> model.Proportion:
    """A proportion that says of how many it is."""
    value.keys(("of",), ("x", "percent", "interval", "method", "level"))
    return _proportion(value, 0, level, {})


def _p_value(value: YamlValue, strata: Collection[str]) -> model.PValue:
    keys = value.keys(("p",), ("test", "table", "strata"))
    if "table" in keys and "strata" in keys:
        keys["strata"].refuse("expected either 'table' or 'strata'")
    below = keys["p"].written().startswith("<")
    return model.PValue(
        value.line,
        (keys["p"].without("<") if below else keys["p"]).decimal(),
        below,
        test=keys["test"].choice(TESTS, "test") if "test" in keys else None,
        table=_table(keys["table"]) if "table" in keys else None,
        strata=keys["strata"].choice(strata, "strata") if "strata" in keys else None,
    )


def _table(value: YamlValue) -> tuple[tuple[int, ...], ...]:
    rows = tuple(tuple(cell.integer() for cell in row.items()) for row in value.items())
    if len(rows) < 2 or len({len(row) for row in rows}) != 1 or len(rows[0]) < 2:
        value.refuse("expected a table of at least two rows with equally many, at least two, counts")
    return rows
