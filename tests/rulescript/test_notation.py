from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rulescript.promtool import disagreement, needs_promtool
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.signal import Signal, Unit
from xops_watch.errors import GapReason
from xops_watch.rulescript.notation import SAMPLES_MAX, NotationError, Sample, expand

QUEUE = SIGNAL_BY_NAME["crew.queue_depth"]
CPU = SIGNAL_BY_NAME["ecs.cpu_utilization"]
KIND = replace(QUEUE, name="database.kind", unit=Unit.STATE, states=("sqlite", "rds", "mx5"))
RELEASE = replace(QUEUE, name="release", unit=Unit.VERSION)


@pytest.mark.parametrize(
    ("text", "samples"),
    [
        ("80", (80,)),
        ("80x3", (80, 80, 80, 80)),
        ("80x0", (80,)),
        ("1+2x3", (1, 3, 5, 7)),
        ("10-1x4", (10, 9, 8, 7, 6)),
        ("1 _x3 stale", (1, None, None, None, None)),
        ("_x0 1", (1,)),
        ("  .5   2.25 1e2 ", (0.5, 2.25, 100)),
        ("70+0.1x100", tuple((700 + step) / 10 for step in range(101))),
        ("0-0x2", (0, 0, 0)),
    ],
)
def test_numbers_are_written_as_promtool_has_them(text: str, samples: tuple[Sample, ...]) -> None:
    assert expand(text, QUEUE) == samples


@pytest.mark.parametrize(
    ("text", "samples"),
    [
        ("1 !denied 2", (1, GapReason.DENIED, 2)),
        ("!throttledx3", (GapReason.THROTTLED,) * 3),
        ("!not_applicable _", (GapReason.NOT_APPLICABLE, None)),
    ],
)
def test_a_gap_is_counted_whole_like_what_is_missing(
    text: str, samples: tuple[Sample, ...]
) -> None:
    assert expand(text, QUEUE) == samples


@pytest.mark.parametrize(
    ("signal", "unit", "text", "samples"),
    [
        (CPU, "%", "57 64.5x1", (0.57, 0.645, 0.645)),
        (replace(QUEUE, unit=Unit.SECONDS), "ms", "200", (0.2,)),
        (replace(QUEUE, unit=Unit.SECONDS), "d", "2", (172_800,)),
        (replace(QUEUE, unit=Unit.BYTES), "TB", "1", (1e12,)),
        (replace(QUEUE, unit=Unit.BYTES), "GiB", "1", (2.0**30,)),
        (replace(QUEUE, unit=Unit.DOLLARS), "$", "180+20x1", (180, 200)),
        (KIND, "", "sqlitex2 rds", (0, 0, 0, 1)),
        (KIND, "", "mx5 mx5x1", (2, 2, 2)),
        (RELEASE, "", "1.4.0x1 v1.5.2", (1_004_000, 1_004_000, 1_005_002)),
    ],
)
def test_values_are_in_the_base_unit_of_the_signal(
    signal: Signal, unit: str, text: str, samples: tuple[Sample, ...]
) -> None:
    assert expand(text, signal, unit) == samples


