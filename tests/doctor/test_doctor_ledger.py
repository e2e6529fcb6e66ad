"""What the doctor says of the ledger, and that it leaves it alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from xops_watch.doctor.check import Check, Health
from xops_watch.doctor.ledger import look_at_ledger
from xops_watch.ledger import Ledger
from xops_watch.settings import Settings
from xops_watch.settings.mandates import Mandates

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def look(folder: Path, *, mandates: bool = True) -> list[Check]:
    path = folder / "mandates.yaml" if mandates else None
    settings = Settings(state_path=folder / "state.db", mandates=Mandates(path=path))
    return list(look_at_ledger(settings))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger(tmp_path / "state.ledger.jsonl")
    for number in range(3):
        ledger.append("mandate.seen", {"n": number}, now=NOW)
    return ledger


def test_without_mandates_and_without_a_ledger_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert look(tmp_path, mandates=False) == []


def test_a_ledger_that_is_not_begun_is_fine_and_is_not_made(tmp_path: Path) -> None:
    (check,) = look(tmp_path)
    assert (check.health, check.found) == (
        Health.OK,
        f"{tmp_path}/state.ledger.jsonl: 0 entries, intact",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_whole_ledger_is_fine(ledger: Ledger) -> None:
    (check,) = look(ledger.path.parent, mandates=False)
    assert (check.health, check.found) == (Health.OK, f"{ledger.path}: 3 entries, intact")


def test_a_broken_ledger_is_told_with_its_line(ledger: Ledger) -> None:
    ledger.path.write_text(ledger.path.read_text().replace('"n":0', '"n":5'))
    (check,) = look(ledger.path.parent)
    assert check.health is Health.FAILED
    assert check.found.startswith(f"{ledger.path} is broken at line 2: ")


def test_a_ledger_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "state.ledger.jsonl").mkdir()
    (check,) = look(tmp_path)
    assert check.health is Health.FAILED
    assert "is not a regular file" in check.found
