"""The states of a trigger are those that the real promtool computes for the same series."""

import json
from csv import DictReader
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.core.promtool import Case, disagreement, needs_promtool
from tests.core.samples import above
from tests.core.test_prometheus_vectors import DATA, like_prometheus, spaced, states
from xops_watch.core.quantity import parse_duration

MINUTES = 90
SERIES = 150
# Seconds, around and between the minutes of evaluation.
HOLDS = (0, 0, 1, 30, 59, 60, 61, 90, 120, 180, 300, 600)
KEEPS = (0, 0, 1, 30, 60, 61, 120, 300, 900)
# Levels around the threshold that are over it, exactly it, under it, and nothing at all.
LEVELS = (80.001, 95.0, 100.0, 80.0, 79.999, 50.0, 0.0, -3.5)


def made_up(random: Random) -> list[float]:
    """Return stretches that are over the line or not, most of them short."""
    values: list[float] = []
    while len(values) < MINUTES:
        values += [random.choice(LEVELS)] * random.choice((1, 1, 2, 3, 5, 6, 11))
    return values[:MINUTES]


def real(name: str, random: Random) -> list[float]:
    """Return a piece of a real series, moved so that it crosses 80."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()[1:]
    begin = random.randrange(len(lines) - MINUTES)
    piece = [float(line.split(",")[1]) for line in lines[begin : begin + MINUTES]]
    middle = sorted(piece)[MINUTES * 2 // 3]
    return [round(value - middle + 80, 3) for value in piece]


def case(values: list[float], hold_seconds: int, keep_seconds: int) -> Case:
    of = like_prometheus(
        above(80, of=spaced(60)), hold_seconds=hold_seconds, keep_seconds=keep_seconds
    )
    line = states(of, [*values], timedelta(minutes=1), lookback=40)
    return Case(values=values, hold_seconds=hold_seconds, keep_seconds=keep_seconds, states=line)


@needs_promtool
@pytest.mark.parametrize("seed", range(2))
def test_promtool_agrees_on_series_made_up_at_random(tmp_path: Path, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a seed that is written down, no secret
    cases = [
        case(made_up(random), random.choice(HOLDS), random.choice(KEEPS)) for _ in range(SERIES)
    ]
    assert {mark for one in cases for mark in one.states} == set(".pF")
    assert disagreement(tmp_path, cases) == ""


@needs_promtool
def test_promtool_agrees_on_pieces_of_real_series(tmp_path: Path) -> None:
    random = Random(7)  # noqa: S311 - a seed that is written down, no secret
    names = sorted(path.name for path in DATA.glob("*.csv") if "squeezed" not in path.name)
    cases = [
        case(real(name, random), random.choice(HOLDS), random.choice(KEEPS))
        for name in names
        for _ in range(20)
    ]
    assert len(cases) == 60
    assert sum(one.states.count("F") for one in cases) > 100
    assert disagreement(tmp_path, cases) == ""


WHOLE = Path(__file__).parents[3] / "shared" / "data"
COMPUTED = sorted(DATA.glob("promtool_*_for*_keep*.json"))
COMPUTED += sorted((WHOLE / "promtool").glob("*_for*_keep*.json"))


@pytest.mark.parametrize("oracle", COMPUTED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_states_computed_by_promtool_over_a_real_series(oracle: Path) -> None:
    """Copies lie beside; the originals are read as well where they are to be had.

    The only difference there may be: what Prometheus does not see is over for it, and unknown
    to us.
    """
    said = json.loads(oracle.read_text(encoding="utf-8"))
    folder = DATA if oracle.parent == DATA else WHOLE / "nab"
    with (folder / said["series"]).open(encoding="utf-8", newline="") as file:
        seen = {datetime.fromisoformat(r["timestamp"]): float(r["value"]) for r in DictReader(file)}
    start, every = datetime.fromisoformat(said["start"]), timedelta(minutes=5)
    values = [seen.get(start + n * every) for n in range(len(said["states"]))]
    assert [n for n, value in enumerate(values) if value is None] == said["missing"]
    assert parse_duration(said["evaluation_interval"]) == every
    hold, keep = parse_duration(said["for"]), parse_duration(said["keep_firing_for"])
    of = like_prometheus(
        above(said["threshold"], of=spaced(300)),
        hold_seconds=hold.total_seconds(),
        keep_seconds=keep.total_seconds(),
    )
    ours = states(of, values, every, lookback=(hold + keep) // every + 9)
    differing = {
        n for n, pair in enumerate(zip(ours, said["states"], strict=True)) if len({*pair}) > 1
    }
    assert differing <= set(said["missing"])
    assert {(ours[n], said["states"][n]) for n in differing} <= {("p", ".")}


@needs_promtool
def test_promtool_tells_a_state_that_is_wrong(tmp_path: Path) -> None:
    """What agrees with everything would prove nothing."""
    right = case([90.0] * 4, 60, 0)
    assert right.states == "pFFF"
    assert disagreement(tmp_path, [right]) == ""
    said = disagreement(tmp_path, [replace(right, states="ppFF")])
    assert 'got: {__name__="ALERTS", alertname="a0", alertstate="firing", n="0"}' in said
