"""What every store and outbox owes the watch; the real one and the fake take the same suite."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes import MemoryStore
from tests.store.samples import (
    CPU,
    DECISION,
    FULL_NOTICE,
    NOON,
    PENDING,
    after,
    evaluation,
    gap,
    notice,
    reading,
    transition,
    trigger,
)
from xops_watch.core.decision import Answer, Ended, Kept
from xops_watch.core.reading import EMPTY_SERIES, Gap, Observation, Reading, Series
from xops_watch.core.trigger import Status
from xops_watch.errors import GapReason, StoreError
from xops_watch.ports import Decisions, Memory, Outbox, OutboxDepth, Store
from xops_watch.store.filesystem import Journal, JournalMode
from xops_watch.store.sqlite import SqliteStore

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
JUST = timedelta(microseconds=1)


class StoreAndOutbox(Store, Outbox, Memory, Decisions, Protocol):
    """All ports of what survives, as one thing."""


def _on_disk(mode: JournalMode) -> Callable[[Path], SqliteStore]:
    journal = Journal(mode=mode, filesystem="chosen", reason="by the test")
    return lambda folder: SqliteStore.open(folder / "state.db", journal=journal)


MAKERS: Mapping[str, Callable[[Path], StoreAndOutbox]] = {
    "memory": lambda _: MemoryStore(),
    "sqlite-memory": lambda _: SqliteStore.in_memory(),
    "sqlite-wal": _on_disk(JournalMode.WAL),
    "sqlite-delete": _on_disk(JournalMode.DELETE),
}


@pytest.fixture(params=list(MAKERS.values()), ids=list(MAKERS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreAndOutbox]:
    made: StoreAndOutbox = request.param(tmp_path)
    yield made
    if isinstance(made, SqliteStore):
        made.close()


def _series(
    store: Store,
    *,
    needs: timedelta = HOUR,
    now: datetime = NOON,
    signal: str = CPU,
    subject: str = "xops/api",
) -> Series:
    return store.history({signal: needs}, now=now).of(signal, subject)


# Readings


def test_a_new_store_knows_nothing(store: StoreAndOutbox) -> None:
    assert store.history({CPU: HOUR}, now=NOON).series == {}
    assert store.triggers() == {}
    assert store.transitions(limit=10) == ()
    assert store.owed(now=NOON, limit=10) == ()
    assert store.depth() == OutboxDepth(notices=0, oldest_at=None)


def test_readings_come_back_equal_and_oldest_first(store: StoreAndOutbox) -> None:
    late = reading(0.1 + 0.2, at=after(minutes=-1, microseconds=1))
    early = reading(1e-300, at=after(minutes=-2))
    store.record([late, early])
    assert _series(store).readings == (early, late)


def test_the_last_value_written_for_an_instant_wins(store: StoreAndOutbox) -> None:
    store.record([reading(0.5)])
    store.record([reading(0.9), reading(0.2)])
    assert _series(store).readings == (reading(0.2),)


def test_recording_nothing_is_fine(store: StoreAndOutbox) -> None:
    store.record([])
    assert store.history({CPU: HOUR}, now=NOON).series == {}


@pytest.mark.parametrize(
    ("at", "readings"),
    [
        (NOON - HOUR - JUST, 0),
        (NOON - HOUR, 1),
        (NOON, 1),
        (NOON + JUST, 0),
    ],
)
def test_the_window_reaches_from_its_start_to_now_both_included(
    store: StoreAndOutbox, at: datetime, readings: int
) -> None:
    store.record([reading(at=at)])
    assert len(_series(store).readings) == readings


def test_each_signal_has_its_own_window(store: StoreAndOutbox) -> None:
    store.record([reading(at=after(minutes=-30)), reading(at=after(minutes=-30), signal=PENDING)])
    history = store.history({CPU: HOUR, PENDING: MINUTE}, now=NOON)
    assert len(history.of(CPU, "xops/api").readings) == 1
    assert history.of(PENDING, "xops/api").readings == ()


def test_a_signal_that_nobody_asked_for_is_left_out(store: StoreAndOutbox) -> None:
    store.record([reading(signal=PENDING)])
    assert store.history({CPU: HOUR}, now=NOON).series == {}
    assert store.history({}, now=NOON).series == {}


def test_subjects_do_not_mix(store: StoreAndOutbox) -> None:
    store.record([reading(0.1, subject="a"), reading(0.2, subject="b")])
    assert _series(store, subject="a").readings == (reading(0.1, subject="a"),)
    assert _series(store, subject="b").readings == (reading(0.2, subject="b"),)


def test_a_subject_silent_for_the_whole_window_is_still_known(store: StoreAndOutbox) -> None:
    store.record([reading(at=after(hours=-5))])
    history = store.history({CPU: HOUR}, now=NOON)
    assert history.subjects(CPU) == {"xops/api"}
    assert history.of(CPU, "xops/api") == EMPTY_SERIES


# Gaps


def test_a_gap_alone_makes_its_subject_known(store: StoreAndOutbox) -> None:
    store.record([gap()])
    assert _series(store) == Series(readings=(), gap=gap())
    assert store.history({CPU: HOUR}, now=NOON).subjects(CPU) == {"xops/api"}


def test_a_gap_leaves_the_readings_before_it_alone(store: StoreAndOutbox) -> None:
    store.record([reading(at=after(minutes=-1)), gap()])
    assert _series(store) == Series(readings=(reading(at=after(minutes=-1)),), gap=gap())


def test_a_newer_reading_closes_a_gap(store: StoreAndOutbox) -> None:
    store.record([gap(at=after(minutes=-2))])
    store.record([reading(at=after(minutes=-1))])
    assert _series(store).gap is None


def test_a_reading_of_the_same_instant_closes_a_gap(store: StoreAndOutbox) -> None:
    store.record([reading(), gap()])
    assert _series(store).gap is None


def test_a_late_reading_from_before_the_gap_does_not_close_it(store: StoreAndOutbox) -> None:
    store.record([gap(at=after(minutes=-1))])
    store.record([reading(at=after(minutes=-2))])
    assert _series(store).gap == gap(at=after(minutes=-1))


def test_a_late_reading_that_its_provider_gave_after_the_gap_closes_it(
    store: StoreAndOutbox,
) -> None:
    store.record([gap(at=after(minutes=-1)), gap(at=after(minutes=-1), subject=None)])
    store.record([replace(reading(at=after(minutes=-9)), seen_at=NOON)])
    assert _series(store, now=after(minutes=-1)).gap == gap(at=after(minutes=-1))
    assert _series(store).gap is None
    store.record([replace(reading(at=after(minutes=-9)), seen_at=after(minutes=-2))])
    assert _series(store).gap is None
    store.record([gap(at=after(minutes=1))])
    assert _series(store, now=after(minutes=1)).gap == gap(at=after(minutes=1))


def test_a_gap_from_before_the_newest_reading_is_not_open(store: StoreAndOutbox) -> None:
    store.record([reading()])
    store.record([gap(at=after(minutes=-1))])
    assert _series(store).gap is None


def test_a_reading_of_the_future_closes_nothing_yet(store: StoreAndOutbox) -> None:
    store.record([gap(at=after(minutes=-1)), reading(at=after(minutes=5))])
    assert _series(store).gap == gap(at=after(minutes=-1))
    assert _series(store, now=after(minutes=5)).gap is None


def test_a_gap_of_the_future_is_not_open_yet(store: StoreAndOutbox) -> None:
    store.record([gap(at=after(minutes=1)), gap(at=after(minutes=1), subject=None)])
    assert _series(store).gap is None
    assert _series(store, now=after(minutes=1)).gap == gap(at=after(minutes=1))


def test_the_newest_gap_replaces_the_one_before(store: StoreAndOutbox) -> None:
    older = gap(at=after(minutes=-1), reason=GapReason.DENIED)
    store.record([older])
    store.record([gap()])
    store.record([older])
    assert _series(store).gap == gap()


def test_of_two_gaps_of_one_instant_the_last_written_stands(store: StoreAndOutbox) -> None:
    store.record([gap(reason=GapReason.DENIED), gap(reason=GapReason.TIMEOUT)])
    assert _series(store).gap == gap(reason=GapReason.TIMEOUT)


def test_a_gap_closes_with_a_reading_older_than_the_window(store: StoreAndOutbox) -> None:
    store.record([gap(at=after(hours=-3)), reading(at=after(hours=-2))])
    assert _series(store, needs=MINUTE) == EMPTY_SERIES


def test_a_gap_of_the_signal_opens_on_every_known_subject(store: StoreAndOutbox) -> None:
    store.record([reading(at=after(minutes=-1)), reading(at=after(minutes=-1), subject="b")])
    store.record([reading(at=after(minutes=-1), signal=PENDING), gap(subject=None)])
    assert _series(store).gap == gap(subject=None)
    assert _series(store, subject="b").gap == gap(subject=None)
    assert _series(store, signal=PENDING).gap is None


def test_a_gap_of_the_signal_makes_no_subject_known(store: StoreAndOutbox) -> None:
    store.record([gap(subject=None)])
    assert store.history({CPU: HOUR}, now=NOON).series == {}


def test_a_gap_of_the_signal_awaits_its_first_subject(store: StoreAndOutbox) -> None:
    store.record([gap(subject=None)])
    store.record([reading(at=after(minutes=-1))])
    assert _series(store).gap == gap(subject=None)


def test_a_gap_of_the_signal_closes_subject_by_subject(store: StoreAndOutbox) -> None:
    store.record([reading(subject=name, at=after(minutes=-2)) for name in ("a", "b")])
    store.record([gap(subject=None, at=after(minutes=-1)), reading(subject="a")])
    assert _series(store, subject="a").gap is None
    assert _series(store, subject="b").gap == gap(subject=None, at=after(minutes=-1))


@pytest.mark.parametrize(
    ("own", "everywhere", "shown"),
    [
        (gap(at=after(minutes=-1)), gap(subject=None), gap(subject=None)),
        (gap(), gap(subject=None, at=after(minutes=-1)), gap()),
        (gap(), gap(subject=None), gap()),
    ],
)
def test_of_its_own_gap_and_its_signals_the_newer_shows(
    store: StoreAndOutbox, own: Gap, everywhere: Gap, shown: Gap
) -> None:
    store.record([own, everywhere])
    assert _series(store).gap == shown


# Triggers and transitions


def test_triggers_come_back_equal(store: StoreAndOutbox) -> None:
    firing = trigger(Status.FIRING)
    blind = trigger(Status.PENDING, subject="b", changed_at=after(seconds=0.000001))
    store.commit(evaluation(triggers=(firing, blind)))
    assert store.triggers() == {firing.key: firing, blind.key: blind}


def test_a_trigger_is_replaced_by_its_newer_state(store: StoreAndOutbox) -> None:
    store.commit(evaluation(triggers=(trigger(Status.PENDING),)))
    store.commit(evaluation(triggers=(trigger(Status.FIRING, changed_at=after(minutes=1)),)))
    known = trigger(Status.FIRING, changed_at=after(minutes=1))
    assert store.triggers() == {known.key: known}


def test_a_trigger_goes_blind_and_sees_again(store: StoreAndOutbox) -> None:
    seeing = trigger(Status.FIRING)
    blind = replace(seeing, blind_since=after(minutes=3))
    for state in (seeing, blind, seeing):
        store.commit(evaluation(triggers=(state,)))
        assert store.triggers() == {state.key: state}


def test_an_evaluation_without_a_trigger_leaves_it_as_it_is(store: StoreAndOutbox) -> None:
    store.commit(evaluation(triggers=(trigger(),)))
    store.commit(evaluation())
    assert store.triggers() == {trigger().key: trigger()}


def test_a_retired_trigger_is_forgotten(store: StoreAndOutbox) -> None:
    kept, gone = trigger(), trigger(rule="of-a-rule-that-is-gone")
    store.commit(evaluation(triggers=(kept, gone)))
    store.commit(evaluation(retired=(gone.key, ("never", "known"))))
    assert store.triggers() == {kept.key: kept}


def test_transitions_come_newest_first_and_limited(store: StoreAndOutbox) -> None:
    changes = tuple(transition(at=after(minutes=minute)) for minute in (2, 0, 1))
    store.commit(evaluation(transitions=changes))
    assert store.transitions(limit=2) == (changes[0], changes[2])
    assert store.transitions(limit=0) == ()
    assert store.transitions(limit=-1) == ()


def test_of_transitions_at_one_instant_the_last_written_comes_first(store: StoreAndOutbox) -> None:
    first = transition(Status.PENDING, old=Status.INACTIVE)
    second = transition(Status.FIRING)
    store.commit(evaluation(transitions=(first, second)))
    assert store.transitions(limit=10) == (second, first)


def test_a_transition_committed_twice_is_one(store: StoreAndOutbox) -> None:
    store.commit(evaluation(transitions=(transition(), transition())))
    store.commit(evaluation(transitions=(transition(),)))
    assert store.transitions(limit=10) == (transition(),)


# Outbox


def test_a_notice_comes_back_with_everything_in_it(store: StoreAndOutbox) -> None:
    store.commit(evaluation(notices=(FULL_NOTICE,)))
    (owed,) = store.owed(now=NOON, limit=10)
    assert owed.notice == FULL_NOTICE
    assert owed.attempts == 0


def test_notices_are_owed_oldest_first_and_limited(store: StoreAndOutbox) -> None:
    made = tuple(notice(key, at=after(minutes=-m)) for key, m in (("b", 1), ("a", 3), ("c", 2)))
    store.commit(evaluation(notices=made))
    assert [owed.notice.key for owed in store.owed(now=NOON, limit=2)] == ["a", "c"]
    assert store.owed(now=NOON, limit=0) == ()
    assert store.owed(now=NOON, limit=-1) == ()


def test_notices_of_one_instant_are_owed_in_the_order_of_the_evaluation(
    store: StoreAndOutbox,
) -> None:
    store.commit(evaluation(notices=(notice("b"), notice("a"))))
    assert [owed.notice.key for owed in store.owed(now=NOON, limit=9)] == ["b", "a"]


def test_a_new_notice_is_due_even_if_the_clock_went_back(store: StoreAndOutbox) -> None:
    store.commit(evaluation(notices=(notice(at=NOON),)))
    assert len(store.owed(now=after(hours=-1), limit=1)) == 1


def test_a_notice_with_a_known_key_is_not_owed_twice(store: StoreAndOutbox) -> None:
    store.commit(evaluation(notices=(notice("a"),)))
    store.commit(evaluation(notices=(notice("a", at=after(minutes=9)),)))
    assert [owed.notice for owed in store.owed(now=NOON, limit=9)] == [notice("a")]
    store.mark_delivered("a", at=NOON)
    store.commit(evaluation(notices=(notice("a"),)))
    assert store.owed(now=NOON, limit=9) == ()


def test_a_delivered_notice_is_owed_no_more(store: StoreAndOutbox) -> None:
    store.commit(evaluation(notices=(notice("a"), notice("b", at=after(minutes=1)))))
    store.mark_delivered("a", at=after(minutes=2))
    assert [owed.notice.key for owed in store.owed(now=NOON, limit=9)] == ["b"]
    assert store.depth() == OutboxDepth(notices=1, oldest_at=after(minutes=1))


def test_a_failed_notice_waits_for_its_next_attempt(store: StoreAndOutbox) -> None:
    store.commit(evaluation(notices=(notice("a"),)))
    store.mark_failed("a", error="SNS: Throttling", retry_at=after(minutes=1))
    assert store.owed(now=after(minutes=1) - JUST, limit=9) == ()
    (owed,) = store.owed(now=after(minutes=1), limit=9)
    assert owed.attempts == 1
    store.mark_failed("a", error="again", retry_at=after(minutes=3))
    assert store.owed(now=after(minutes=3), limit=9)[0].attempts == 2


def test_what_waits_for_its_next_attempt_still_counts_as_owed(store: StoreAndOutbox) -> None:
    store.commit(evaluation(notices=(notice("a"),)))
    store.mark_failed("a", error="down", retry_at=after(days=1))
    assert store.depth() == OutboxDepth(notices=1, oldest_at=NOON)


def test_a_failure_reported_after_the_delivery_changes_nothing(store: StoreAndOutbox) -> None:
    store.commit(evaluation(notices=(notice("a"),)))
    store.mark_delivered("a", at=NOON)
    store.mark_failed("a", error="late", retry_at=NOON)
    store.mark_delivered("a", at=after(minutes=1))
    assert store.depth().notices == 0


def test_a_key_that_nobody_gave_out_is_an_error(store: StoreAndOutbox) -> None:
    with pytest.raises(StoreError, match="no notice has the key nonesuch"):
        store.mark_delivered("nonesuch", at=NOON)
    with pytest.raises(StoreError, match="no notice has the key nonesuch"):
        store.mark_failed("nonesuch", error="x", retry_at=NOON)


# Pruning


def test_pruning_drops_what_is_older_and_counts_it(store: StoreAndOutbox) -> None:
    store.record([reading(at=NOON - JUST), reading(at=NOON)])
    old = transition(at=NOON - JUST)
    store.commit(evaluation(transitions=(old, transition(at=NOON)), notices=(notice("a"),)))
    store.mark_delivered("a", at=NOON - JUST)
    assert store.prune(before=NOON) == 3
    assert _series(store).readings == (reading(at=NOON),)
    assert store.transitions(limit=9) == (transition(at=NOON),)
    assert store.prune(before=NOON) == 0


def test_pruning_keeps_what_is_needed_of_a_signal_and_no_more(store: StoreAndOutbox) -> None:
    ages = (9, 3, 1)
    store.record([reading(at=after(days=-days)) for days in ages])
    store.record([reading(signal=PENDING, at=after(days=-days)) for days in ages])
    assert store.prune(before=after(days=-2), needed={CPU: after(days=-5)}) == 3
    history = store.history({CPU: 240 * HOUR, PENDING: 240 * HOUR}, now=NOON)
    kept = [len(history.of(name, "xops/api").readings) for name in (CPU, PENDING)]
    assert kept == [2, 1]


def test_what_is_needed_less_than_it_is_kept_is_kept_all_the_same(store: StoreAndOutbox) -> None:
    store.record([reading(at=after(days=-1))])
    assert store.prune(before=after(days=-2), needed={CPU: NOON}) == 0


def test_pruning_never_drops_an_undelivered_notice(store: StoreAndOutbox) -> None:
    store.commit(evaluation(notices=(notice("a", at=after(days=-400)),)))
    store.mark_failed("a", error="down for a year", retry_at=after(days=-399))
    assert store.prune(before=NOON) == 0
    assert store.owed(now=NOON, limit=1)[0].notice.key == "a"


def test_a_notice_delivered_lately_is_kept_whatever_its_age(store: StoreAndOutbox) -> None:
    store.commit(evaluation(notices=(notice("a", at=after(days=-400)),)))
    store.mark_delivered("a", at=NOON)
    assert store.prune(before=NOON) == 0
    store.commit(evaluation(notices=(notice("a"),)))
    assert store.owed(now=NOON, limit=1) == ()


def test_a_second_delivery_does_not_make_a_notice_younger(store: StoreAndOutbox) -> None:
    store.commit(evaluation(notices=(notice("a"),)))
    store.mark_delivered("a", at=NOON)
    store.mark_delivered("a", at=after(days=1))
    assert store.prune(before=after(hours=1)) == 1


def test_pruning_leaves_triggers_alone(store: StoreAndOutbox) -> None:
    store.commit(evaluation(triggers=(trigger(Status.FIRING, changed_at=after(days=-90)),)))
    store.prune(before=NOON)
    assert len(store.triggers()) == 1


def test_a_subject_of_which_nothing_is_left_is_forgotten(store: StoreAndOutbox) -> None:
    store.record([reading(at=after(days=-9)), gap(at=after(days=-8)), reading(subject="b")])
    store.prune(before=NOON)
    assert store.history({CPU: HOUR}, now=NOON).subjects(CPU) == {"b"}


def test_a_subject_is_remembered_while_its_signal_has_a_gap(store: StoreAndOutbox) -> None:
    store.record([reading(at=after(days=-9)), gap(subject=None)])
    assert store.prune(before=NOON) == 1
    assert _series(store).gap == gap(subject=None)
    store.prune(before=NOON + JUST)
    assert store.history({CPU: HOUR}, now=NOON).series == {}


def test_pruning_does_not_open_a_closed_gap(store: StoreAndOutbox) -> None:
    store.record([gap(at=after(days=-2)), gap(at=after(days=-2), subject=None)])
    store.record([reading(at=after(days=-1))])
    store.prune(before=after(hours=-1))
    store.record([reading(at=after(days=-3))])
    assert _series(store).gap is None


# Any order, any store


_instants = st.integers(-90, 5).map(lambda minute: after(minutes=minute))
_subjects = st.sampled_from(["a", "b"])
_readings = st.builds(
    Reading,
    signal=st.sampled_from([CPU, PENDING]),
    subject=_subjects,
    value=st.floats(allow_nan=False, allow_infinity=False),
    taken_at=_instants,
)
_gaps = st.builds(
    Gap,
    signal=st.sampled_from([CPU, PENDING]),
    subject=st.none() | _subjects,
    reason=st.sampled_from(GapReason),
    detail=st.text(st.characters(exclude_categories=["Cs"])),
    noticed_at=_instants,
)
_observations: st.SearchStrategy[list[Observation]] = st.lists(_readings | _gaps, max_size=12)


def _instant_of(seen: Observation) -> tuple[object, ...]:
    if isinstance(seen, Reading):
        return ("reading", seen.signal, seen.subject, seen.taken_at)
    return ("gap", seen.signal, seen.subject, seen.noticed_at)


@given(
    st.lists(_observations, max_size=4),
    st.none() | _instants,
    st.dictionaries(st.sampled_from([CPU, PENDING]), _instants),
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_the_fake_and_the_real_store_tell_the_same_history(
    batches: list[list[Observation]], before: datetime | None, needed: dict[str, datetime]
) -> None:
    fake = MemoryStore()
    needs = {CPU: HOUR, PENDING: 5 * MINUTE}
    with closing(SqliteStore.in_memory()) as real:
        for batch in batches:
            fake.record(batch)
            real.record(batch)
        if before is not None:
            dropped = real.prune(before=before, needed=needed)
            assert dropped == fake.prune(before=before, needed=needed)
        assert real.history(needs, now=NOON) == fake.history(needs, now=NOON)


@given(_observations, st.randoms(use_true_random=False), st.integers(0, 12))
def test_the_order_of_observations_does_not_matter(
    observations: list[Observation], random: Random, cut: int
) -> None:
    # One observation per instant: of several, the last written stands, so order does matter.
    distinct = list({_instant_of(seen): seen for seen in observations}.values())
    shuffled = distinct.copy()
    random.shuffle(shuffled)
    with closing(SqliteStore.in_memory()) as one, closing(SqliteStore.in_memory()) as other:
        one.record(distinct)
        other.record(shuffled[:cut])
        other.record(shuffled[cut:])
        needs = {CPU: HOUR, PENDING: 5 * MINUTE}
        assert one.history(needs, now=NOON) == other.history(needs, now=NOON)


def test_what_nobody_kept_is_not_recalled(store: StoreAndOutbox) -> None:
    assert store.recall("github") is None


def test_the_text_kept_last_is_recalled_and_every_name_has_its_own(store: StoreAndOutbox) -> None:
    store.keep("github", "one")
    store.keep("ecs_tasks", "{}")
    store.keep("github", "zwei \N{SNOWMAN}")
    assert (store.recall("github"), store.recall("ecs_tasks")) == ("zwei \N{SNOWMAN}", "{}")


ACCEPTED = replace(
    DECISION, answer=Answer.ACCEPTED, at=after(days=1), until=None, grounds=(), why="now"
)


def test_a_decision_stands_and_comes_back_equal(store: StoreAndOutbox) -> None:
    assert store.standing() == {}
    store.decide(DECISION)
    assert store.standing() == {"migrate-l4-to-rds": DECISION}
    assert store.decisions(limit=9) == (Kept(decision=DECISION, ended=None),)


def test_a_new_decision_ends_the_one_that_stood(store: StoreAndOutbox) -> None:
    store.decide(DECISION)
    store.decide(replace(DECISION, evolution="other"))
    store.decide(ACCEPTED)
    assert store.standing()["migrate-l4-to-rds"] == ACCEPTED
    because = "Aroha \N{EM DASH} board decided anew: accepted"
    ended = Ended(decision=DECISION, at=after(days=1), because=because)
    kept = [one for one in store.decisions(limit=9) if one.decision.evolution != "other"]
    assert kept == [Kept(decision=ACCEPTED, ended=None), Kept(decision=DECISION, ended=ended)]
    assert len(store.decisions(limit=2)) == 2
    assert store.decisions(limit=-1) == ()


def test_a_commit_ends_a_decision_with_its_reason(store: StoreAndOutbox) -> None:
    store.decide(DECISION)
    ended = Ended(decision=DECISION, at=after(days=30), because="57 then, now 90")
    store.commit(evaluation(ended=(ended,)))
    assert store.standing() == {}
    assert store.decisions(limit=9) == (Kept(decision=DECISION, ended=ended),)


def test_a_decision_that_was_replaced_meanwhile_is_not_ended(store: StoreAndOutbox) -> None:
    store.decide(DECISION)
    store.decide(ACCEPTED)
    store.commit(evaluation(ended=(Ended(decision=DECISION, at=after(days=2), because="worse"),)))
    assert store.standing() == {"migrate-l4-to-rds": ACCEPTED}
