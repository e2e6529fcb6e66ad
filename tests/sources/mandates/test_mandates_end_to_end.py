"""From what somebody wrote to the page and the notice: settings, source, rules, store, metrics."""

import io
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes import FakeClock, FixedRules, RecordingTelemetry
from tests.sources.mandates.mandates_scene import DAY, NOW, WITHDRAWN, attestation, written
from xops_watch import bootstrap
from xops_watch.bootstrap.mandates import mandates_asked_for
from xops_watch.bootstrap.parts import Parts
from xops_watch.core.decision import Answer, Decision
from xops_watch.core.snapshot import Snapshot
from xops_watch.exporter.families import families_of
from xops_watch.ledger import Ledger
from xops_watch.logs import make_logger
from xops_watch.ports import Surroundings
from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import shipped_rules
from xops_watch.settings import Settings
from xops_watch.settings.mandates import Mandates
from xops_watch.sources.mandates.judged import DOCUMENTED
from xops_watch.store.sqlite import SqliteStore

FIVE_MINUTES = timedelta(minutes=5)
RULES = load(shipped_rules())


class _Nowhere:
    """A publisher for what nobody scrapes."""

    def publish(self, snapshot: Snapshot) -> None:
        """Show nothing."""


class Watched:
    """A daemon without its jobs: one tick at a time, at the time that the test says."""

    def __init__(self, folder: Path, store: SqliteStore) -> None:
        self.path = folder / "mandates.yaml"
        self.ledger = Ledger(folder / "state.ledger.jsonl")
        self.store = store
        self.clock = FakeClock(NOW)
        self._settings = Settings(state_path=folder / "state.db", mandates=Mandates(path=self.path))
        self.parts = self.started()

    def started(self) -> Parts:
        """Put the daemon together, as after a restart."""
        around = Surroundings(
            clock=self.clock,
            publisher=_Nowhere(),
            telemetry=RecordingTelemetry(),
            log=make_logger(level="error", log_format="json", stream=io.StringIO()),
        )
        rules = FixedRules(rulebook=RULES)
        self.parts = bootstrap.assemble(self._settings, rules, self.store, around)
        return self.parts

    def after(self, duration: timedelta) -> Snapshot:
        """Return what is shown so much later, ticking every five minutes at the end."""
        steps = 4
        self.clock.advance(duration - (steps - 1) * FIVE_MINUTES)
        shown = self.parts.watch.tick()
        for _ in range(steps - 1):
            self.clock.advance(FIVE_MINUTES)
            shown = self.parts.watch.tick()
        return shown

    def notices(self) -> list[tuple[str, str, str]]:
        """Return rule, kind and severity of every notice that is owed."""
        owed = self.store.owed(now=self.clock.now() + DAY, limit=100)
        return [(one.notice.rule, str(one.notice.kind), one.notice.severity) for one in owed]


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setenv("AWS_REGION", "ap-southeast-2")
    with closing(SqliteStore.open(tmp_path / "state.db")) as store:
        yield Watched(tmp_path, store)


def status(shown: Snapshot, rule: str) -> tuple[str, bool]:
    (view,) = [one for one in shown.triggers if one.rule.id == rule]
    return str(view.trigger.status), view.trigger.blind


def state(shown: Snapshot, evolution: str) -> str:
    (advice,) = [one for one in shown.advice if one.evolution.id == evolution]
    return str(advice.state)


def test_the_shipped_rules_ask_for_the_documented_mandates() -> None:
    assert set(mandates_asked_for(RULES)) == set(DOCUMENTED)


def test_a_mandate_lives_from_its_declaration_to_its_withdrawal(watched: Watched) -> None:
    written(watched.path)
    shown = watched.parts.watch.tick()
    assert status(shown, "sovereignty-mandate") == ("inactive", False)
    assert state(shown, "litellm-to-bedrock-vpc") == "not_needed"

    written(watched.path, sovereignty=attestation())
    shown = watched.after(timedelta(hours=1))
    assert status(shown, "sovereignty-mandate") == ("firing", False)
    assert state(shown, "litellm-to-bedrock-vpc") == "recommended"
    assert watched.notices() == [("sovereignty-mandate", "firing", "critical")]

    watched.started()
    written(watched.path)
    shown = watched.after(timedelta(hours=3))
    assert status(shown, "sovereignty-mandate") == ("firing", True)

    written(watched.path, sovereignty=attestation(WITHDRAWN))
    shown = watched.after(timedelta(hours=1))
    assert status(shown, "sovereignty-mandate") == ("inactive", False)
    assert ("sovereignty-mandate", "resolved", "critical") in watched.notices()
    states = [entry.fields["state"] for entry in watched.ledger.verify().entries]
    assert states == ["declared", "invalid", "withdrawn"]


