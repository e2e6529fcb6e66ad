"""Rules, signals and evolutions as values: what they say of themselves."""

from datetime import timedelta

import pytest

from tests.core.samples import LOAD, MINUTE, QUEUE, SLOW, above, below, rule, rulebook, signal
from xops_watch.core.catalogue import SIGNAL_BY_NAME, SIGNALS
from xops_watch.core.condition import AllOf, AnyOf, Comparison, Condition, Not
from xops_watch.core.evolution import Classification, Risk
from xops_watch.core.signal import Unit

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("classification", "risk"),
    [
        ("none", "none"),
        ("Config Change", "LOW"),
        ("Module Addition", "LOW"),
        ("Service Addition", "MED"),
        ("Data Migration", "MED"),
        ("Architecture Change", "HIGH"),
    ],
)
def test_risk_follows_the_class_as_documented(classification: str, risk: str) -> None:
    assert Classification(classification).risk is Risk(risk)
    assert len(Classification) == 6


@pytest.mark.parametrize(
    ("comparison", "symbol", "facts"),
    [
        (Comparison.ABOVE, ">", (False, False, True)),
        (Comparison.AT_LEAST, "≥", (False, True, True)),
        (Comparison.BELOW, "<", (True, False, False)),
        (Comparison.AT_MOST, "≤", (True, True, False)),
    ],
)
def test_a_comparison_and_its_sign(
    comparison: Comparison, symbol: str, facts: tuple[bool, bool, bool]
) -> None:
    assert comparison.symbol == symbol
    assert tuple(comparison.holds(value, 2) for value in (1, 2, 3)) == facts


def test_a_window_is_as_long_as_its_periods() -> None:
    assert above(80).window == MINUTE
    assert above(80, datapoints="12/15").window == 15 * MINUTE
    assert above(80, of=signal("day", period=1440), datapoints="2/3").window == 72 * HOUR


@pytest.mark.parametrize(
    ("when", "hold", "clear", "minutes"),
    [
        (above(80), 0, None, 1 + 2 * 2),
        (above(80), 15, None, 1 + 15 + 2 * 2),
        (above(80, datapoints="12/15"), 0, None, 15 + 2 * 2),
        (above(80, datapoints="12/15"), 30, None, 15 + 30 + 2 * 2),
        (above(80, datapoints="12/15"), 0, (below(65), 60), 15 + 60 + 2 * 2),
        (above(80), 90, (below(65), 60), 1 + 90 + 2 * 2),
        (above(80), 0, (below(65, datapoints="3/20"), 60), 20 + 60 + 2 * 2),
        (above(80), 0, (below(65, of=SLOW), 60), 1 + 60 + 2 * 10),
        (AllOf(parts=(above(80), above(80, of=SLOW))), 5, None, 1 + 5 + 2 * 10),
        (Not(part=AnyOf(parts=(above(80, datapoints="3/9"), above(1)))), 5, None, 9 + 5 + 2 * 2),
    ],
)
def test_how_far_back_a_rule_looks(
    when: Condition, hold: float, clear: tuple[Condition, float] | None, minutes: float
) -> None:
    assert rule(when, hold=hold, clear=clear).lookback == minutes * MINUTE


def test_a_rulebook_needs_the_longest_history_that_a_rule_asks_of_each_signal() -> None:
    book = rulebook(
        rule(above(80), name="a", hold=5),
        rule(above(90), name="b", hold=60),
        rule(above(70), name="c", hold=30),
        rule(above(1, of=QUEUE), name="d", clear=(below(1, of=SLOW), 30)),
    )
    assert book.needs() == {
        "load": (1 + 60 + 4) * MINUTE,
        "queue": (1 + 30 + 20) * MINUTE,
        "slow": (1 + 30 + 20) * MINUTE,
    }
    assert rulebook().needs() == {}


def test_the_first_leaf_stands_for_the_rule() -> None:
    tree = AnyOf(parts=(Not(part=above(5, of=QUEUE)), above(80)))
    assert rule(tree).primary == above(5, of=QUEUE)
    assert rule(above(80)).primary == above(80)


def test_a_count_has_no_unit_in_its_metric_and_the_others_have() -> None:
    assert SIGNAL_BY_NAME["ecs.tasks_running"].metric == "xops_ecs_tasks_running"
    assert SIGNAL_BY_NAME["ecs.cpu_utilization"].metric == "xops_ecs_cpu_utilization_ratio"
    assert LOAD.metric == "xops_load"


def test_every_signal_is_known_by_its_own_name() -> None:
    assert len(SIGNAL_BY_NAME) == len(SIGNALS)
    assert all(SIGNAL_BY_NAME[one.name] is one for one in SIGNALS)
    assert len({one.metric for one in SIGNALS}) == len(SIGNALS)


@pytest.mark.parametrize("one", SIGNALS, ids=lambda one: one.name)
def test_every_signal_can_prove_a_hold(one: object) -> None:
    """A grace below the period would break every run between two readings on time."""
    found = SIGNAL_BY_NAME[one.name]  # type: ignore[attr-defined]  # ids are made of the same value
    assert found.grace >= 2 * found.period
    assert found.unit in Unit
