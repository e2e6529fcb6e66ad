"""The JSON Schema of a file of mandates says what the reader says, as far as a schema can."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.sources.mandates.mandates_scene import (
    EVIDENCE,
    JANE,
    WITHDRAWN,
    Scene,
    attestation,
    written,
)
from xops_watch.located_yaml import read_yaml
from xops_watch.sources.mandates.form import mandate_file_schema

VALIDATOR = jsonschema.Draft202012Validator(mandate_file_schema())


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(mandate_file_schema())


@pytest.mark.parametrize(
    ("content", "fits"),
    [
        (attestation(), True),
        (attestation(WITHDRAWN), True),
        (attestation(target="99.5%"), True),  # of the wrong mandate: more than a schema can say
        (attestation(state="maybe"), False),
        (attestation(aprover=JANE), False),
        (attestation(approver=JANE), False),
        (attestation(evidence=[{**EVIDENCE, "sha256": "abc"}]), False),
        (attestation(target=0.995), False),
        ({}, False),
    ],
)
def test_it_refuses_what_the_reader_refuses(tmp_path: Path, content: Any, *, fits: bool) -> None:  # noqa: ANN401 - JSON
    path = written(tmp_path / "mandates.yaml", mtls=content)
    found = read_yaml(path).content
    assert VALIDATOR.is_valid(found) is fits
    if not fits:
        scene = Scene(tmp_path)
        assert scene.look().why("mtls")


def test_the_example_of_the_documentation_is_declared(tmp_path: Path) -> None:
    page = Path(__file__).parents[3] / "docs/how-to/declare-a-mandate.md"
    example = page.read_text().split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "mandates.yaml"
    path.write_text(example)
    assert VALIDATOR.is_valid(read_yaml(path).content)
    scene = Scene(tmp_path)
    assert scene.look().state("sovereignty") == "pending"
    assert scene.look().approval("sovereignty") == "four_eyes"
