"""What is left out as no change changes nothing, whatever is read."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.samples import rule as plain_rule
from tests.core.samples import rulebook
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.condition import Across, AllOf, AnyOf, Comparison, Condition, Not, Threshold
from xops_watch.core.datapoints import Datapoints, Missing
from xops_watch.core.rule import Clear, Rule, Severity
from xops_watch.errors import GapReason
from xops_watch.rulescript.equivalent import is_equivalent
from xops_watch.rulescript.mutants import every_change
from xops_watch.rulescript.play import play
from xops_watch.rulescript.script import Line, Script

MINUTE = timedelta(minutes=1)
SIGNALS = (SIGNAL_BY_NAME["crew.queue_depth"], SIGNAL_BY_NAME["ecs.tasks_pending"])
UPWARD = [Comparison.ABOVE, Comparison.AT_LEAST]
points = st.none() | st.sampled_from([Datapoints(needed=1, of=1), Datapoints(needed=1, of=2)])


@st.composite
def leaves(draw: st.DrawFn) -> Threshold:
    return Threshold(
        signal=draw(st.sampled_from(SIGNALS)),
        comparison=draw(st.sampled_from([c for c in Comparison if c is not Comparison.IS])),
        value=draw(st.sampled_from([1.0, 2.0])),
        text="1",
        datapoints=draw(points),
        missing=draw(st.sampled_from(Missing)),
    )


def _combined(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(parts, min_size=1, max_size=2).map(tuple)
    return (
        st.builds(AllOf, parts=several)
        | st.builds(AnyOf, parts=several)
        | st.builds(Not, part=parts)
    )


conditions: st.SearchStrategy[Condition] = st.recursive(leaves(), _combined, max_leaves=2)
holds = st.integers(min_value=0, max_value=3).map(lambda minutes: minutes * MINUTE)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    clear = st.none() | st.builds(Clear, when=conditions, hold=holds)
    corroboration = draw(st.none() | conditions)
    severities = st.sampled_from([Severity.WARNING, Severity.CRITICAL])
    return replace(
        plain_rule(draw(conditions)),
        hold=draw(holds),
        keep=draw(holds),
        clear=draw(clear),
        suppress=draw(st.none() | conditions),
        applies=draw(st.none() | conditions),
        corroboration=corroboration,
        corroborated=draw(severities) if corroboration else None,
    )


samples = st.lists(
    st.sampled_from([0.0, 1.0, 1.5, 2.0, 3.0, None, GapReason.DENIED]), min_size=1, max_size=8
)
# Silence has to be longer than the grace, or no policy is ever asked.
pieces = st.lists(samples | st.just([None] * 7), min_size=1, max_size=5).map(
    lambda several: tuple(sample for piece in several for sample in piece)
)


def _story(of: Rule, script: Script) -> Sequence[object]:
    """Return everything that a script could ask of a rule, but its value.

    How long the last value is still shown in silence depends on how far back any rule of the
    rulebook looks, so it is no property of one rule.
    """
    return [
        (
            [(t.key, t.status, t.blind) for t in evaluation.triggers],
            [(v.severity, v.suppressed) for v in evaluation.verdicts.values()],
            [(notice.kind, notice.severity) for notice in evaluation.notices],
            [advice.state for advice in evaluation.advice],
        )
        for evaluation in play(script, rulebook(of))
    ]


@settings(max_examples=40, deadline=None)
@given(of=rules(), first=pieces, second=pieces)
def test_what_is_left_out_changes_nothing(
    of: Rule, first: tuple[float | None, ...], second: tuple[float | None, ...]
) -> None:
    lines = tuple(
        Line(signal=signal, subject="xops/crew", samples=said)
        for signal, said in zip(SIGNALS, (first, second), strict=True)
    )
    script = Script(name="t", place="t", rule=of.id, interval=MINUTE, every=MINUTE, lines=lines)
    told = _story(of, script)
    for mutant in every_change(of):
        if is_equivalent(of, mutant.rule):
            assert _story(mutant.rule, script) == told, mutant.change


@given(
    level=st.sampled_from([1.0, 2.0]), upward=st.sampled_from(UPWARD), first=pieces, second=pieces
)
def test_over_a_line_any_and_max_are_one(
    level: float,
    upward: Comparison,
    first: tuple[float | None, ...],
    second: tuple[float | None, ...],
) -> None:
    leaf = Threshold(signal=SIGNALS[0], comparison=upward, value=level, text="1", across=Across.ANY)
    of = plain_rule(leaf)
    lines = tuple(
        Line(signal=SIGNALS[0], subject=subject, samples=said)
        for subject, said in (("xops/a", first), ("xops/b", second))
    )
    script = Script(name="t", place="t", rule=of.id, interval=MINUTE, every=MINUTE, lines=lines)
    mutant = plain_rule(replace(leaf, across=Across.MAX))
    assert is_equivalent(of, mutant)
    assert _story(mutant, script) == _story(of, script)
