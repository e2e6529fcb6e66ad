"""What a verdict tells besides its three answers: value, beginning, gap and evidence."""

import pytest

from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    QUEUE,
    SUBJECT,
    above,
    below,
    gap,
    history,
    leaf,
    rule,
    series,
)
from xops_watch.core.condition import AllOf, Comparison, Not
from xops_watch.core.rule import Rule, Severity
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import Verdict, judge
from xops_watch.errors import GapReason

SUSTAINED = rule(above(80, datapoints="2/4"))


def test_a_whole_verdict() -> None:
    known = history(series(LOAD, {0: 79, 1: 81, 2: 82}))
    assert judge(rule(above(80), hold=1), SUBJECT, known, now=NOON + 3 * MINUTE) == Verdict(
        condition=Truth.TRUE,
        held=True,
        cleared=Truth.FALSE,
        breaching=True,
        since=NOON + MINUTE,
        value=82,
        as_of=NOON + 2 * MINUTE,
        gap=None,
        evidence="load 82 (> 80)",
        severity=Severity.WARNING,
    )


def test_the_verdict_on_nothing() -> None:
    assert judge(rule(above(80)), SUBJECT, history(), now=NOON) == Verdict(
        condition=Truth.UNKNOWN,
        held=False,
        cleared=Truth.UNKNOWN,
        breaching=False,
        since=None,
        value=None,
        as_of=None,
        gap=None,
        evidence="no reading of load yet",
        severity=Severity.WARNING,
    )


def test_the_verdict_on_a_gap_alone() -> None:
    denied = gap(LOAD, GapReason.DENIED)
    verdict = judge(rule(above(80)), SUBJECT, history(series(LOAD, {}, gap=denied)), now=NOON)
    assert (verdict.condition, verdict.gap) == (Truth.UNKNOWN, denied)
    assert verdict.evidence == "load is denied"


def test_value_and_gap_are_those_of_the_first_signal() -> None:
    known = history(
        series(LOAD, {0: 81}),
        series(QUEUE, {0: 7}, gap=gap(QUEUE, GapReason.THROTTLED)),
    )
    verdict = judge(rule(AllOf(parts=(above(80), above(5, of=QUEUE)))), SUBJECT, known, now=NOON)
    assert (verdict.value, verdict.gap) == (81, None)
    swapped = AllOf(parts=(above(5, of=QUEUE), above(80)))
    verdict = judge(rule(swapped), SUBJECT, known, now=NOON)
    assert verdict.value == 7
    assert verdict.gap == gap(QUEUE, GapReason.THROTTLED)


def test_a_reading_of_the_future_is_not_the_value() -> None:
    verdict = judge(rule(above(80)), SUBJECT, history(series(LOAD, {0: 81, 5: 99})), now=NOON)
    assert (verdict.value, verdict.as_of) == (81, NOON)


def test_an_old_value_is_still_told_with_its_time() -> None:
    verdict = judge(
        rule(above(80)), SUBJECT, history(series(LOAD, {0: 81})), now=NOON + 60 * MINUTE
    )
    assert (verdict.condition, verdict.breaching, verdict.since) == (Truth.UNKNOWN, False, None)
    assert (verdict.value, verdict.as_of) == (81, NOON)


@pytest.mark.parametrize(
    ("of", "values", "minutes", "evidence"),
    [
        (rule(leaf(Comparison.ABOVE, 80)), {0: 81}, 0, "load 81 (> 80)"),
        (rule(leaf(Comparison.AT_LEAST, 80)), {0: 81}, 0, "load 81 (≥ 80)"),
        (rule(leaf(Comparison.BELOW, 80)), {0: 81}, 0, "load 81 (not < 80)"),
        (rule(leaf(Comparison.AT_MOST, 80)), {0: 81}, 0, "load 81 (not ≤ 80)"),
        (rule(above(80)), {0: 81}, 2, "load 81 (> 80)"),
        (rule(above(80)), {0: 81}, 2.5, "load 81 (> 80), last read 2m30s ago"),
        (
            SUSTAINED,
            {0: 50, 1: 81, 2: 82, 3: 79},
            3,
            "load 79 (not > 80), 2 of the last 4 points breach",
        ),
        (
            SUSTAINED,
            {0: 81, 3: 79},
            3,
            "load 79 (not > 80), 1 of the last 4 points breach, 2 missing",
        ),
        (
            SUSTAINED,
            {0: 81, 3: 79},
            63,
            "load 79 (not > 80), 1 of the last 4 points breach, 2 missing, last read 1h ago",
        ),
    ],
)
def test_the_evidence_in_one_line(
    of: Rule, values: dict[float, float], minutes: float, evidence: str
) -> None:
    known = history(series(LOAD, values))
    assert judge(of, SUBJECT, known, now=NOON + minutes * MINUTE).evidence == evidence


def test_the_evidence_tells_of_a_gap_after_the_last_reading() -> None:
    known = history(series(LOAD, {0: 81}, gap=gap(LOAD, GapReason.DENIED)))
    fresh = judge(rule(above(80)), SUBJECT, known, now=NOON)
    assert fresh.evidence == "load 81 (> 80); now denied: load is denied"
    assert fresh.condition is Truth.TRUE
    stale = judge(rule(above(80)), SUBJECT, known, now=NOON + 5 * MINUTE)
    assert stale.evidence == "load 81 (> 80), last read 5m ago; now denied: load is denied"


def test_a_breach_began_after_the_last_reading_that_was_none() -> None:
    """Even when both fell into one period."""
    known = history(series(LOAD, {0: 81, 0.3: 50, 0.6: 81, 0.9: 81}))
    verdict = judge(rule(above(80)), SUBJECT, known, now=NOON + MINUTE)
    assert verdict.since == NOON + 0.6 * MINUTE


def test_a_breach_began_after_the_last_hole() -> None:
    known = history(series(LOAD, {0: 81, 1: 81, 4: 81, 6: 81}))
    verdict = judge(rule(above(80)), SUBJECT, known, now=NOON + 6 * MINUTE)
    assert verdict.since == NOON + 4 * MINUTE


def test_a_negated_breach_began_with_the_first_reading_on_its_side() -> None:
    known = history(series(LOAD, {0: 81, 1: 79, 2: 79}))
    verdict = judge(rule(Not(part=above(80))), SUBJECT, known, now=NOON + 2 * MINUTE)
    assert verdict.since == NOON + MINUTE


def test_what_is_not_breached_did_not_begin() -> None:
    known = history(series(LOAD, {0: 81, 1: 79}))
    assert judge(rule(above(80)), SUBJECT, known, now=NOON + MINUTE).since is None
    assert judge(SUSTAINED, SUBJECT, known, now=NOON + MINUTE).since is None


def test_a_verdict_has_no_memory_of_its_clear_level() -> None:
    of = rule(above(80), clear=(below(65), 0))
    known = history(series(LOAD, {0: 70}))
    verdict = judge(of, SUBJECT, known, now=NOON)
    assert (verdict.condition, verdict.cleared) == (Truth.FALSE, Truth.FALSE)
