"""What the store keeps in memory is what reading the file again gives, after whatever happened."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.samples import CPU, PENDING, after, gap, reading
from xops_watch.core.reading import Observation
from xops_watch.errors import GapReason, StoreError
from xops_watch.store.sqlite import SqliteStore

SIGNALS = (CPU, PENDING)
SUBJECTS = ("xops/api", "xops/worker")
UNWRITABLE = reading(subject="half a pair: \ud800")

# Minutes around now, early and late: most come in order, some twice, some in the future.
minutes = st.sampled_from((0, 0, 0, 0, 1, 2, -1, -2, -5, -9, -30))
readings = st.builds(
    lambda signal, subject, late, value, told: ("reading", signal, subject, late, value, told),
    st.sampled_from(SIGNALS),
    st.sampled_from(SUBJECTS),
    minutes,
    st.sampled_from((0.0, -0.0, 1.0, 2.5)),
    st.none() | minutes,
)
gaps = st.builds(
    lambda signal, subject, late, reason: ("gap", signal, subject, late, reason, None),
    st.sampled_from(SIGNALS),
    st.none() | st.sampled_from(SUBJECTS),
    minutes,
    st.sampled_from((GapReason.THROTTLED, GapReason.GONE, GapReason.NOT_APPLICABLE)),
)
seen = st.lists(readings | readings | gaps, min_size=1, max_size=4)
needs = st.dictionaries(
    st.sampled_from(SIGNALS), st.sampled_from((1, 3, 10, 60)), min_size=1, max_size=2
)
steps = st.lists(
    st.tuples(st.sampled_from(("record", "record", "record", "other", "failing")), seen)
    | st.tuples(st.just("prune"), st.tuples(st.sampled_from((0, 2, 8, 20)), needs))
    | st.tuples(st.sampled_from(("again", "back")), st.just(())),
    min_size=1,
    max_size=14,
)


def told(parts: Sequence[tuple], now: int) -> list[Observation]:  # type: ignore[type-arg]  # as drawn above
    """Return observations that are so many minutes late, or early."""
    observations: list[Observation] = []
    for kind, signal, subject, late, value, said in parts:
        at = after(minutes=now + late)
        if kind == "gap":
            observations.append(gap(at=at, signal=signal, subject=subject, reason=value))
            continue
        seen_at = None if said is None else after(minutes=now + said)
        of = reading(value, at=at, signal=signal, subject=subject)
        observations.append(replace(of, seen_at=seen_at))
    return observations


def asked(of: Mapping[str, int]) -> dict[str, timedelta]:
    return {signal: timedelta(minutes=duration) for signal, duration in of.items()}


@given(steps, st.lists(needs, min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
def test_memory_and_file_tell_the_same_history(
    script: list[tuple[str, tuple]],  # type: ignore[type-arg]  # as drawn above
    questions: list[dict[str, int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        store, now = SqliteStore.open(path), 0
        for number, (doing, what) in enumerate(script):
            now += -2 if doing == "back" else 1
            match doing:
                case "record":
                    store.record(told(what, now))
                case "other":
                    with closing(SqliteStore.open(path)) as other:
                        other.record(told(what, now))
                case "failing":
                    with suppress(StoreError):
                        store.record([*told(what, now), UNWRITABLE])
                case "prune":
                    kept = {s: after(minutes=now - m) for s, m in what[1].items()}
                    store.prune(before=after(minutes=now - what[0]), needed=kept)
                case "again":
                    store.close()
                    store = SqliteStore.open(path)
            of = asked(questions[number % len(questions)])
            with closing(SqliteStore.open(path)) as fresh:
                there = fresh.history(of, now=after(minutes=now))
            assert store.history(of, now=after(minutes=now)) == there
        store.close()


def test_a_write_that_failed_leaves_nothing_in_memory(tmp_path: Path) -> None:
    with closing(SqliteStore.open(tmp_path / "state.db")) as store:
        store.record([reading(0.1, at=after(minutes=-1))])
        store.history({CPU: timedelta(minutes=5)}, now=after())
        with suppress(StoreError):
            store.record([reading(0.9), UNWRITABLE])
        left = store.history({CPU: timedelta(minutes=5)}, now=after()).of(CPU, "xops/api")
    assert [one.value for one in left.readings] == [0.1]


def test_what_another_process_wrote_is_seen_at_once(tmp_path: Path) -> None:
    path, five = tmp_path / "state.db", {CPU: timedelta(minutes=5)}
    with closing(SqliteStore.open(path)) as store, closing(SqliteStore.open(path)) as other:
        store.record([reading(0.1, at=after(minutes=-1))])
        assert len(store.history(five, now=after()).of(CPU, "xops/api").readings) == 1
        other.record([reading(0.9)])
        read = store.history(five, now=after()).of(CPU, "xops/api").readings
    assert [one.value for one in read] == [0.1, 0.9]
