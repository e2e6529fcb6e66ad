"""Holds against Prometheus: its own vectors, its unit tests, and promtool on real series.

Its `for` is our hold, its `keep_firing_for` our keep.
"""

import csv
import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.core.samples import LOAD, STACK, SUBJECT, above, below, rule, rulebook
from xops_watch.core.condition import Threshold
from xops_watch.core.evaluate import TriggerKey, evaluate
from xops_watch.core.reading import History, Reading, Series
from xops_watch.core.rule import Rule
from xops_watch.core.signal import Signal
from xops_watch.core.trigger import Status, Trigger

DATA = Path(__file__).parent / "data"
SECOND = timedelta(seconds=1)
START = datetime.fromisoformat("2014-04-10T00:04:00+00:00")
MARKS = {Status.INACTIVE: ".", Status.PENDING: "p", Status.FIRING: "F"}
WORDS = {"inactive": ".", "pending": "p", "firing": "F"}


@cache
def load(name: str) -> Any:  # noqa: ANN401 - JSON of any shape
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def spaced(seconds: float) -> Signal:
    """Return the signal read every so many seconds, visible as long, as in Prometheus."""
    return Signal(
        name=LOAD.name,
        unit=LOAD.unit,
        subject_kind=LOAD.subject_kind,
        source=LOAD.source,
        period=seconds * SECOND,
        grace=seconds * SECOND,
        help=LOAD.help,
    )


def states(of: Rule, values: list[float | None], every: timedelta, lookback: int) -> str:
    """Evaluate at each step with the readings until then; `lookback` of them are enough."""
    book, line = rulebook(of), ""
    before: dict[TriggerKey, Trigger] = {}
    readings: list[Reading] = []
    for step, value in enumerate(values):
        now = START + step * every
        if value is not None:
            taken = Reading(signal=LOAD.name, subject=SUBJECT, value=value, taken_at=now)
            readings = [*readings, taken][-lookback:]
        known = History(series={(LOAD.name, SUBJECT): Series(readings=tuple(readings))})
        (trigger,) = evaluate(book, known, before, stack=STACK, now=now).triggers
        before = {trigger.key: trigger}
        line += MARKS[trigger.status]
    return line


def like_prometheus(when: Threshold, *, hold_seconds: float, keep_seconds: float) -> Rule:
    return replace(rule(when, hold=hold_seconds / 60), keep=keep_seconds * SECOND)


VECTORS = load("prom_for_vectors.json")["eval_vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_vector_of_prometheus(vector: dict[str, Any]) -> None:
    of = like_prometheus(
        above(0.5, of=spaced(vector["interval_s"])),
        hold_seconds=vector["for_s"],
        keep_seconds=vector["keep_firing_for_s"],
    )
    values: list[float | None] = [float(fact) for fact in vector["cond"]]
    every = vector["interval_s"] * SECOND
    assert states(of, values, every, lookback=20) == vector["states"]


UNIT_TESTS = [case for case in load("go_unit_test_cases.json")["cases"] if "values" in case]


@pytest.mark.parametrize("case", UNIT_TESTS, ids=lambda case: case["id"])
def test_a_unit_test_of_prometheus(case: dict[str, Any]) -> None:
    sign, level = case["condition"].split()
    thresholds = {"<": below, ">": above}
    of = like_prometheus(
        thresholds[sign](float(level), of=spaced(case["eval_interval_s"])),
        hold_seconds=case["for_s"],
        keep_seconds=case["keep_firing_for_s"],
    )
    every = case["eval_interval_s"] * SECOND
    expected = "".join(WORDS[word] for word in case["expected"])
    assert states(of, case["values"], every, lookback=20) == expected


def test_the_oracles_are_all_there() -> None:
    assert len(VECTORS) == 9
    assert len(UNIT_TESTS) == 4


def _real(oracle: dict[str, Any]) -> tuple[Threshold, timedelta, list[float | None]]:
    every = timedelta(minutes=5)
    assert oracle["evaluation_interval"] == "5m"
    assert oracle["for"] == "15m"
    with (DATA / oracle["series"]).open(encoding="utf-8", newline="") as file:
        rows = {
            (datetime.fromisoformat(f"{row['timestamp']}+00:00") - START) // every: row["value"]
            for row in csv.DictReader(file)
        }
    values = [float(rows[n]) if n in rows else None for n in range(max(rows) + 1)]
    assert [n for n, value in enumerate(values) if value is None] == oracle["missing"]
    return above(oracle["threshold"], of=spaced(300)), every, values


def test_promtool_on_a_real_series_of_4040_points() -> None:
    """The only difference: what Prometheus does not see is over for it, and unknown to us."""
    oracle = load("promtool_elb_request_count_8c0756_gt40_for15m_keep0s.json")
    when, every, values = _real(oracle)
    of = like_prometheus(when, hold_seconds=900, keep_seconds=0)
    ours = states(of, values, every, lookback=9)
    pairs = enumerate(zip(ours, oracle["states"], strict=True))
    differing = {n: pair for n, pair in pairs if pair[0] != pair[1]}
    assert differing == {1788: ("p", "."), 2198: ("p", "."), 2930: ("p", ".")}
    assert set(differing) <= set(oracle["missing"])
    assert ours.count("F") > 200


def test_promtool_with_keep_firing_for_on_a_real_series_of_4034_points() -> None:
    oracle = load("promtool_ec2_cpu_utilization_825cc2_gt80_for15m_keep30m.json")
    when, every, values = _real(oracle)
    of = like_prometheus(when, hold_seconds=900, keep_seconds=1800)
    assert states(of, values, every, lookback=12) == oracle["states"]
