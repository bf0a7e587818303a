"""A concept of a registry definition that the loaded vocabulary does not hold is said, with its place."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from onco_registry.installed import folder_of
from support.athena import concept, related, write
from support.command_line import SCRIPT, run, run_json

# Palbociclib's id in cdk46_breast, and what the site's copy has in its place, beside a custom concept that does not
# exist; ribociclib's ATC code is mistyped, too.
PALBOCICLIB, MISTYPED = 45892078, 45892079
MAPPED = {"resourceType": "Patient", "id": "p1", "birthDate": "1970", "gender": "female"}
# The other concepts of the definition: drugs, breast cancer, its spread, and the types of drug records.
IDS = (
    1592922, 792664, 19022830, 1348267, 19077218, 19019851, 1304048, 1378388, 35606514, 4112853, 3046523, 32825, 32830,
    32865,
)  # fmt: skip
CODES = (
    "L01AA01", "L01BC06", "L01CD01", "L01EF01", "L01EF02", "L01EF03", "L01EM03", "L02BA01", "L02BA03", "L02BG03",
    "L02BG04", "L02BG06",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that follows a copy of a registry with a mistyped id, custom concept and code; no vocabulary yet."""
    folder = tmp_path_factory.mktemp("site")
    registry = shutil.copytree(folder_of("cdk46_breast"), folder / "own")
    sets = registry / "concept_sets.yaml"
    text = sets.read_text(encoding="utf-8").replace(f"id: {PALBOCICLIB}", f"id: {MISTYPED}}}, {{custom: palbo")
    sets.write_text(text.replace("code: L01EF02", "code: L01EF20"), encoding="utf-8")
    folder.joinpath("registry.toml").write_text('registries = ["./own"]\n', encoding="utf-8")
    folder.joinpath("batch.ndjson").write_text(json.dumps(MAPPED) + "\n", encoding="utf-8")
    run(folder, "init")
    run(folder, "sync", "--from", "batch.ndjson")
    return folder


def warnings(folder: Path) -> list[str]:
    """The warnings of a recompute about concepts."""
    command = [str(SCRIPT), "recompute", "--data-cut", "2022-06-30"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return [line for line in done.stderr.splitlines() if "concepts not in the vocabulary" in line]


PLACE = {"registry": "own", "file": "concept_sets.yaml"}
SETS = "concept_sets.cdk46_inhibitor.groups"
CUSTOM = {**PLACE, "line": 13, "key": f"{SETS}.Palbociclib[1]", "concept": "ONCO palbo"}


def test_without_a_vocabulary_only_custom_concepts_can_be_compared(site: Path) -> None:
    (warning,) = warnings(site)
    assert "registry='own' concepts=1" in warning
    assert run_json(site, "vocabulary", "show")["unknown_concepts"] == [CUSTOM]
    assert "ONCO palbo" in run(site, "vocabulary", "show")


def test_the_shipped_registries_name_no_unknown_custom_concept(site: Path, tmp_path: Path) -> None:
    tmp_path.joinpath("registry.toml").write_text(f'data = "{site / "data"}"\n', encoding="utf-8")
    assert run_json(tmp_path, "vocabulary", "show")["unknown_concepts"] == []


def test_what_the_vocabulary_does_not_hold_is_named_with_file_line_and_key(site: Path) -> None:
    concepts = [concept(number, str(number)) for number in (*IDS, PALBOCICLIB)]
    concepts += [concept(9000 + n, code, vocabulary="ATC") for n, code in enumerate(CODES)]
    write(site / "athena", concept=concepts, concept_relationship=[related(4112853, 4112853)])
    mistyped = [
        {**PLACE, "line": 13, "key": f"{SETS}.Palbociclib[0]", "concept": "45892079"},
        CUSTOM,
        {**PLACE, "line": 14, "key": f"{SETS}.Ribociclib[1]", "concept": "ATC L01EF20"},
    ]
    assert run_json(site, "vocabulary", "load", "athena")["unknown_concepts"] == mistyped
    assert run_json(site, "vocabulary", "show")["unknown_concepts"] == mistyped
    shown = run(site, "vocabulary", "show")
    assert "Concepts of registries that are not known here (mistyped, or not downloaded)" in shown
    (warning,) = warnings(site)
    assert "registry='own' concepts=3" in warning
    first = f"concept_sets.yaml line 13: {SETS}.Palbociclib[0]: 45892079"
    assert f"first='{first}' more='onco-registry vocabulary show'" in warning
