"""Signals, rules and readings that the tests of the core share; minutes count from noon."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from xops_watch.core.condition import Comparison, Condition, Threshold, thresholds
from xops_watch.core.datapoints import Datapoints
from xops_watch.core.evolution import Classification, Evolution, Stage
from xops_watch.core.notice import Stack
from xops_watch.core.reading import Gap, History, Reading, Series
from xops_watch.core.rule import Clear, InForce, Rule, Rulebook, Severity, ThresholdSource
from xops_watch.core.signal import Signal, Unit
from xops_watch.errors import GapReason

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SUBJECT = "xops/app"
STACK = Stack(name="xops", runbooks_url="https://runbooks.example/")


def signal(name: str, *, period: float = 1, grace: float = 2) -> Signal:
    """Return a signal without a unit; `period` and `grace` in minutes."""
    return Signal(
        name=name,
        unit=Unit.COUNT,
        subject_kind="service",
        source="script",
        period=period * MINUTE,
        grace=grace * MINUTE,
        help="Played by a script",
    )


LOAD = signal("load")
QUEUE = signal("queue")
SLOW = signal("slow", grace=10)


def leaf(
    comparison: Comparison, level: float, of: Signal = LOAD, datapoints: str | None = None
) -> Threshold:
    """Return a threshold; `datapoints` as rules write them: `12/15`."""
    needed, _, periods = (datapoints or "").partition("/")
    return Threshold(
        signal=of,
        comparison=comparison,
        value=level,
        text=f"{level:g}",
        datapoints=Datapoints(needed=int(needed), of=int(periods)) if datapoints else None,
    )


def above(level: float, of: Signal = LOAD, datapoints: str | None = None) -> Threshold:
    """Return a strict upper threshold."""
    return leaf(Comparison.ABOVE, level, of, datapoints)


def below(level: float, of: Signal = LOAD, datapoints: str | None = None) -> Threshold:
    """Return a strict lower threshold."""
    return leaf(Comparison.BELOW, level, of, datapoints)


def rule(
    when: Condition,
    *,
    hold: float = 0,
    clear: tuple[Condition, float] | None = None,
    name: str = "rule",
    evolution: str = "step",
) -> Rule:
    """Return a rule; `hold`, and the hold in `clear`, in minutes."""
    return Rule(
        id=name,
        title="Load above 80",
        rows=("A.trigger.2",),
        quote="load >80",
        layers=("L5", "L6"),
        phase="BC1 PEAK",
        severity=Severity.WARNING,
        when=when,
        hold=hold * MINUTE,
        clear=Clear(when=clear[0], hold=clear[1] * MINUTE) if clear else None,
        evolution=evolution,
        threshold_source=ThresholdSource.DOCUMENTED,
        proposed=("hold",),
    )


def evolution(name: str = "step") -> Evolution:
    """Return an evolution of the only stage."""
    return Evolution(
        id=name,
        title="Scale to 6 replicas",
        component="Compute",
        classification=Classification.SERVICE_ADDITION,
        lead_time_source="proposed",
        classification_source="proposed",
        phase="BC1 PEAK",
        how="Terraform variables",
        stage="peak",
        lead_time=timedelta(days=2),
        first_steps=("look at L4 first", "raise the minimum"),
    )


STAGE = Stage(
    id="peak",
    title="BC1 PEAK",
    users="<50",
    services="2",
    monthly_cost_dollars=380.0,
    saas_ratio=5.3,
    row="A.cost.BC1PEAK",
)


def rulebook(*rules: Rule, evolutions: Sequence[str] = ("step",)) -> Rulebook:
    """Return a rulebook with one stage."""
    return Rulebook(
        rules=rules,
        evolutions={name: evolution(name) for name in evolutions},
        stages={STAGE.id: STAGE},
        digest="digest",
    )


def in_force(book: Rulebook) -> InForce:
    """Return a rulebook that was read at noon."""
    return InForce(rulebook=book, loaded_at=NOON)


def series(
    of: Signal, values: Mapping[float, float], subject: str = SUBJECT, gap: Gap | None = None
) -> dict[tuple[str, str], Series]:
    """Return one series of values by minutes after noon, in the order of time."""
    readings = tuple(
        reading(of, value, minutes, subject) for minutes, value in sorted(values.items())
    )
    return {(of.name, subject): Series(readings=readings, gap=gap)}


def history(*parts: Mapping[tuple[str, str], Series]) -> History:
    """Return the series of all parts."""
    return History(series={key: one for part in parts for key, one in part.items()})


def reading(of: Signal, value: float, minutes: float, subject: str = SUBJECT) -> Reading:
    """Return a reading taken so many minutes after noon."""
    return Reading(signal=of.name, subject=subject, value=value, taken_at=NOON + minutes * MINUTE)


def crosses(points: Sequence[str]) -> dict[float, float]:
    """Return what CloudWatch writes as `0X-`: below 80, above it, missing; one a minute."""
    levels = {"0": 50.0, "X": 81.0}
    return {float(n): levels[point] for n, point in enumerate(points) if point != "-"}


def gap(of: Signal, reason: GapReason, minutes: float = 0, subject: str | None = SUBJECT) -> Gap:
    """Return a gap noticed so many minutes after noon."""
    return Gap(
        signal=of.name,
        subject=subject,
        reason=reason,
        detail=f"{of.name} is {reason}",
        noticed_at=NOON + minutes * MINUTE,
    )


def leaves_of(of: Rule) -> list[Threshold]:
    """Return every threshold of a rule, in `when` and in `clear`."""
    return [*thresholds(of.when), *(thresholds(of.clear.when) if of.clear else ())]
