"""Episodes: the rules that registries hand over, and the rows of touched persons that make episodes by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import duckdb

from onco_etl.query import literal

# The SELECTs of sql/episode, each a temporary table of its name: what the rules name, then, in the order in which they
# read each other, what they make of the persons' rows.
_CONCEPTS = "episode_concept"
_STEPS = (
    "episode_course",
    "episode_line",
    "episode_fact",
    "episode_progression",
    "episode_part",
)


@dataclass(frozen=True, slots=True)
class RuleConcept:
    """A concept that a registry's rules name, by its id or by its code in a vocabulary.

    role: therapy (a drug; of its `agent`, lines are counted), disease, metastatic, negative (a value that denies),
    response (the question), answer (to it; label CR, PR, SD, PD or NE). descendants: also what lies below it.
    """

    role: str
    label: str
    concept_id: int | None = None
    vocabulary_id: str | None = None
    concept_code: str | None = None
    descendants: bool = False
    agent: str | None = None
    is_component: bool = False


@dataclass(frozen=True, slots=True)
class EpisodeRules:
    """A registry's rules of episodes; days are differences of dates.

    regimen: the name of the combination of all its `components`, and its concept id, 0 if there is none. Lines of
    therapy: components that start within combination_days are one line; a new agent more than new_agent_days after a
    line's start, or no drug for gap_days, begins the next. sources: drug type concept ids that count as therapy.
    """

    registry: str
    regimen: str
    regimen_concept_id: int
    components: int
    combination_days: int
    new_agent_days: int
    gap_days: int
    sources: tuple[int, ...]
    concepts: tuple[RuleConcept, ...]


def declare(con: duckdb.DuckDBPyConnection, rules: Sequence[EpisodeRules]) -> None:
    """Make `episode_concept`, the concepts that the rules name, and the temporary tables of the rules themselves."""
    _rules(con, rules)
    _make(con, _CONCEPTS)


def find(con: duckdb.DuckDBPyConnection) -> None:
    """Make `episode_part`, what the derived tables episode and episode_event read, for the persons of `work.person`."""
    for step in _STEPS:
        _make(con, step)


def _make(con: duckdb.DuckDBPyConnection, step: str) -> None:
    text = files("onco_mappings").joinpath("sql", "episode", f"{step}.sql").read_text(encoding="utf-8")
    con.execute(f"CREATE OR REPLACE TEMP TABLE {step} AS {text}")


def _rules(con: duckdb.DuckDBPyConnection, rules: Sequence[EpisodeRules]) -> None:
    """The rules as temporary tables."""
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE episode_rule (
            registry VARCHAR, regimen VARCHAR, regimen_concept_id INTEGER, components INTEGER,
            combination_days INTEGER, new_agent_days INTEGER, gap_days INTEGER
        );
        CREATE OR REPLACE TEMP TABLE episode_rule_source (registry VARCHAR, type_concept_id INTEGER);
        CREATE OR REPLACE TEMP TABLE episode_rule_concept (
            registry VARCHAR, position INTEGER, role VARCHAR, label VARCHAR, concept_id INTEGER,
            vocabulary_id VARCHAR, concept_code VARCHAR, descendants BOOLEAN, agent VARCHAR, is_component BOOLEAN
        );
        """
    )
    _insert(
        con,
        "episode_rule",
        [
            (
                rule.registry, rule.regimen, rule.regimen_concept_id, rule.components, rule.combination_days,
                rule.new_agent_days, rule.gap_days,
            )
            for rule in rules
        ],
    )  # fmt: skip
    _insert(con, "episode_rule_source", [(rule.registry, source) for rule in rules for source in rule.sources])
    _insert(
        con,
        "episode_rule_concept",
        [
            (
                rule.registry, position, concept.role, concept.label, concept.concept_id,
                concept.vocabulary_id, concept.concept_code, concept.descendants, concept.agent, concept.is_component,
            )
            for rule in rules
            for position, concept in enumerate(rule.concepts)
        ],
    )  # fmt: skip


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[str | int | None, ...]]) -> None:
    if rows:
        listed = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
        con.execute(f"INSERT INTO {table} VALUES {listed}")
