"""How many users there are, and who counted them: the first reader that answers, never a guess."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from tests.contract.source_promises import assert_described, assert_promises_kept
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.openwebui import OpenWebUISource, Readers, window_of
from xops_watch.sources.openwebui.database import UserCounts

NOW = datetime(2026, 3, 2, 3, 4, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
COUNTS = UserCounts(registered=80, active_7d=70, active_24h=57, active_now=12)
DENIED = SourceError("the token is not accepted", reason=GapReason.DENIED, hint="make a new one")
DOWN = SourceError("no connection", reason=GapReason.UNREACHABLE, hint="check that it runs")
LOCKED = SourceError("was locked", reason=GapReason.TIMEOUT, hint="it is asked again")


@dataclass(slots=True)
class Counting:
    """Answers by the next of its answers, then by the last again."""

    answers: list[float | SourceError | UserCounts]
    asked: list[datetime | None] = field(default_factory=list)

    def active(self) -> float:
        answer = self._next(None)
        assert isinstance(answer, float)
        return answer

    def count(self, *, now: datetime) -> UserCounts:
        answer = self._next(now)
        assert isinstance(answer, UserCounts)
        return answer

    def _next(self, now: datetime | None) -> float | UserCounts:
        self.asked.append(now)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, SourceError):
            raise answer
        return answer


def counting(*answers: float | SourceError | UserCounts) -> Counting:
    return Counting([*answers])


def source(
    telemetry: Counting | None = None,
    usage_api: Counting | None = None,
    database: Counting | None = None,
    **more: object,
) -> OpenWebUISource:
    readers = Readers(telemetry=telemetry, usage_api=usage_api, database=database)
    arguments = {"subject": "prod", "interval": MINUTE, "table_interval": 5 * MINUTE, **more}
    return OpenWebUISource(readers, **arguments)  # type: ignore[arg-type]  # by keyword


def told(observations: Sequence[Observation]) -> dict[str, float | GapReason]:
    assert all(o.subject == "prod" for o in observations)
    return {
        o.signal.removeprefix("openwebui.users_"): (o.value if isinstance(o, Reading) else o.reason)
        for o in observations
    }


def details(observations: Sequence[Observation]) -> dict[str, str]:
    return {
        o.signal.removeprefix("openwebui.users_"): o.detail
        for o in observations
        if isinstance(o, Gap)
    }


TELEMETRY, USAGE_API, DATABASE = range(3)


def test_the_states_of_the_basis_are_in_order_of_preference() -> None:
    states = SIGNAL_BY_NAME["openwebui.users_active_3m_basis"].states
    assert states == ("telemetry", "usage_api", "database")


def test_with_everything_each_number_has_its_best_basis() -> None:
    observations = source(counting(11.0), counting(10.0), counting(COUNTS)).observe(now=NOW)
    assert told(observations) == {
        "registered": 80,
        "active_7d": 70,
        "active_24h": 57,
        "active_3m": 11,
        "active_3m_basis": TELEMETRY,
        "active_3m_window": 180,
    }
    assert all(isinstance(o, Reading) and o.taken_at == NOW for o in observations)


def test_open_webui_is_asked_only_if_telemetry_says_nothing() -> None:
    telemetry, usage_api = counting(11.0, DOWN), counting(10.0)
    asked = source(telemetry, usage_api)
    first = told(asked.observe(now=NOW))
    assert (first["active_3m"], first["active_3m_basis"]) == (11, TELEMETRY)
    assert usage_api.asked == []
    second = told(asked.observe(now=NOW + MINUTE))
    assert (second["active_3m"], second["active_3m_basis"]) == (10, USAGE_API)


def test_the_database_counts_who_is_there_if_nobody_else_does() -> None:
    observations = source(counting(DOWN), counting(DENIED), counting(COUNTS)).observe(now=NOW)
    assert told(observations) == {
        "registered": 80,
        "active_7d": 70,
        "active_24h": 57,
        "active_3m": 12,
        "active_3m_basis": DATABASE,
        "active_3m_window": 180,
    }


def test_open_webui_alone_knows_of_three_minutes_only() -> None:
    observations = source(usage_api=counting(10.0)).observe(now=NOW)
    assert told(observations) == {
        "registered": GapReason.NOT_ENABLED,
        "active_7d": GapReason.NOT_ENABLED,
        "active_24h": GapReason.NOT_ENABLED,
        "active_3m": 10,
        "active_3m_basis": USAGE_API,
        "active_3m_window": 180,
    }
    assert "XOPS_WATCH_OPENWEBUI__DATABASE_PATH" in details(observations)["active_24h"]


def test_a_failure_is_a_gap_with_its_reason_and_what_to_do() -> None:
    observations = source(usage_api=counting(DENIED)).observe(now=NOW)
    assert told(observations)["active_3m"] is GapReason.DENIED
    assert told(observations)["active_3m_basis"] is GapReason.DENIED
    assert details(observations)["active_3m"] == "the token is not accepted; make a new one"


def test_a_gap_tells_what_became_of_everybody_who_was_asked() -> None:
    observations = source(counting(DOWN), counting(DENIED), counting(LOCKED)).observe(now=NOW)
    assert told(observations) == {
        "registered": GapReason.TIMEOUT,
        "active_7d": GapReason.TIMEOUT,
        "active_24h": GapReason.TIMEOUT,
        "active_3m": GapReason.UNREACHABLE,
        "active_3m_basis": GapReason.UNREACHABLE,
        "active_3m_window": GapReason.UNREACHABLE,
    }
    assert details(observations)["active_3m"] == (
        "no connection; check that it runs | the token is not accepted; make a new one"
        " | was locked; it is asked again"
    )


def test_with_nobody_to_ask_everything_is_not_enabled() -> None:
    observations = source().observe(now=NOW)
    assert {*told(observations).values()} == {GapReason.NOT_ENABLED}
    assert "XOPS_WATCH_OPENWEBUI__URL" in details(observations)["active_3m"]


def test_the_database_is_counted_in_at_its_own_pace() -> None:
    database = counting(COUNTS)
    asked = source(usage_api=counting(10.0), database=database)
    observed = [told(asked.observe(now=NOW + n * MINUTE)) for n in range(11)]
    assert database.asked == [NOW, NOW + 5 * MINUTE, NOW + 10 * MINUTE]
    assert [n for n, one in enumerate(observed) if "active_24h" in one] == [0, 5, 10]
    assert all(one["active_3m"] == 10 for one in observed)


def test_between_two_counts_of_the_database_the_last_one_stands() -> None:
    asked = source(usage_api=counting(DOWN), database=counting(COUNTS))
    assert told(asked.observe(now=NOW))["active_3m_basis"] == DATABASE
    assert asked.observe(now=NOW + MINUTE) == ()


def test_a_count_that_failed_stays_failed_until_the_next() -> None:
    asked = source(database=counting(LOCKED, COUNTS))
    assert {*told(asked.observe(now=NOW)).values()} == {GapReason.TIMEOUT}
    later = told(asked.observe(now=NOW + MINUTE))
    assert {*later} == {"active_3m", "active_3m_basis", "active_3m_window"}
    assert {*later.values()} == {GapReason.TIMEOUT}
    assert told(asked.observe(now=NOW + 5 * MINUTE))["active_24h"] == 57


def test_a_clock_that_was_set_back_does_not_stop_the_counting() -> None:
    database = counting(COUNTS)
    asked = source(database=database)
    asked.observe(now=NOW)
    asked.observe(now=NOW - timedelta(hours=5))
    assert len(database.asked) == 2


@pytest.mark.parametrize(
    ("presence", "window"), [(0, 180), (60, 180), (90, 180), (91, 182), (120, 240), (300, 600)]
)
def test_the_window_is_twice_as_long_as_presence_takes_to_be_noted(
    presence: float, window: float
) -> None:
    assert window_of(timedelta(seconds=presence)) == timedelta(seconds=window)
    asked = source(database=counting(COUNTS), presence=timedelta(seconds=presence))
    assert told(asked.observe(now=NOW))["active_3m_window"] == window


def test_open_webui_is_not_believed_if_it_notes_presence_too_seldom() -> None:
    telemetry, usage_api = counting(2.0), counting(2.0)
    seldom = timedelta(seconds=180)
    alone = source(telemetry, usage_api, presence=seldom).observe(now=NOW)
    assert told(alone)["active_3m"] is GapReason.NOT_ENABLED
    assert "notes presence every 180 s" in details(alone)["active_3m"]
    beside = source(telemetry, usage_api, counting(COUNTS), presence=seldom).observe(now=NOW)
    assert (told(beside)["active_3m"], told(beside)["active_3m_basis"]) == (12, DATABASE)
    assert telemetry.asked == usage_api.asked == []


def test_just_often_enough_is_believed() -> None:
    asked = source(usage_api=counting(2.0), presence=timedelta(seconds=179))
    assert told(asked.observe(now=NOW))["active_3m"] == 2


def test_what_was_seen_under_another_name_is_gone_once() -> None:
    old = ("openwebui.users_active_24h", "staging")
    seen = [old, ("openwebui.users_active_24h", "prod"), ("ecs.tasks_pending", "staging")]
    asked = source(database=counting(COUNTS), seen=seen)
    gone = [o for o in asked.observe(now=NOW) if isinstance(o, Gap)]
    assert [(o.signal, o.subject, o.reason) for o in gone] == [(*old, GapReason.GONE)]
    assert not [o for o in asked.observe(now=NOW + 5 * MINUTE) if isinstance(o, Gap)]


LONG = SourceError("x" * 300, reason=GapReason.INVALID, hint="y" * 300)


@pytest.mark.parametrize(
    "asked",
    [
        source(counting(1.0), counting(2.0), counting(COUNTS)),
        source(counting(DOWN), counting(DENIED), counting(LOCKED)),
        source(counting(LONG), counting(LONG), counting(LONG)),
        source(),
    ],
    ids=["all", "none", "long", "nobody"],
)
def test_it_keeps_the_promises_of_every_source(asked: OpenWebUISource) -> None:
    assert_described(asked)
    for later in (timedelta(), MINUTE, 5 * MINUTE):
        now = NOW + later
        assert_promises_kept(asked, asked.observe(now=now), now=now)
