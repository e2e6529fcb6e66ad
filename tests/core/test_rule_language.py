"""What a rule can say beyond a threshold: subjects, missing data, qualifiers, severity."""

from dataclasses import replace

import pytest

from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    QUEUE,
    STACK,
    SUBJECT,
    above,
    below,
    gap,
    history,
    rule,
    rulebook,
    series,
    signal,
)
from xops_watch.core.condition import Across, AllOf, Comparison, Threshold
from xops_watch.core.datapoints import Datapoints, Missing
from xops_watch.core.evaluate import Evaluation, evaluate
from xops_watch.core.evidence import ALL_SUBJECTS
from xops_watch.core.reading import History, Reading, Series
from xops_watch.core.rule import Rule, Severity
from xops_watch.core.signal import Unit
from xops_watch.core.trigger import Status, Trigger, new_trigger
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import Verdict, judge
from xops_watch.errors import GapReason

MODE = replace(signal("mode"), unit=Unit.STATE, states=("rollback", "wal"))


def seen(values: dict[str, dict[float, float]], of: str = "load") -> History:
    """Return readings of several subjects, by minute."""
    return History(
        series={
            (of, subject): Series(
                readings=tuple(
                    Reading(signal=of, subject=subject, value=v, taken_at=NOON + m * MINUTE)
                    for m, v in minutes.items()
                )
            )
            for subject, minutes in values.items()
        }
    )


def verdict(of: Rule, known: History, *, at: float = 0, subject: str = SUBJECT) -> Verdict:
    return judge(of, subject, known, now=NOON + at * MINUTE)


def run(of: Rule, known: History, *before: Trigger, at: float = 0) -> Evaluation:
    triggers = {trigger.key: trigger for trigger in before}
    return evaluate(rulebook(of), known, triggers, stack=STACK, now=NOON + at * MINUTE)


# Across subjects


@pytest.mark.parametrize(
    ("across", "level", "expected"),
    [
        (Across.ANY, 80, Truth.TRUE),
        (Across.ANY, 90, Truth.FALSE),
        (Across.MAX, 80, Truth.TRUE),
        (Across.MAX, 90, Truth.FALSE),
        (Across.SUM, 119, Truth.TRUE),
        (Across.SUM, 120, Truth.FALSE),
    ],
)
def test_one_number_of_many_subjects(across: Across, level: float, expected: Truth) -> None:
    of = rule(replace(above(level), across=across))
    known = seen({"xops/a": {0: 30}, "xops/b": {0: 90}})
    assert verdict(of, known, subject=ALL_SUBJECTS).condition is expected


def test_the_greatest_is_low_only_when_all_are() -> None:
    of = rule(replace(below(50), across=Across.MAX))
    assert verdict(of, seen({"a": {0: 30}, "b": {0: 90}})).condition is Truth.FALSE
    assert verdict(of, seen({"a": {0: 30}, "b": {0: 40}})).condition is Truth.TRUE


def test_a_sum_that_lacks_a_subject_proves_only_that_it_is_above() -> None:
    known = seen({"a": {0: 90, 9: 90}, "b": {0: 90}})
    high = rule(replace(above(80), across=Across.SUM))
    low = rule(replace(above(100), across=Across.SUM))
    assert verdict(high, known, at=9).condition is Truth.TRUE
    assert verdict(low, known, at=9).condition is Truth.UNKNOWN


def test_a_rule_across_subjects_is_one_trigger() -> None:
    known = seen({"a": {0: 30}, "b": {0: 90}})
    evaluation = run(rule(replace(above(100), across=Across.SUM)), known)
    assert [(t.subject, t.status) for t in evaluation.triggers] == [(ALL_SUBJECTS, Status.FIRING)]
    assert evaluation.notices[0].evidence == "sum of all load 120 (> 100)"


# The whole signal has a gap: somebody looks, and has not seen any subject yet.
UNREAD = History(series={}, signal_gaps={"load": gap(LOAD, GapReason.DENIED, subject=None)})


@pytest.mark.parametrize("across", [Across.ANY, Across.MAX, Across.SUM])
def test_a_signal_that_nobody_looks_at_makes_no_trigger(across: Across) -> None:
    assert run(rule(replace(above(0), subject="sovereignty")), history()).triggers == ()
    assert run(rule(replace(above(0), across=across)), history()).triggers == ()
    assert run(rule(replace(above(0), across=across)), UNREAD).triggers[0].blind
    unread = run(rule(replace(above(0), across=across)), UNREAD).verdicts["rule", ALL_SUBJECTS]
    assert unread.evidence == "load is denied"


def test_of_a_named_subject_never_seen_the_gap_of_its_whole_signal_is_told() -> None:
    of = rule(replace(above(0), subject="sovereignty"))
    assert run(of, UNREAD).verdicts["rule", "sovereignty"].evidence == "load is denied"
    elsewhere = History(
        series=history(series(LOAD, {0: 1}, subject="other")).series, signal_gaps=UNREAD.signal_gaps
    )
    found = run(of, elsewhere).verdicts["rule", "sovereignty"]
    assert (found.gap, found.evidence) == (None, "no reading of load yet")


def test_a_rule_on_a_named_subject_is_there_before_its_first_reading() -> None:
    evaluation = run(rule(replace(above(0), subject="sovereignty")), UNREAD)
    (trigger,) = evaluation.triggers
    assert (trigger.subject, trigger.status, trigger.blind) == (
        "sovereignty",
        Status.INACTIVE,
        True,
    )


