"""A subject that is no more: its triggers end after the grace, and are retired."""

from collections.abc import Mapping
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
    gap,
    history,
    rule,
    rulebook,
    series,
)
from xops_watch.core.condition import Across, AllOf, AnyOf, Not
from xops_watch.core.datapoints import Missing
from xops_watch.core.evaluate import Evaluation, evaluate
from xops_watch.core.evidence import ALL_SUBJECTS
from xops_watch.core.notice import NoticeKind
from xops_watch.core.reading import History
from xops_watch.core.rule import Rule
from xops_watch.core.trigger import Status, Trigger, new_trigger
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import judge
from xops_watch.errors import GapReason

ABOVE = rule(above(80), hold=5)


def trigger_of(status: Status, subject: str = SUBJECT) -> Trigger:
    return replace(new_trigger("rule", subject, now=NOON), status=status)


def gone(values: Mapping[float, float], reason: GapReason = GapReason.GONE) -> History:
    """Return a service that was read, and is said to be gone from minute 1 on."""
    return history(series(LOAD, values, gap=gap(LOAD, reason, minutes=1)))


def run(of: Rule, known: History, *before: Trigger, at: float) -> Evaluation:
    triggers = {trigger.key: trigger for trigger in before}
    return evaluate(rulebook(of), known, triggers, stack=STACK, now=NOON + at * MINUTE)


@pytest.mark.parametrize("status", [Status.PENDING, Status.FIRING])
def test_within_the_grace_a_trigger_stays_as_it_is_and_is_not_blind(status: Status) -> None:
    (after,) = run(ABOVE, gone({0: 95}), trigger_of(status), at=2).triggers
    assert (after.status, after.blind) == (status, False)


def test_after_the_grace_a_firing_trigger_resolves_and_says_why() -> None:
    evaluation = run(ABOVE, gone({0: 95}), trigger_of(Status.FIRING), at=2.5)
    (after,) = evaluation.triggers
    assert (after.status, after.blind) == (Status.INACTIVE, False)
    (notice,) = evaluation.notices
    assert notice.kind is NoticeKind.RESOLVED
    assert notice.evidence == ("subject gone: load is gone; load 95 (> 80), last read 2m30s ago")
    assert evaluation.retired == ()


def test_after_the_grace_a_pending_trigger_ends_without_a_notice() -> None:
    evaluation = run(ABOVE, gone({0: 95}), trigger_of(Status.PENDING), at=2.5)
    assert [t.after for t in evaluation.transitions] == [Status.INACTIVE]
    assert evaluation.notices == ()


@pytest.mark.parametrize("before", [(), (trigger_of(Status.INACTIVE),)])
def test_what_is_quiet_and_gone_is_retired(before: tuple[Trigger, ...]) -> None:
    evaluation = run(ABOVE, gone({0: 95}), *before, at=2.5)
    assert evaluation.triggers == ()
    assert evaluation.retired == tuple(trigger.key for trigger in before)


def test_what_was_never_read_and_is_gone_ends_at_once() -> None:
    evaluation = run(ABOVE, gone({}), trigger_of(Status.FIRING), at=1)
    assert evaluation.transitions[0].evidence == "subject gone: load is gone"


def test_a_subject_that_came_back_is_judged_as_ever() -> None:
    back = history(series(LOAD, {0: 95, 3: 95}))
    (after,) = run(ABOVE, back, at=3).triggers
    assert (after.status, after.blind) == (Status.PENDING, False)


@pytest.mark.parametrize("reason", [reason for reason in GapReason if reason is not GapReason.GONE])
def test_no_other_silence_ends_what_fires(reason: GapReason) -> None:
    (after,) = run(ABOVE, gone({0: 95}, reason), trigger_of(Status.FIRING), at=60).triggers
    assert (after.status, after.blind) == (Status.FIRING, True)


def test_silence_that_counts_as_breaching_is_not_asked_of_what_is_gone() -> None:
    of = rule(replace(above(80), missing=Missing.BREACHING))
    (after,) = run(of, gone({0: 95}), trigger_of(Status.FIRING), at=3).triggers
    assert after.status is Status.INACTIVE


def test_a_leg_that_cannot_be_seen_makes_nobody_blind_on_what_is_gone() -> None:
    of = rule(AllOf(parts=(above(80), above(5, of=QUEUE))))
    denied = series(QUEUE, {}, gap=gap(QUEUE, GapReason.DENIED, minutes=1))
    known = history(gone({0: 95}).series, denied)
    (after,) = run(of, known, trigger_of(Status.FIRING), at=2).triggers
    assert (after.status, after.blind) == (Status.FIRING, False)


LEFT = (GapReason.GONE, GapReason.NOT_APPLICABLE)


def services(reason: GapReason, big: float, small: float) -> History:
    """Return two services; of the first it is said at minute 1 that nothing is there."""
    return history(
        series(LOAD, {0: big}, subject="a", gap=gap(LOAD, reason, minutes=1, subject="a")),
        series(LOAD, {0: small, 1: small, 2: small}, subject="b"),
    )


