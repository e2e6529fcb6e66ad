"""Sums of one signal fall silent together: what silence means to `clear` is never asked."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.samples import rule as plain_rule
from tests.rulescript.test_equivalence import SIGNALS, _story, pieces
from xops_watch.core.condition import Across, Comparison, Threshold
from xops_watch.core.datapoints import Missing
from xops_watch.core.measure import Aggregate, Statistic
from xops_watch.core.rule import Clear, Rule
from xops_watch.rulescript.equivalent import is_equivalent
from xops_watch.rulescript.script import Line, Script

MINUTE = timedelta(minutes=1)
windows = st.none() | st.builds(
    Aggregate,
    statistic=st.sampled_from([Statistic.SUM, Statistic.AVG, Statistic.MIN]),
    over=st.sampled_from([2 * MINUTE, 4 * MINUTE]),
    samples=st.integers(1, 3),
)


def total(comparison: Comparison, value: float, aggregate: Aggregate | None) -> Threshold:
    return Threshold(
        signal=SIGNALS[0],
        comparison=comparison,
        value=value,
        text="1",
        across=Across.SUM,
        aggregate=aggregate,
    )


def both(above: Threshold, below: Threshold, missing: Missing) -> tuple[Rule, Rule]:
    of = replace(plain_rule(above), clear=Clear(when=below, hold=timedelta()))
    clear = Clear(when=replace(below, missing=missing), hold=timedelta())
    return of, replace(of, clear=clear)


@given(
    windows,
    windows,
    st.sampled_from([m for m in Missing if m is not Missing.UNKNOWN]),
    pieces,
    pieces,
)
@settings(max_examples=60, deadline=None)
def test_what_silence_means_to_the_clear_level_of_a_sum_changes_nothing(
    window: Aggregate | None,
    other: Aggregate | None,
    missing: Missing,
    first: tuple[float | None, ...],
    second: tuple[float | None, ...],
) -> None:
    of, mutant = both(
        total(Comparison.ABOVE, 4, window), total(Comparison.BELOW, 2, other), missing
    )
    assert is_equivalent(of, mutant)
    lines = tuple(
        Line(signal=SIGNALS[0], subject=subject, samples=said)
        for subject, said in (("xops/a", first), ("xops/b", second))
    )
    script = Script(name="t", place="t", rule=of.id, interval=MINUTE, every=MINUTE, lines=lines)
    assert _story(mutant, script) == _story(of, script)


@pytest.mark.parametrize("across", [Across.ANY, Across.MAX, Across.EACH])
def test_no_other_leaf_falls_silent_with_a_sum(across: Across) -> None:
    above = total(Comparison.ABOVE, 4, None)
    below = replace(total(Comparison.BELOW, 2, None), across=across)
    assert not is_equivalent(*both(above, below, Missing.BREACHING))
