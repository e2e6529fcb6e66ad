"""What is called impossible or certain is so for every value that can be measured."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.condition import (
    Across,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Not,
    Threshold,
    thresholds,
)
from xops_watch.core.datapoints import Datapoints, Missing
from xops_watch.core.measure import Aggregate, Statistic
from xops_watch.rulelint.truth import CASES_MAX, follows, is_certain, is_impossible

CPU, KIND = SIGNAL_BY_NAME["ecs.cpu_utilization"], SIGNAL_BY_NAME["database.kind"]
NUMBERED = [comparison for comparison in Comparison if comparison is not Comparison.IS]


def cpu(comparison: Comparison, value: float, **parts: object) -> Threshold:
    leaf = {"signal": CPU, "comparison": comparison, "value": value, "text": str(value), **parts}
    return Threshold(**leaf)  # type: ignore[arg-type]  # parts of a leaf, by name


def kind(state: int) -> Threshold:
    return Threshold(signal=KIND, comparison=Comparison.IS, value=state, text=str(state))


def every(parts: Sequence[Condition]) -> Condition:
    return AllOf(parts=tuple(parts))


def some(parts: Sequence[Condition]) -> Condition:
    return AnyOf(parts=tuple(parts))


LEAVES = st.one_of(
    st.builds(cpu, st.sampled_from(NUMBERED), st.sampled_from([0.0, 0.2, 0.5, 0.8])),
    st.builds(kind, st.sampled_from([0, 1])),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inside: st.one_of(
        st.builds(
            lambda parts: AllOf(parts=tuple(parts)), st.lists(inside, min_size=1, max_size=3)
        ),
        st.builds(
            lambda parts: AnyOf(parts=tuple(parts)), st.lists(inside, min_size=1, max_size=3)
        ),
        st.builds(lambda part: Not(part=part), inside),
    ),
    max_leaves=6,
)
# Every threshold, what lies between two of them, and what is beyond: no value differs from these.
WORLDS = list(product([0.0, 0.1, 0.2, 0.3, 0.5, 0.6, 0.8, 3.0], [0, 1]))


def holds(condition: Condition, world: tuple[float, int]) -> bool:
    match condition:
        case Threshold():
            return condition.breached_by(world[0] if condition.signal is CPU else world[1])
        case AllOf(parts=parts):
            return all(holds(part, world) for part in parts)
        case AnyOf(parts=parts):
            return any(holds(part, world) for part in parts)
        case Not(part=part):
            return not holds(part, world)


@given(CONDITIONS)
def test_impossible_and_certain_are_what_trying_every_value_says(condition: Condition) -> None:
    assert is_impossible(condition) == (not any(holds(condition, world) for world in WORLDS))
    assert is_certain(condition) == all(holds(condition, world) for world in WORLDS)


@given(CONDITIONS, CONDITIONS)
def test_one_follows_from_another_when_no_value_speaks_against_it(
    one: Condition, other: Condition
) -> None:
    assert follows(one, other) == all(holds(other, world) for world in WORLDS if holds(one, world))


HIGH, LOW = cpu(Comparison.ABOVE, 0.8), cpu(Comparison.BELOW, 0.6)


def both(**parts: object) -> AllOf:
    return AllOf(parts=(cpu(Comparison.ABOVE, 0.8, **parts), cpu(Comparison.BELOW, 0.6, **parts)))


def test_two_subjects_may_be_high_and_low_at_once() -> None:
    assert not is_impossible(both(across=Across.ANY))
    assert is_impossible(both(across=Across.MAX))


def test_less_than_half_of_the_points_may_be_high_while_others_are_low() -> None:
    assert not is_impossible(both(datapoints=Datapoints(needed=5, of=10)))
    assert is_impossible(both(datapoints=Datapoints(needed=6, of=10)))


def test_two_windows_are_two_numbers() -> None:
    hour = Aggregate(statistic=Statistic.AVG, over=timedelta(hours=1))
    day = Aggregate(statistic=Statistic.AVG, over=timedelta(days=1))
    assert is_impossible(both(aggregate=hour))
    high, low = (
        cpu(one.comparison, one.value, aggregate=over) for one, over in ((HIGH, hour), (LOW, day))
    )
    assert not is_impossible(AllOf(parts=(high, low)))


def test_a_missing_point_may_count_as_anything() -> None:
    assert not is_impossible(both(missing=Missing.BREACHING))


def test_what_expires_may_have_expired_already() -> None:
    left = SIGNAL_BY_NAME["certificates.expires_in"]
    gone = Threshold(signal=left, comparison=Comparison.BELOW, value=0.0, text="0d")
    assert not is_impossible(gone)


def test_a_condition_of_too_many_cases_is_left_alone() -> None:
    wide = AllOf(parts=tuple(AnyOf(parts=(HIGH, LOW)) for _ in range(9)))
    assert 2 ** len(wide.parts) > CASES_MAX
    assert len(list(thresholds(wide))) == 18
    assert not is_impossible(AllOf(parts=(wide, both())))
    assert not is_impossible(
        Not(part=AnyOf(parts=(AnyOf(parts=(Not(part=wide), Not(part=HIGH))),)))
    )