@pytest.mark.parametrize("reason", LEFT)
@pytest.mark.parametrize(
    ("across", "value"), [(Across.ANY, 50), (Across.MAX, 50), (Across.SUM, 50)]
)
def test_one_number_of_many_leaves_out_who_is_not_there(
    reason: GapReason, across: Across, value: float
) -> None:
    of = rule(replace(above(80), across=across))
    at = NOON + 2 * MINUTE
    found = judge(of, ALL_SUBJECTS, services(reason, 95, 50), now=at)
    assert (found.condition, found.value, found.gap) == (Truth.FALSE, value, None)
    denied = judge(of, ALL_SUBJECTS, services(GapReason.DENIED, 95, 50), now=at)
    assert denied.condition is Truth.TRUE


@pytest.mark.parametrize("reason", LEFT)
@pytest.mark.parametrize("across", [Across.ANY, Across.MAX, Across.SUM])
def test_when_none_is_there_nothing_is_known_and_nobody_blind(
    reason: GapReason, across: Across
) -> None:
    of = rule(replace(above(80), across=across, missing=Missing.BREACHING))
    known = gone({0: 95}, reason)
    found = judge(of, ALL_SUBJECTS, known, now=NOON + 2 * MINUTE)
    assert (found.condition, found.value, found.excused) == (Truth.UNKNOWN, 95, True)
    (after,) = run(of, known, trigger_of(Status.INACTIVE, ALL_SUBJECTS), at=2).triggers
    assert (after.status, after.blind) == (Status.INACTIVE, False)


def test_a_number_of_many_that_are_all_gone_resolves_and_is_retired() -> None:
    of = rule(replace(above(80), across=Across.ANY))
    firing = trigger_of(Status.FIRING, ALL_SUBJECTS)
    ended = run(of, gone({0: 95}), firing, at=3)
    assert ended.transitions[0].evidence.startswith("subject gone: load is gone")
    assert run(of, gone({0: 95}), *ended.triggers, at=4).retired == (firing.key,)


def test_a_breach_of_many_began_when_the_one_that_hid_it_left() -> None:
    """Both are below the level, but only since the loud one is left out."""
    quiet = replace(above(80), across=Across.MAX)
    below = replace(quiet, comparison=type(quiet.comparison)("below"))
    found = judge(
        rule(below, hold=1),
        ALL_SUBJECTS,
        services(GapReason.GONE, 95, 50),
        now=NOON + 2 * MINUTE,
    )
    assert (found.condition, found.held, found.since) == (Truth.TRUE, True, NOON + MINUTE)
    longer = replace(rule(below), hold=1.25 * MINUTE)
    late = judge(longer, ALL_SUBJECTS, services(GapReason.GONE, 95, 50), now=NOON + 2 * MINUTE)
    assert not late.held


def test_who_left_after_the_last_reading_makes_a_breach_of_no_length() -> None:
    quiet = replace(above(80), across=Across.MAX)
    below = replace(quiet, comparison=type(quiet.comparison)("below"))
    known = history(
        series(LOAD, {0: 95}, subject="a", gap=gap(LOAD, GapReason.GONE, minutes=1, subject="a")),
        series(LOAD, {0: 50}, subject="b"),
    )
    found = judge(rule(below, hold=0.5), ALL_SUBJECTS, known, now=NOON + 1.5 * MINUTE)
    assert (found.condition, found.held, found.since) == (Truth.TRUE, False, NOON)


NA, DENIED, NONE = GapReason.NOT_APPLICABLE, GapReason.DENIED, None
EITHER = AnyOf(parts=(above(80), above(5, of=QUEUE)))
BOTH = AllOf(parts=(above(80), above(5, of=QUEUE)))


@pytest.mark.parametrize(
    ("first", "second", "of_either", "of_both"),
    [
        (NA, NA, False, False),
        (NA, GapReason.GONE, False, False),
        (NA, DENIED, True, False),
        (DENIED, NA, True, False),
        (NA, NONE, True, False),
        (DENIED, DENIED, True, True),
    ],
)
def test_one_leg_that_is_not_there_makes_all_moot_and_excuses_none_of_any(
    first: GapReason,
    second: GapReason | None,
    of_either: bool,  # noqa: FBT001 - a table of facts
    of_both: bool,  # noqa: FBT001 - likewise
) -> None:
    legs = [series(LOAD, {}, gap=gap(LOAD, first))]
    legs += [series(QUEUE, {}, gap=gap(QUEUE, second))] if second else []
    blind = {
        condition: run(rule(condition), history(*legs), at=0).triggers[0].blind
        for condition in (EITHER, BOTH, Not(part=BOTH))
    }
    assert blind == {EITHER: of_either, BOTH: of_both, Not(part=BOTH): of_both}


def test_a_leaf_that_is_seen_needs_no_excuse() -> None:
    known = history(series(LOAD, {}, gap=gap(LOAD, NA)), series(QUEUE, {0: 1}))
    (after,) = run(rule(EITHER), known, at=0).triggers
    assert (after.status, after.blind) == (Status.INACTIVE, False)