def test_a_leg_without_a_reading_of_the_service_reads_its_cluster() -> None:
    both = rule(AllOf(parts=(above(80), above(6, of=QUEUE))))
    known = History(
        series=seen({SUBJECT: {0: 81}}).series | seen({"xops": {0: 7}}, of="queue").series
    )
    assert verdict(both, known).condition is Truth.TRUE


def test_of_no_subjects_at_all_nothing_is_known() -> None:
    for across in (Across.ANY, Across.MAX, Across.SUM):
        of = rule(replace(above(80), across=across))
        judged = verdict(of, history(), subject=ALL_SUBJECTS)
        assert (judged.condition, judged.value) == (Truth.UNKNOWN, None)


# States


def state(name: str) -> Threshold:
    place = float(MODE.states.index(name))
    return Threshold(signal=MODE, comparison=Comparison.IS, value=place, text=name)


def test_a_state_is_compared_and_told_by_its_name() -> None:
    known = seen({SUBJECT: {0: 1}}, of="mode")
    assert verdict(rule(state("wal")), known).condition is Truth.TRUE
    assert verdict(rule(state("wal")), known).evidence == "mode wal (is wal)"
    assert verdict(rule(state("rollback")), known).condition is Truth.FALSE


# Missing data


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        (Missing.UNKNOWN, Truth.UNKNOWN),
        (Missing.MISSING, Truth.UNKNOWN),
        (Missing.IGNORE, Truth.UNKNOWN),
        (Missing.BREACHING, Truth.TRUE),
        (Missing.NOT_BREACHING, Truth.FALSE),
    ],
)
def test_silence_counts_as_the_rule_says(missing: Missing, expected: Truth) -> None:
    known = seen({SUBJECT: {0: 81}})
    plain = rule(replace(above(80), missing=missing))
    points = Datapoints(needed=2, of=3)
    counted = rule(replace(above(80), missing=missing, datapoints=points))
    assert verdict(plain, known, at=9).condition is expected
    assert verdict(counted, known, at=30).condition is expected


def test_silence_that_counts_as_breaching_fires_without_a_single_reading() -> None:
    of = rule(replace(above(80), subject="heartbeat", missing=Missing.BREACHING))
    (trigger,) = run(of, UNREAD).triggers
    assert (trigger.status, trigger.since) == (Status.FIRING, NOON)
    held = replace(of, hold=MINUTE)
    assert run(held, UNREAD).triggers[0].status is Status.PENDING


def test_a_firing_trigger_ends_with_the_silence_that_counts_as_good() -> None:
    of = rule(replace(above(80), missing=Missing.NOT_BREACHING))
    known = seen({SUBJECT: {0: 81}})
    firing = run(of, known).triggers[0]
    assert firing.status is Status.FIRING
    assert run(of, known, firing, at=9).triggers[0].status is Status.INACTIVE


# Qualifiers


QUEUED = {("queue", SUBJECT): seen({SUBJECT: {0: 1}}, of="queue").series["queue", SUBJECT]}
UNQUEUED = {("queue", SUBJECT): seen({SUBJECT: {0: 0}}, of="queue").series["queue", SUBJECT]}
LOADED = seen({SUBJECT: {0: 81}}).series


def test_while_suppressed_nothing_new_fires_and_nothing_ends() -> None:
    of = replace(rule(above(80)), suppress=above(0, of=QUEUE))
    during, after = History(series=LOADED | QUEUED), History(series=LOADED | UNQUEUED)
    waiting = run(of, during).triggers[0]
    assert waiting.status is Status.PENDING
    firing = run(of, after, waiting).triggers[0]
    assert firing.status is Status.FIRING
    assert run(of, during, firing).triggers[0].status is Status.FIRING


def test_what_cannot_be_seen_suppresses_nothing() -> None:
    of = replace(rule(above(80)), suppress=above(0, of=QUEUE))
    assert run(of, History(series=LOADED)).triggers[0].status is Status.FIRING


def test_where_a_rule_does_not_apply_it_says_nothing() -> None:
    of = replace(rule(above(80)), applies=above(0, of=QUEUE))
    firing = run(of, History(series=LOADED | QUEUED)).triggers[0]
    assert firing.status is Status.FIRING
    ended = run(of, History(series=LOADED | UNQUEUED), firing)
    assert (ended.triggers[0].status, ended.triggers[0].blind) == (Status.INACTIVE, False)
    assert [notice.kind for notice in ended.notices] == ["resolved"]


def test_a_rule_that_does_not_apply_is_not_blind() -> None:
    of = replace(rule(above(80)), applies=above(0, of=QUEUE))
    denied = series(LOAD, {}, gap=gap(LOAD, GapReason.DENIED))
    known = History(series=history(denied).series | UNQUEUED)
    before = new_trigger("rule", SUBJECT, now=NOON)
    assert not run(of, known, before).triggers[0].blind


def test_corroboration_raises_the_severity_of_the_message() -> None:
    of = replace(rule(above(80)), corroboration=above(0, of=QUEUE), corroborated=Severity.CRITICAL)
    alone = run(of, History(series=LOADED | UNQUEUED)).notices[0]
    both = run(of, History(series=LOADED | QUEUED)).notices[0]
    assert (alone.severity, both.severity) == ("warning", "critical")


def test_a_rule_asks_for_the_history_of_all_its_conditions() -> None:
    of = replace(rule(above(80)), suppress=above(0, of=QUEUE), keep=30 * MINUTE)
    assert set(rulebook(of).needs()) == {"load", "queue"}
    assert of.lookback == 35 * MINUTE
