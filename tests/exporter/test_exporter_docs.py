from pathlib import Path

from tests.exporter.client import Desk, ask
from xops_watch.exporter.page_parts import ROWS_MAX
from xops_watch.exporter.server import BODY_BYTES_MAX, HEADER_BYTES_MAX, Limits
from xops_watch.exporter.text import LABEL_LENGTH_MAX

REFERENCE = Path("docs/reference/http.md").read_text(encoding="utf-8")


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
