"""The file of mandates is replaced whole, or not at all, and never over somebody else's change."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from xops_watch.cli.mandate_draft import Draft, Said, draft
from xops_watch.cli.mandate_write import planned, write
from xops_watch.errors import ConfigurationError, LedgerError, UnreachableError
from xops_watch.ledger import Ledger
from xops_watch.sources.mandates import FilePlace
from xops_watch.sources.mandates.declaration import Declaration

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def made() -> Draft:
    said = Said(
        state="declared",
        summary="Prompts stay",
        author="Jane Doe<jane@example.com>",
        approver="Ravi Patel <ravi@example.com>",
        approver_role="CISO",
        evidence=["{type: contract, ref: C-7}"],
        expires="2027-01-31",
    )
    return draft("sovereignty", said, now=NOW)


def test_what_is_left_out_is_filled_from_the_clock_alone(made: Draft) -> None:
    assert made.content["declared_at"] == "2026-03-01T12:00:00Z"
    assert made.content["effective_from"] == "2026-03-01T12:00:00Z"
    assert made.content["expires_at"] == "2027-01-31T00:00:00Z"
    assert made.content["author"] == {"name": "Jane Doe", "email": "jane@example.com"}
    assert "ticket" not in made.content


def test_a_change_of_somebody_else_is_not_overwritten(tmp_path: Path, made: Draft) -> None:
    path, ledger = tmp_path / "mandates.yaml", Ledger(tmp_path / "ledger.jsonl")
    edit = planned(path, made)
    path.write_text("schema: 1\nmandates: {}\n")
    with pytest.raises(ConfigurationError, match="was changed by somebody else meanwhile"):
        write(edit, made, ledger, now=NOW)
    assert path.read_text() == "schema: 1\nmandates: {}\n"
    assert [each.name for each in tmp_path.iterdir()] == ["mandates.yaml"]


def test_what_the_ledger_does_not_take_is_not_written(tmp_path: Path, made: Draft) -> None:
    path = tmp_path / "mandates.yaml"
    ledger = Ledger(tmp_path / "no" / "ledger.jsonl")
    with pytest.raises(LedgerError):
        write(planned(path, made), made, ledger, now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_the_ledger_knows_the_digest_that_the_daemon_will_see(tmp_path: Path, made: Draft) -> None:

    path, ledger = tmp_path / "mandates.yaml", Ledger(tmp_path / "ledger.jsonl")
    write(planned(path, made), made, ledger, now=NOW)
    found = FilePlace(path).read()["sovereignty"]
    assert isinstance(found, Declaration)
    (entry,) = ledger.verify().entries
    assert (entry.kind, entry.fields["digest"]) == ("mandate.declared", found.digest)


@pytest.mark.parametrize("content", [b"\xff", b"schema: 1\n"])
def test_a_file_of_another_kind_is_left_alone(tmp_path: Path, made: Draft, content: bytes) -> None:
    path = tmp_path / "mandates.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError):
        planned(path, made)
    assert path.read_bytes() == content


def test_a_folder_is_no_file(tmp_path: Path, made: Draft) -> None:
    with pytest.raises(ConfigurationError, match="is not a file"):
        planned(tmp_path, made)


def test_a_file_below_a_file_cannot_be(tmp_path: Path, made: Draft) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UnreachableError, match="Not a directory"):
        planned(tmp_path / "file" / "mandates.yaml", made)
