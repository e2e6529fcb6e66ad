"""Everything known after one tick in one value."""

from dataclasses import replace

import pytest

from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    STACK,
    STAGE,
    SUBJECT,
    above,
    gap,
    history,
    in_force,
    reading,
    rule,
    rulebook,
    series,
)
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.condition import AllOf
from xops_watch.core.evaluate import evaluate
from xops_watch.core.query import Query
from xops_watch.core.reading import Gap, History
from xops_watch.core.snapshot import SignalStatus, SignalView, Snapshot, SourceReport, compose
from xops_watch.core.trigger import Status
from xops_watch.errors import GapReason

CPU = SIGNAL_BY_NAME["ecs.cpu_utilization"]  # grace: 10 minutes
TASKS = SIGNAL_BY_NAME["ecs.tasks_running"]
BUSY = rule(above(0.8, of=CPU), name="busy")
BOOK = rulebook(BUSY, rule(above(3, of=TASKS), name="many"))
RULES = in_force(BOOK)
REPORT = SourceReport(source="ecs", up=True, last_success=NOON, duration_seconds=0.1, detail="")


def composed(known: History, *, minutes: float = 0) -> Snapshot:
    evaluation = evaluate(BOOK, known, {}, stack=STACK, now=NOON + minutes * MINUTE)
    return compose(evaluation, known, (REPORT,), RULES, stack="xops", duration_seconds=0.25)


def view(
    values: dict[float, float], *, minutes: float = 0, missing: Gap | None = None
) -> SignalView:
    (only,) = composed(history(series(CPU, values, gap=missing)), minutes=minutes).signals
    return only


def test_a_signal_just_read_is_ok() -> None:
    assert view({0: 0.5, 1: 0.6}, minutes=1) == SignalView(
        signal=CPU,
        subject=SUBJECT,
        status=SignalStatus.OK,
        newest=reading(CPU, 0.6, 1),
        detail="",
    )


def test_a_signal_is_ok_up_to_its_grace_and_stale_after_it() -> None:
    assert view({0: 0.5}, minutes=10).status is SignalStatus.OK
    stale = view({0: 0.5}, minutes=10.5)
    assert (stale.status, stale.detail) == (SignalStatus.STALE, "last read 10m30s ago")
    assert stale.newest == reading(CPU, 0.5, 0)


def test_a_signal_without_reading_or_gap_was_never_read() -> None:
    never = view({})
    assert (never.status, never.newest, never.detail) == (SignalStatus.STALE, None, "never read")


def test_a_signal_read_only_in_the_future_was_never_read() -> None:
    ahead = view({5: 0.5})
    assert (ahead.status, ahead.newest, ahead.detail) == (SignalStatus.STALE, None, "never read")
    assert view({0: 0.5, 5: 0.9}).newest == reading(CPU, 0.5, 0)


@pytest.mark.parametrize("reason", GapReason)
def test_a_gap_is_told_by_its_reason_however_fresh_the_reading(reason: GapReason) -> None:
    missing = view({0: 0.5}, missing=gap(CPU, reason))
    others = {GapReason.TIMEOUT: "unreachable", GapReason.GONE: "not_applicable"}
    expected = others.get(reason, reason.value)
    assert missing.status is SignalStatus(expected)
    assert missing.detail == f"ecs.cpu_utilization is {reason}"
    assert missing.newest == reading(CPU, 0.5, 0)


def test_every_status_but_ok_has_a_reason_and_every_reason_a_status() -> None:
    reasons = {reason.value for reason in GapReason} - {"timeout", "gone"}
    assert {status.value for status in SignalStatus} == reasons | {"ok"}


def test_signals_come_sorted_by_name_and_subject() -> None:
    known = history(
        series(TASKS, {0: 1}, subject="b"),
        series(CPU, {0: 0.1}, subject="z"),
        series(TASKS, {0: 1}, subject="a"),
    )
    views = composed(known).signals
    assert [(one.signal.name, one.subject) for one in views] == [
        ("ecs.cpu_utilization", "z"),
        ("ecs.tasks_running", "a"),
        ("ecs.tasks_running", "b"),
    ]


