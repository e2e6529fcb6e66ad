"""States over longer than what is looked at at once: a state that lasts is not walked through."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.core.samples import LOAD, MINUTE, NOON, SUBJECT, history, leaf, rule, series
from xops_watch.core.condition import Comparison
from xops_watch.core.verdict import judge

LONG = 700  # readings, one a minute; blocks are of 256


@pytest.mark.parametrize(
    ("states", "began"),
    [
        ([1.0] * LONG, 0),
        ([0.0] + [1.0] * (LONG - 1), 1),
        ([1.0] * 100 + [2.0] * 300 + [1.0] * (LONG - 400), 400),
        ([1.0, 2.0] * 200 + [1.0] * (LONG - 400), 400),
    ],
    ids=["always", "from-the-second-on", "after-another-state", "after-a-flapping-one"],
)
def test_a_state_began_with_the_first_reading_of_it(states: list[float], began: int) -> None:
    of = replace(rule(leaf(Comparison.IS, 1.0)), hold=timedelta(hours=11))
    seen = history(series(LOAD, dict(enumerate(states))))
    verdict = judge(of, SUBJECT, seen, now=NOON + (LONG - 1) * MINUTE)
    lookback = LONG - 1 - of.lookback // MINUTE
    assert verdict.since == NOON + max(began, lookback) * MINUTE
    assert verdict.held is (LONG - 1 - max(began, lookback) >= 660)


def test_a_state_that_never_was_ends_nothing() -> None:
    of = replace(
        rule(leaf(Comparison.IS, 1.0), clear=(leaf(Comparison.IS, 2.0), 600)), hold=timedelta()
    )
    seen = history(series(LOAD, dict.fromkeys(range(LONG), 2.0)))
    assert judge(of, SUBJECT, seen, now=NOON + (LONG - 1) * MINUTE).cleared.value == "true"
