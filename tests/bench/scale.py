"""How the time of a tick grows with rules, subjects and history: store, evaluation, commit.

All minute points of a week lie in the file. A tick writes the newest point of every series,
reads the windows, judges every rule on every subject, and commits. The first tick of a state is
that of a daemon that has just started: it reads the file, and looks back over all of it.
"""

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from tests.bench.row import Row, percentile
from tests.core.samples import STACK, above, below, rule, rulebook, signal
from xops_watch.core.condition import Across, AllOf, AnyOf, Condition
from xops_watch.core.datapoints import Datapoints, Missing
from xops_watch.core.evaluate import TriggerKey, evaluate
from xops_watch.core.measure import Aggregate, Statistic
from xops_watch.core.reading import Reading
from xops_watch.core.rule import Rule, Rulebook
from xops_watch.core.signal import Signal
from xops_watch.core.trigger import Status, Trigger, new_trigger
from xops_watch.store.codec import to_micros
from xops_watch.store.sqlite import SqliteStore

MINUTE = timedelta(minutes=1)
HOUR, DAY, WEEK = 60 * MINUTE, timedelta(days=1), timedelta(days=7)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SIGNALS = tuple(signal(f"load_{number}", grace=5) for number in range(3))
VALUE = 70.0
TICKS = 5
STATES = ("quiet", "all breaching", "all clearing")

# Rules, subjects, history: one grows at a time, the others are as large as they get.
CASES = (
    (15, 200, WEEK),
    (30, 200, WEEK),
    (60, 50, WEEK),
    (60, 100, WEEK),
    (60, 200, HOUR),
    (60, 200, DAY),
    (60, 200, WEEK),
)

_FILL = """
WITH RECURSIVE minute(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM minute WHERE n < ?)
INSERT INTO readings (series, taken_at, value)
SELECT series.id, ? - 60000000 * minute.n, ? + minute.n % 7 * 0.1
FROM series CROSS JOIN minute ORDER BY series.id, minute.n DESC
"""


def measure_scale() -> Iterator[Row]:
    """Yield a row for each case, with the times of the three states and the memory after them."""
    for rules, subjects, history in CASES:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "state.db"
            _fill(path, subjects, history)
            yield _row(path, rules, subjects, history)


def _row(path: Path, rules: int, subjects: int, history: timedelta) -> Row:
    clock, told = START, []
    for state in STATES:
        with closing(SqliteStore.open(path)) as store:
            scene = _Scene(store=store, book=_rulebook(rules, state), subjects=subjects)
            times = scene.play(clock, firing=state == "all clearing")
            memory = psutil.Process().memory_info().rss / 2**20
        clock += (TICKS + 1) * MINUTE
        steady = percentile(times[1:], 0.5) * 1000
        told.append(f"{state} {steady:.0f} ms (first {times[0]:.1f} s)")
    days = history / DAY
    what = f"tick, {rules} rules x {subjects} subjects, {len(SIGNALS)} signals, {days:.2g} d"
    return Row(what=what, measured=f"{', '.join(told)}; RSS {memory:.0f} MiB", aim="<= 300 ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    store: SqliteStore
    book: Rulebook
    subjects: int

    def play(self, start: datetime, *, firing: bool) -> list[float]:
        """Return the seconds of each tick; the first reads the file."""
        times = []
        for tick in range(TICKS + 1):
            now = start + tick * MINUTE
            readings = [
                Reading(signal=one.name, subject=f"xops/s{number}", value=VALUE, taken_at=now)
                for one in SIGNALS
                for number in range(self.subjects)
            ]
            began = time.perf_counter()
            self.store.record(readings)
            history = self.store.history(self.book.needs(), now=now)
            stored = self.store.triggers()
            triggers = self._firing(now) if firing and tick == 0 else stored
            evaluation = evaluate(self.book, history, triggers, stack=STACK, now=now)
            self.store.commit(evaluation)
            times.append(time.perf_counter() - began)
        return times

    def _firing(self, now: datetime) -> Mapping[TriggerKey, Trigger]:
        triggers = [
            replace(new_trigger(rule.id, f"xops/s{n}", now=now), status=Status.FIRING)
            for rule in self.book.rules
            for n in range(self.subjects)
            if rule.primary.across is Across.EACH
        ]
        return {trigger.key: trigger for trigger in triggers}


def _rulebook(rules: int, state: str) -> Rulebook:
    # The values stay the same: quiet and clearing are below the level, breaching is above.
    level = VALUE - 20 if state == "all breaching" else VALUE + 10
    return rulebook(*(_rule(number, level, state) for number in range(rules)))


def _rule(number: int, level: float, state: str) -> Rule:
    """Return one of each kind in turn."""
    of, other = SIGNALS[number % 3], SIGNALS[(number + 1) % 3]
    level += number / 100  # no two rules ask the same
    plain = above(level, of=of)
    points = replace(plain, datapoints=Datapoints(needed=12, of=15))
    conditions: tuple[Condition, ...] = (
        plain,
        points,
        replace(plain, aggregate=_mean(of, HOUR)),
        AllOf(parts=(plain, above(level, of=other))),
        AnyOf(parts=(points, above(level, of=other))),
        replace(points, missing=Missing.BREACHING),
        replace(plain, across=Across.MAX),
        plain,
    )
    kind = number % len(conditions)
    hold = 7 * 24 * 60 if kind == len(conditions) - 1 else 15
    # Clears when below for a week and more: never in this bench, and never given up.
    clear = (below(VALUE + 5 + number / 100, of=of), 8 * 24 * 60 - hold)
    return rule(conditions[kind], hold=hold, clear=clear, name=f"{state} {number}")


def _mean(of: Signal, over: timedelta) -> Aggregate:
    return Aggregate(statistic=Statistic.AVG, over=over, samples=over // of.period // 2)


def _fill(path: Path, subjects: int, history: timedelta) -> None:
    """Write minute points up to the minute before the start."""
    with closing(SqliteStore.open(path)) as store:
        store.record(
            [
                Reading(
                    signal=one.name,
                    subject=f"xops/s{number}",
                    value=VALUE,
                    taken_at=START - history,
                )
                for one in SIGNALS
                for number in range(subjects)
            ]
        )
        minutes = history // MINUTE - 1
        store._db.execute("BEGIN")
        store._db.execute(_FILL, (minutes, to_micros(START), VALUE))
        store._db.execute("COMMIT")
