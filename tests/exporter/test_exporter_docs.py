from pathlib import Path

import pytest

from tests.exporter.client import Desk, ask
from xops_watch.exporter.catalogue import FAMILIES, Family
from xops_watch.exporter.page_parts import ROWS_MAX
from xops_watch.exporter.server import BODY_BYTES_MAX, HEADER_BYTES_MAX, Limits
from xops_watch.exporter.text import LABEL_LENGTH_MAX

REFERENCE = Path("docs/reference/http.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: str(family.name))
def test_the_reference_has_every_family_with_its_labels_and_meaning(family: Family) -> None:
    labels = ", ".join(f"`{label}`" for label in family.labels)
    assert f"| `{family.name}` | {labels} | {family.help} |" in REFERENCE.splitlines()


def test_the_reference_has_every_path() -> None:
    known = ask(Desk().app, "/nowhere").text.removeprefix("not found; there are ").split()
    assert len(known) == 5
    assert all(f"| `{path}` |" in REFERENCE for path in known)


def test_the_reference_states_the_limits_that_are_set() -> None:
    limits = Limits()
    assert f"| connections at once | {limits.connections} |" in REFERENCE
    assert f"| life of a connection | {limits.connection_seconds} s |" in REFERENCE
    assert f"{HEADER_BYTES_MAX // 1024} KiB, {BODY_BYTES_MAX // 1024} KiB" in REFERENCE
    assert f"at most {ROWS_MAX} rows" in REFERENCE
    assert f"at most {LABEL_LENGTH_MAX} characters" in REFERENCE