@pytest.mark.parametrize(
    ("signal", "text", "message"),
    [
        (QUEUE, "", "holds no values"),
        (QUEUE, "_x0", "holds no values"),
        (QUEUE, "80,90", "`80,90` is not understood"),
        (QUEUE, "1+2", "`1+2` is not understood"),
        (QUEUE, "1+-2x3", "`1+-2x3` is not understood"),
        (QUEUE, "0x1F", "`0x1F` is not understood"),
        (QUEUE, "80x", "`80x` is not understood"),
        (QUEUE, "NaN", "`NaN` is not understood"),
        (QUEUE, "stalex3", "`stalex3` is not understood"),
        (QUEUE, "-1", "goes to -1, below 0, where `crew.queue_depth` never is"),
        (QUEUE, "3-1x5", "goes to -1, below 0, where `crew.queue_depth` never is"),
        (QUEUE, "1e999999999", "`1e999999999` is too large or too exact"),
        (QUEUE, "1e-300", "`1e-300` is too large or too exact"),
        (QUEUE, "0.0123456789", "`0.0123456789` is too large or too exact"),
        (QUEUE, "!broken", "`!broken` is no reason of a gap"),
        (QUEUE, "1x99999999999999999999", "stands for more than 50000 values, the most"),
        (QUEUE, "1x49999 1", "stands for more than 50000 values, the most"),
        (KIND, "oracle", "`oracle` is no state of `database.kind`"),
        (KIND, "rds+1x2", "`rds+1` is no state of `database.kind`"),
        (RELEASE, "1.4", "`1.4` is no version"),
        (RELEASE, "1.4.9999", "`1.4.9999` is no version"),
    ],
)
def test_what_is_not_understood_is_named(signal: Signal, text: str, message: str) -> None:
    with pytest.raises(NotationError) as raised:
        expand(text, signal)
    assert str(raised.value) == message


numbers = st.integers(min_value=0, max_value=800).map(lambda quarters: quarters / 4)
counts = st.integers(min_value=0, max_value=12)


@st.composite
def words(draw: st.DrawFn) -> tuple[str, list[float | None]]:
    """Return a word of the notation and what it stands for, worked out by hand."""
    kind = draw(st.sampled_from(["one", "same", "up", "down", "missing", "missed", "stale"]))
    start, step, count = draw(numbers), draw(numbers), draw(counts)
    if kind in ("missing", "stale"):
        return {"missing": "_", "stale": "stale"}[kind], [None]
    if kind == "missed":
        return f"_x{count}", [None] * count
    if kind == "one":
        return f"{start:g}", [start]
    rise = {"same": 0, "up": step, "down": -step}[kind]
    start -= min(rise, 0) * count
    sign = {"same": "", "up": f"+{step:g}", "down": f"-{step:g}"}[kind]
    return f"{start:g}{sign}x{count}", [start + rise * n for n in range(count + 1)]


series = st.lists(words(), min_size=1, max_size=6).map(
    lambda several: (
        " ".join(text for text, _ in several),
        [value for _, values in several for value in values],
    )
)
series = series.filter(lambda written: bool(written[1]))


@given(series)
def test_what_is_written_is_what_is_read(written: tuple[str, list[float | None]]) -> None:
    text, values = written
    assert list(expand(text, QUEUE)) == values


@given(st.text(alphabet="0123456789x+-_.!e staledni", max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        samples = expand(text, QUEUE)
    except NotationError:
        return
    assert len(samples) <= SAMPLES_MAX
    assert all(not isinstance(s, float) or s >= 0 for s in samples)


@needs_promtool
@settings(max_examples=10, deadline=None)
@given(several=st.lists(series, min_size=5, max_size=20))
def test_promtool_reads_the_same(
    tmp_path_factory: pytest.TempPathFactory, several: Sequence[tuple[str, list[float | None]]]
) -> None:
    expanded = [(text, [_number(s) for s in expand(text, QUEUE)]) for text, _ in several]
    assert disagreement(tmp_path_factory.mktemp("promtool"), expanded) == ""


@needs_promtool
def test_promtool_would_say_so_if_it_read_otherwise(tmp_path: Path) -> None:
    assert "FAILED" in disagreement(tmp_path, [("80x3", [80, 80, 80])])


@needs_promtool
@pytest.mark.parametrize("text", ["1+2", "80x", "stalex3", "80,90", "1+-2x3"])
def test_promtool_refuses_what_we_refuse(tmp_path: Path, text: str) -> None:
    assert disagreement(tmp_path, [(text, [])]) != ""


def _number(sample: Sample) -> float | None:
    return sample if isinstance(sample, float) else None
