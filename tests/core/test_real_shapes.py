"""Series as they really come: holes, doubles, late and shuffled points, jitter, an odd night.

The series are CloudWatch's own, from the Numenta Anomaly Benchmark (MIT; see data/README.md):
one point each five minutes, some missing.
"""

from csv import DictReader
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from random import Random

import pytest

from tests.core.play import Memory, tick
from tests.core.samples import STACK, SUBJECT, above, below, rule, rulebook
from tests.core.test_prometheus_vectors import DATA, spaced
from xops_watch.core.condition import Across
from xops_watch.core.datapoints import Datapoints
from xops_watch.core.evaluate import evaluate
from xops_watch.core.measure import Aggregate, Statistic
from xops_watch.core.reading import Gap, History, Reading, Series
from xops_watch.core.rule import Rule
from xops_watch.core.trigger import Status
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import Verdict, judge
from xops_watch.errors import GapReason

HOUR = timedelta(hours=1)
FIVE = timedelta(minutes=5)
REQUESTS = replace(spaced(300), name="requests", grace=2 * FIVE)
BUSY = rule(above(60, of=REQUESTS, datapoints="3/4"), hold=10)


def taken(name: str, first: int, last: int, subject: str = SUBJECT) -> list[Reading]:
    """Return a piece of a real series, its naive stamps read as UTC."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        rows = list(DictReader(file))[first:last]
    return [
        Reading(
            signal=REQUESTS.name,
            subject=subject,
            value=float(row["value"]),
            taken_at=datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC),
        )
        for row in rows
    ]


ELB = taken("elb_request_count_8c0756.csv", 100, 220)
NIGHT = taken("ec2_disk_write_bytes_1ef3de_squeezed_hour.csv", 0, 60)


def played(of: Rule, arriving: list[tuple[datetime, list[Reading]]]) -> list[tuple[Status, bool]]:
    """Return status and blindness after each tick."""
    memory, states = Memory(), list[tuple[Status, bool]]()
    for now, seen in arriving:
        (trigger,) = tick(memory, of, seen, now=now).triggers
        states.append((trigger.status, trigger.blind))
    return states


def known(readings: list[Reading]) -> History:
    """Return what a store makes of readings in any order: the newest value of an instant."""
    memory = Memory()
    memory.record(readings)
    return memory.history({REQUESTS.name: timedelta(days=99)}, now=readings[0].taken_at)


def judged(of: Rule, readings: list[Reading], now: datetime) -> Verdict:
    return judge(of, SUBJECT, known(readings), now=now)


def test_points_off_the_grid_belong_to_their_period() -> None:
    """Two neighbours are less than half a period nearer or further than they should be."""
    random = Random(1)  # noqa: S311 - a seed that is written down, no secret
    windowed = rule(above(60, of=REQUESTS, datapoints="3/4"))
    off = [
        replace(one, taken_at=one.taken_at + timedelta(seconds=random.randint(-70, 70)))
        for one in ELB
    ]
    ends = [one.taken_at + timedelta(seconds=80) for one in ELB]
    lines = [
        played(windowed, [(end, [one]) for end, one in zip(ends, readings, strict=True)])
        for readings in (ELB, off)
    ]
    assert lines[0] == lines[1]
    assert {status for status, _ in lines[0]} == set(Status)


def test_a_missing_point_is_noticed_and_never_a_value() -> None:
    """Between 11:29 and 11:39 one point is missing from the series itself."""
    (hole,) = [(a, b) for a, b in pairwise(ELB) if b.taken_at - a.taken_at > FIVE]
    window = rule(above(40, of=REQUESTS, datapoints="2/2"))
    verdict = judged(window, ELB, now=hole[1].taken_at)
    assert (hole[1].value, verdict.condition) == (79, Truth.UNKNOWN)
    assert verdict.evidence.endswith("1 of the last 2 points breach, 1 missing")


@pytest.mark.parametrize("seed", range(5))
def test_late_doubled_and_shuffled_points_say_what_they_said_in_order(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a seed that is written down, no secret
    shuffled = ELB + random.sample(ELB, 40)
    random.shuffle(shuffled)
    for end in range(20, len(ELB), 7):
        now = ELB[end].taken_at
        assert judged(BUSY, shuffled, now) == judged(BUSY, ELB, now)


def test_what_comes_late_is_judged_when_it_comes_as_if_it_had_been_there() -> None:
    """Every third point is 12 minutes late; once the last one is in, all is as it would be."""
    late = timedelta(minutes=12)
    arriving: dict[datetime, list[Reading]] = {one.taken_at: [] for one in ELB}
    for place, one in enumerate(ELB[:-6]):
        after = one.taken_at + (late if place % 3 == 1 else timedelta())
        arriving[min(at for at in arriving if at >= after)].append(one)
    for one in ELB[-6:]:
        arriving[one.taken_at].append(one)
    delayed = played(BUSY, sorted(arriving.items()))
    timely = played(BUSY, [(one.taken_at, [one]) for one in ELB])
    assert delayed[-1] == timely[-1]
    assert {status for status, _ in timely} == set(Status)


def test_the_squeezed_hour_is_an_hour_of_silence_and_one_point() -> None:
    """When clocks go forward, naive stamps of a whole hour come out as one: 12 points at 03:00."""
    stamps = [one.taken_at for one in NIGHT]
    three = datetime(2014, 3, 9, 3, tzinfo=UTC)
    assert stamps.count(three) == 12
    assert three - max(stamp for stamp in stamps if stamp < three) == HOUR + timedelta(minutes=1)
    seen = known(NIGHT).of(REQUESTS.name, SUBJECT).readings
    assert len(seen) == len(NIGHT) - 11
    counting = Aggregate(statistic=Statistic.COUNT, over=HOUR)
    counted = judged(rule(replace(above(0, of=REQUESTS), aggregate=counting)), NIGHT, three)
    assert counted.value == 1


def test_the_squeezed_hour_breaks_a_hold_and_blinds_until_it_is_over() -> None:
    """The silence may have been anything, although values before and after are the same."""
    idle = rule(below(1, of=REQUESTS), hold=30)
    three = datetime(2014, 3, 9, 3, tzinfo=UTC)
    assert judged(idle, NIGHT, three - 59 * timedelta(minutes=1)).held
    assert judged(idle, NIGHT, three - timedelta(minutes=1)).condition is Truth.UNKNOWN
    verdict = judged(idle, NIGHT, three)
    assert (verdict.condition, verdict.held, verdict.since) == (Truth.TRUE, False, three)
    assert judged(idle, NIGHT, three + timedelta(minutes=34)).held


def test_nothing_written_is_a_value_and_not_a_missing_one() -> None:
    """The disk wrote 0 bytes all night: each 0 is a point, below the line and present."""
    window = Datapoints(needed=12, of=12)
    idle = rule(replace(below(1, of=REQUESTS), datapoints=window))
    night = judged(idle, NIGHT, NIGHT[22].taken_at)
    assert (night.condition, night.value) == (Truth.TRUE, 0)
    assert night.evidence == "requests 0 (< 1), 12 of the last 12 points breach"
    busy = rule(replace(above(0, of=REQUESTS), datapoints=window))
    assert judged(busy, NIGHT, NIGHT[22].taken_at).condition is Truth.FALSE


@pytest.mark.parametrize("restart", [1, 30, 60, 119])
def test_a_counter_that_begins_anew_has_grown_by_what_it_counted(restart: int) -> None:
    """The requests as a counter since the process began, which began twice."""
    total = [*accumulate(one.value for one in ELB[:restart])]
    total += accumulate(one.value for one in ELB[restart:])
    counter = [replace(one, value=value) for one, value in zip(ELB, total, strict=True)]
    over = ELB[-1].taken_at - ELB[0].taken_at + FIVE
    growth = Aggregate(statistic=Statistic.DELTA, over=over)
    grown = judged(
        rule(replace(above(0, of=REQUESTS), aggregate=growth)), counter, ELB[-1].taken_at
    )
    counted = sum(one.value for one in ELB[1:])
    # What the restart hides is what a first value above the last one would hide: nothing here.
    hidden = counter[restart - 1].value if total[restart] >= total[restart - 1] else 0
    assert grown.value == counted - hidden
    speed = replace(growth, statistic=Statistic.RATE)
    rate = judged(rule(replace(above(0, of=REQUESTS), aggregate=speed)), counter, ELB[-1].taken_at)
    assert rate.value == pytest.approx((counted - hidden) / (over - FIVE).total_seconds())


def test_a_subject_that_appears_is_judged_from_its_first_reading() -> None:
    memory, of = Memory(), rule(above(0, of=REQUESTS), hold=10)
    first = [replace(one, subject="xops/old") for one in ELB[:9]]
    second = [replace(one, subject="xops/new") for one in ELB[5:9]]
    lines: dict[str, str] = {}
    marks = {Status.PENDING: "p", Status.FIRING: "F", Status.INACTIVE: "."}
    for old in first:
        seen = [old, *(one for one in second if one.taken_at == old.taken_at)]
        for trigger in tick(memory, of, seen, now=old.taken_at).triggers:
            lines[trigger.subject] = lines.get(trigger.subject, "") + marks[trigger.status]
    assert lines == {"xops/old": "ppFFFFFFF", "xops/new": "ppFF"}


def test_a_total_forgets_who_was_deleted_and_waits_for_who_is_only_silent() -> None:
    old = taken("elb_request_count_8c0756.csv", 100, 110, "xops/old")
    new = taken("elb_request_count_8c0756.csv", 100, 120, "xops/new")
    now = new[-1].taken_at
    total = rule(replace(below(1000, of=REQUESTS), across=Across.SUM))
    gone = Gap(
        signal=REQUESTS.name,
        subject="xops/old",
        reason=GapReason.GONE,
        detail="the service was deleted",
        noticed_at=old[-1].taken_at + FIVE,
    )
    series = {
        (REQUESTS.name, "xops/old"): Series(readings=tuple(old)),
        (REQUESTS.name, "xops/new"): Series(readings=tuple(new)),
    }
    silent = evaluate(rulebook(total), History(series=series), {}, stack=STACK, now=now)
    series[REQUESTS.name, "xops/old"] = Series(readings=tuple(old), gap=gone)
    deleted = evaluate(rulebook(total), History(series=series), {}, stack=STACK, now=now)
    conditions = [
        verdict.condition for one in (silent, deleted) for verdict in one.verdicts.values()
    ]
    assert conditions == [Truth.UNKNOWN, Truth.TRUE]
