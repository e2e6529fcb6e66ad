"""Answers to recommendations from the command line, kept in the daemon's state file."""

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from tests.cli.command import Outcome, xops_watch
from xops_watch.clock import SystemClock
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.evaluate import evaluate
from xops_watch.core.notice import Stack
from xops_watch.core.reading import Reading
from xops_watch.ledger import Ledger
from xops_watch.rulebook.load import load
from xops_watch.rulebook.shipped import shipped_rules
from xops_watch.store.migrations import MIGRATIONS, migrate
from xops_watch.store.sqlite import SqliteStore
from xops_watch.watch import needs_of

MINUTE = timedelta(minutes=1)
STEP = "migrate-l4-to-rds"
WHY = ("--by", "architecture board", "--reason", "after the exams")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return a state file in which 57 users of the last 24 hours fire."""
    path, now = tmp_path / "state.db", SystemClock().now()
    rulebook = load(shipped_rules())
    signal = SIGNAL_BY_NAME["openwebui.users_active_24h"].name
    readings = [
        Reading(signal=signal, subject="xops", value=57, taken_at=now - n * MINUTE)
        for n in range(90)
    ]
    with closing(SqliteStore.open(path)) as store:
        store.record(readings)
        history = store.history(needs_of(rulebook), now=now)
        stack = Stack(name="xops", runbooks_url="docs/runbooks")
        store.commit(evaluate(rulebook, history, {}, stack=stack, now=now))
    return path


def decision(state: Path, *arguments: str) -> Outcome:
    return xops_watch("decision", *arguments, XOPS_WATCH_STATE_PATH=str(state))


def listed(state: Path, *arguments: str) -> list[Any]:
    outcome = decision(state, "list", "--json", *arguments)
    assert outcome.code == 0
    found: list[Any] = json.loads(outcome.out)
    return found


def test_an_acceptance_is_kept_with_what_was_firing(state: Path) -> None:
    outcome = decision(state, "accept", STEP, *WHY)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == f"{STEP}: accepted by architecture board: after the exams\n"
    (kept,) = listed(state)
    assert (kept["answer"], kept["who"], kept["why"]) == (
        "accepted",
        "architecture board",
        "after the exams",
    )
    (ground,) = kept["grounds"]
    assert (ground["rule"], ground["value"]) == ("users-above-50", 57)
    assert ground["evidence"].startswith("openwebui.users_active_24h 57 (> 50)")


def test_the_ledger_has_every_answer_with_its_grounds(state: Path) -> None:
    decision(state, "accept", STEP, *WHY)
    decision(state, "reject", STEP, *WHY)
    chain = Ledger(state.with_name("state.ledger.jsonl")).verify()
    assert chain.broken is None
    assert [entry.kind for entry in chain.entries] == ["decision.accepted", "decision.rejected"]
    fields = chain.entries[0].fields
    assert (fields["evolution"], fields["by"]) == (STEP, "architecture board")
    assert str(fields["ground 1"]).startswith("users-above-50 on xops: openwebui.users_active_24h")


def test_a_ledger_that_cannot_be_written_is_said_and_the_decision_stands(state: Path) -> None:
    state.with_name("state.ledger.jsonl").mkdir()
    outcome = decision(state, "accept", STEP, *WHY)
    assert outcome.code == 3
    assert "the decision stands all the same" in outcome.err
    assert [kept["answer"] for kept in listed(state)] == ["accepted"]


def test_a_later_answer_takes_the_place_of_the_earlier(state: Path) -> None:
    later = f"{SystemClock().now() + timedelta(days=30):%Y-%m-%d}"
    decision(state, "reject", STEP, *WHY)
    outcome = decision(state, "defer", STEP, "--until", later, *WHY)
    assert outcome.out.startswith(f"{STEP}: deferred until {later} 00:00 UTC by architecture board")
    assert [kept["answer"] for kept in listed(state)] == ["deferred"]
    everything = listed(state, "--all")
    assert [kept["answer"] for kept in everything] == ["deferred", "rejected"]
    assert everything[1]["ended_because"] == "architecture board decided anew: deferred"
    table = decision(state, "list", "--all").out
    assert "deferred until" in table
    assert "decided anew" in table


def test_what_nothing_recommends_cannot_be_answered(state: Path) -> None:
    outcome = decision(state, "accept", "price-class-all", *WHY)
    assert (outcome.code, outcome.out) == (1, "")
    assert "nothing recommends price-class-all now (unknown)" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("accept", "migrate-l4-to-rd", *WHY), "there is no evolution migrate-l4-to-rd"),
        (("defer", STEP, "--until", "soon", *WHY), "--until soon is no date"),
        (("defer", STEP, "--until", "2020-01-01", *WHY), "is not within the next 400 days"),
        (("defer", STEP, "--until", "9999-01-01", *WHY), "is not within the next 400 days"),
        (("accept", STEP, "--by", " ", "--reason", "so"), "--by must be one line of 1 to 100"),
        (("accept", STEP, "--by", "me", "--reason", "x" * 501), "--reason must be one line of 1"),
        (("accept", STEP, "--by", "me\x1b[2J", "--reason", "so"), "--by must be one line"),
        (("adr", STEP), f"nothing was decided on {STEP}"),
        (("adr", "nothing"), "there is no evolution nothing"),
        (("accept", STEP), "Missing option '--by'"),
    ],
)
def test_what_is_wrong_is_said_in_a_line_and_changes_nothing(
    state: Path, arguments: tuple[str, ...], said: str
) -> None:
    outcome = decision(state, *arguments)
    assert outcome.code == 2
    assert said in outcome.err
    assert "Traceback" not in outcome.err
    assert listed(state, "--all") == []


def test_a_misspelt_state_file_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    outcome = decision(path, "list")
    assert (outcome.code, path.exists()) == (2, False)
    assert f"{path}: there is no state file" in outcome.err


def test_a_state_file_of_a_newer_version_is_left_alone(state: Path) -> None:
    with closing(sqlite3.connect(state)) as db:
        db.execute("PRAGMA user_version = 99")
    for arguments in (("accept", STEP, *WHY), ("list",), ("adr", STEP)):
        outcome = decision(state, *arguments)
        assert (outcome.code, outcome.out) == (3, "")
        assert "made by a newer xops-watch (schema 99" in outcome.err
        assert "hint: run that version or a newer one" in outcome.err


@pytest.mark.parametrize("schema", range(1, len(MIGRATIONS)))
def test_a_state_file_of_an_older_version_comes_along(tmp_path: Path, schema: int) -> None:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        migrate(Database(db), str(path), MIGRATIONS[:schema])
    assert listed(path, "--all") == []


def test_two_stacks_may_keep_one_ledger(tmp_path: Path, state: Path) -> None:
    other = tmp_path / "other.db"
    shutil.copy(state, other)
    ledger = str(tmp_path / "shared.jsonl")
    for path, stack in ((state, "xops"), (other, "portal"), (state, "xops")):
        outcome = xops_watch(
            "decision",
            *("accept", STEP, *WHY),
            XOPS_WATCH_STATE_PATH=str(path),
            XOPS_WATCH_LEDGER__PATH=ledger,
            XOPS_WATCH_STACK=stack,
        )
        assert (outcome.code, outcome.err) == (0, "")
    chain = Ledger(Path(ledger)).verify()
    assert chain.broken is None
    assert [entry.fields.get("stack") for entry in chain.entries] == ["xops", "portal", "xops"]


def test_an_adr_is_drafted_with_its_evidence(state: Path) -> None:
    decision(state, "reject", STEP, "--by", "board", "--reason", "<b>too *early*</b>")
    outcome = decision(state, "adr", STEP)
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0] == "# Upgrade L4 to RDS"
    assert "- Status: rejected" in lines
    assert "- Deciders: board" in lines
    assert "- More than 50 users on SQLite on xops:" in lines
    assert "  openwebui.users\\_active\\_24h 57 (\\> 50)" in outcome.out
    assert "Rejected: \\<b\\>too \\*early\\*\\</b\\>" in lines
    assert "- Class: Data Migration (documented), risk MED" in lines
    assert "- Declared cost of the stack then: $360 a month" in lines