def test_every_trigger_comes_with_its_rule_and_its_verdict() -> None:
    known = history(series(CPU, {0: 0.9}), series(TASKS, {0: 1}))
    busy, many = composed(known).triggers
    assert (busy.rule, busy.trigger.status, busy.verdict.value) == (BUSY, Status.FIRING, 0.9)
    assert (many.rule.id, many.trigger.status, many.verdict.value) == ("many", Status.INACTIVE, 1)
    assert many.trigger.key == ("many", SUBJECT)


def test_the_rest_is_taken_over_as_it_is() -> None:
    snapshot = composed(history(series(CPU, {0: 0.9})), minutes=2)
    assert (snapshot.stack, snapshot.at) == ("xops", NOON + 2 * MINUTE)
    assert snapshot.duration_seconds == 0.25
    assert snapshot.sources == (REPORT,)
    assert snapshot.stages == (STAGE,)
    assert snapshot.rulebook is BOOK
    assert [advice.evolution.id for advice in snapshot.advice] == ["step"]


def test_a_rule_is_unwatched_until_every_signal_of_it_was_seen_or_missed() -> None:
    both = rule(AllOf(parts=(above(0.8, CPU), above(3, TASKS))), name="both")
    rules = in_force(rulebook(both))
    cpu, denied = series(CPU, {0: 0.5}), series(TASKS, {}, gap=gap(TASKS, GapReason.DENIED))

    def unwatched(known: History) -> list[str]:
        evaluation = evaluate(rules.rulebook, known, {}, stack=STACK, now=NOON)
        seen = compose(evaluation, known, (), rules, stack="xops", duration_seconds=0)
        return [signal.name for one in seen.unwatched for signal in one.signals]

    assert unwatched(history()) == [CPU.name, TASKS.name]
    assert unwatched(history(cpu)) == [TASKS.name]
    assert unwatched(history(cpu, denied)) == []


def test_a_rule_that_is_not_watched_names_the_settings_of_what_it_lacks() -> None:
    both = rule(AllOf(parts=(above(0.8, CPU), above(3, TASKS), above(1, LOAD))), name="both")
    rules, seen = in_force(rulebook(both)), history(series(LOAD, {0: 2}))
    evaluation = evaluate(rules.rulebook, seen, {}, stack=STACK, now=NOON)
    wanted = {CPU.name: "ECS", LOAD.name: "LOAD"}
    (one,) = compose(
        evaluation,
        History(series={}),
        (),
        rules,
        stack="xops",
        duration_seconds=0,
        wanted=wanted,
    ).unwatched
    assert one.settings == ("ECS", "LOAD")


def test_a_signal_of_a_rule_file_is_shown_like_one_of_the_catalogue() -> None:
    query = Query(signal=LOAD, promql="sum(load)", subject_label=None, own=True)
    of_catalogue = replace(query, signal=CPU, own=False)
    book = replace(rulebook(rule(above(80))), queries=(query, of_catalogue))
    assert book.own_signals == {"load": LOAD}
    known = history(series(LOAD, {0: 90}))
    evaluation = evaluate(book, known, {}, stack=STACK, now=NOON)
    (only,) = compose(
        evaluation, known, (REPORT,), in_force(book), stack="xops", duration_seconds=0.25
    ).signals
    assert (only.signal, only.status) == (LOAD, SignalStatus.OK)


def test_a_signal_of_a_rule_file_is_needed_though_no_rule_reads_it() -> None:
    query = Query(signal=LOAD, promql="sum(load)", subject_label=None, own=True)
    assert replace(BOOK, queries=(query,)).needs()["load"] == LOAD.grace


def test_of_a_signal_without_any_subject_the_gap_is_told() -> None:
    missed = gap(TASKS, GapReason.TIMEOUT, subject=None)
    seen = history(series(CPU, {0: 0.5}))
    known = replace(seen, signal_gaps={TASKS.name: missed, CPU.name: gap(CPU, GapReason.DENIED)})
    cpu, tasks = composed(known).signals
    assert (cpu.subject, cpu.status) == (SUBJECT, SignalStatus.OK)
    assert tasks == SignalView(
        signal=TASKS,
        subject="",
        status=SignalStatus.UNREACHABLE,
        newest=None,
        detail="ecs.tasks_running is timeout",
    )