def test_thirty_days_before_its_end_it_has_a_notice_and_at_its_end_it_is_blind(
    watched: Watched,
) -> None:
    written(watched.path, sovereignty=attestation())
    watched.parts.watch.tick()
    shown = watched.after(310 * DAY)
    assert status(shown, "mandate-expires-within-30-days") == ("firing", False)
    assert ("mandate-expires-within-30-days", "firing", "advice") in watched.notices()
    shown = watched.after(40 * DAY)
    assert status(shown, "sovereignty-mandate") == ("firing", True)
    assert status(shown, "mandate-expires-within-30-days") == ("firing", False)
    assert not [kind for _, kind, _ in watched.notices() if kind == "resolved"]
    written(watched.path, sovereignty=attestation(WITHDRAWN))
    watched.after(timedelta(hours=1))
    assert ("mandate-expires-within-30-days", "resolved", "warning") not in watched.notices()
    shown = watched.after(timedelta(hours=2))
    assert not [one for one in shown.triggers if one.rule.id == "mandate-expires-within-30-days"]


@pytest.mark.parametrize("content", [{}, {"state": "maybe"}])
def test_a_malformed_mandate_has_a_notice_of_its_own_until_it_is_mended(
    watched: Watched, content: dict[str, str]
) -> None:
    written(watched.path, sovereignty=attestation())
    watched.parts.watch.tick()
    written(watched.path, sovereignty=content)
    shown = watched.after(3 * timedelta(hours=1))
    assert status(shown, "sovereignty-mandate") == ("firing", True)
    assert status(shown, "mandate-not-valid") == ("firing", False)
    assert ("mandate-not-valid", "firing", "warning") in watched.notices()
    written(watched.path, sovereignty=attestation())
    shown = watched.after(timedelta(hours=1))
    assert status(shown, "mandate-not-valid") == ("inactive", False)
    assert status(shown, "sovereignty-mandate") == ("firing", False)


def test_a_file_that_is_garbled_as_a_whole_is_told(watched: Watched) -> None:
    written(watched.path, sovereignty=attestation())
    watched.parts.watch.tick()
    watched.path.write_text("schema: 1\nmandates: {")
    watched.after(timedelta(hours=3))
    told = [one for one in watched.notices() if one[0] == "mandate-not-valid"]
    assert told == [("mandate-not-valid", "firing", "warning")]


def test_the_end_of_a_mandate_has_a_notice_of_its_own(watched: Watched) -> None:
    written(watched.path, sovereignty=attestation())
    watched.parts.watch.tick()
    watched.after(350 * DAY)
    assert ("mandate-not-valid", "firing", "warning") in watched.notices()


def test_the_author_as_approver_is_advice(watched: Watched) -> None:
    author = {"name": "Ravi", "email": "RAVI+x@example.com"}
    written(watched.path, mtls=attestation(author=author))
    shown = watched.parts.watch.tick()
    assert status(shown, "mandate-self-approved") == ("firing", False)
    assert state(shown, "approve-mandate-by-another") == "recommended"


def test_a_deferral_that_ends_while_nothing_runs_is_asked_again_once(watched: Watched) -> None:
    written(watched.path, sovereignty=attestation())
    watched.parts.watch.tick()
    assert watched.notices() == [("sovereignty-mandate", "firing", "critical")]
    until = NOW + 30 * DAY
    watched.store.decide(
        Decision(
            evolution="litellm-to-bedrock-vpc",
            answer=Answer.DEFERRED,
            who="board",
            why="the auditor comes back",
            at=NOW,
            until=until,
            grounds=(),
        )
    )
    shown = watched.after(timedelta(hours=1))
    assert state(shown, "litellm-to-bedrock-vpc") == "deferred"
    assert len(watched.notices()) == 1

    watched.clock.advance(45 * DAY)
    watched.started()
    shown = watched.parts.watch.tick()
    assert state(shown, "litellm-to-bedrock-vpc") == "recommended"
    assert watched.notices() == [("sovereignty-mandate", "firing", "critical")] * 2
    (kept,) = watched.store.decisions(limit=9)
    assert kept.ended is not None
    assert kept.ended.because == "it was deferred until 2026-03-31 12:00 UTC"

    watched.started()
    watched.after(timedelta(hours=1))
    assert len(watched.notices()) == 2


def test_a_changed_ledger_is_a_notice(watched: Watched) -> None:
    written(watched.path, mtls=attestation(), sovereignty=attestation())
    watched.parts.watch.tick()
    path = watched.ledger.path
    path.write_text(path.read_text().replace("Ravi", "Rudi"))
    shown = watched.after(timedelta(hours=1))
    assert status(shown, "ledger-broken") == ("firing", False)
    assert ("ledger-broken", "firing", "warning") in watched.notices()


def test_the_metrics_show_every_mandate_and_no_person(watched: Watched) -> None:
    written(watched.path, sovereignty=attestation(), mtls=attestation(state="maybe"))
    shown = watched.parts.watch.tick()
    samples = {
        (sample.name, sample.labels.get("subject", "")): sample.value
        for family in families_of(shown)
        for sample in family.samples
    }
    assert samples["xops_mandate_state", "sovereignty"] == 2
    assert samples["xops_mandate_state", "on-prem"] == 0
    assert samples["xops_mandate_expires_in_seconds", "sovereignty"] == 335.5 * 86_400
    assert samples["xops_mandate_approval_state", "sovereignty"] == 0
    assert samples["xops_ledger_chain_state", "xops"] == 0
    assert ("xops_mandate_state", "mtls") not in samples
    text = str([sample for family in families_of(shown) for sample in family.samples])
    for private in ("Jane", "Ravi", "example.com", "APRA"):
        assert private not in text
