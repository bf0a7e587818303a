"""The replica's numbers do not depend on whether the codes are read by the starter maps or by a vocabulary."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from onco_etl import pipeline, vocabulary
from replica.nights import Row, Site
from support.athena import concept, related, write
from support.real_input import DATA

SAMPLE = DATA / "omop-vocabulary-sample" / "Synthea27Nj_5.4.zip"
STANDARD = ("LOINC", "RxNorm", "RxNorm Extension", "SNOMED", "UCUM", "Cancer Modifier")
NOT_STANDARD = ("ICDO3", "MedDRA", "NCIt", "HemOnc", "ATC", "ICD10")
OWN_CONCEPTS = 2_000_000_000
WIDER = 70_000_000


def estimates(site: Site) -> list[Row]:
    """Every number, whatever case the vocabulary writes a term in."""
    return site.rows(
        "SELECT lower(measure), stratum, ci_method, estimate, lower, upper, x, n FROM registry.latest_estimate"
        " ORDER BY ALL"
    )


def load(site: Site, download: Path) -> int:
    """Load a vocabulary and compute again; how many patients the cohort has."""
    vocabulary.load(site.config.data, download)
    pipeline.remap(site.config.etl)
    (computed,) = site.recompute()
    patients: int = computed["patients"]
    return patients


def whole_vocabulary(site: Site, folder: Path) -> Path:
    """A download that has every code of the starter maps, and gives it other concepts than these do.

    ICD-O-3 is not standard, and all of it maps to one concept that is wider than any histology. A code that stands
    for an own concept has a standard concept of its own.
    """
    with duckdb.connect(site.workspace, read_only=True) as con:
        rows = con.execute(
            f"""
            SELECT
                vocabulary_id, concept_code, max(source_concept_id), min(concept_id), min(domain_id), min(concept_name)
            FROM mapping.starter_row WHERE vocabulary_id IN {(*STANDARD, *NOT_STANDARD)} GROUP BY ALL ORDER BY ALL
            """
        ).fetchall()
    concepts = {WIDER: concept(WIDER, "wider", name="Neoplasm")}
    relations = []
    for number, (name, code, source, target, domain, words) in enumerate(rows, start=1):
        kind = "Ingredient" if domain == "Drug" else "Clinical Finding"
        own = source or WIDER + number
        standard = "S" if name in STANDARD else ""
        concepts[own] = concept(own, code, vocabulary=name, domain=domain, standard=standard, name=words, kind=kind)
        if standard:
            reached = own
        elif name == "ICDO3":
            reached = WIDER
        else:
            reached = target if target < OWN_CONCEPTS and target != own else WIDER + 100_000 + number
            concepts.setdefault(reached, concept(reached, f"t{reached}", domain=domain, name=words, kind=kind))
        relations.append(related(own, reached))
    return write(
        folder,
        concept=list(concepts.values()),
        concept_relationship=relations,
        concept_ancestor=[(row[0], row[0], 0, 0) for row in concepts.values() if row[5] == "S"],
    )


def test_a_whole_vocabulary_gives_the_same_study(site: Site, tmp_path: Path) -> None:
    before = estimates(site)
    assert load(site, whole_vocabulary(site, tmp_path / "athena")) == 32
    diagnoses = site.rows(
        "SELECT DISTINCT condition_concept_id FROM cdm.condition_occurrence SEMI JOIN results.cohort"
        " ON person_id = subject_id WHERE condition_source_value LIKE '88%/3-%'"
    )
    assert diagnoses == [(WIDER,)]
    assert estimates(site) == before


def test_the_shared_sample_gives_the_same_study(site: Site) -> None:
    if not SAMPLE.exists():
        pytest.skip(f"no {SAMPLE} here")
    before = estimates(site)
    assert load(site, SAMPLE) == 32
    assert estimates(site) == before
