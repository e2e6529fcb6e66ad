"""Snapshots for the exporter's tests, made by the core's own functions from made histories."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from xops_watch.core.advise import AdviceState
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.condition import Comparison, Condition, Threshold
from xops_watch.core.datapoints import Datapoints
from xops_watch.core.decision import Answer, Decision, Ground
from xops_watch.core.evaluate import evaluate
from xops_watch.core.evolution import Classification, Evolution, Stage
from xops_watch.core.notice import Stack
from xops_watch.core.quantity import parse_quantity
from xops_watch.core.reading import Gap, History, Reading, Series
from xops_watch.core.rule import InForce, Rule, Rulebook, Severity, ThresholdSource
from xops_watch.core.signal import Signal
from xops_watch.core.snapshot import Snapshot, SourceReport, compose
from xops_watch.errors import GapReason

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STACK = Stack(name="ai-portal", runbooks_url="https://runbooks.example/")
DOLLARS = {"bc1_prod": 180.0, "bc1_peak": 380.0}


def threshold(
    signal: str,
    comparison: Comparison,
    text: str,
    datapoints: Datapoints | None = None,
) -> Threshold:
    return Threshold(
        signal=SIGNAL_BY_NAME[signal],
        comparison=comparison,
        value=parse_quantity(text).value,
        text=text,
        datapoints=datapoints,
    )


CPU_HIGH = threshold("ecs.cpu_utilization", Comparison.ABOVE, "80%", Datapoints(needed=3, of=5))
QUEUE_LONG = threshold("crew.queue_depth", Comparison.ABOVE, "5")


def rule(
    rule_id: str,
    when: Condition,
    **changes: Any,  # noqa: ANN401 - a test changes any field
) -> Rule:
    plain = Rule(
        id=rule_id,
        title=f"Title of {rule_id}",
        rows=("A.trigger.2",),
        quote="ECS CPU above 80 % sustained",
        layers=("L5", "L6"),
        phase="BC1 PEAK",
        severity=Severity.WARNING,
        when=when,
        hold=timedelta(),
        clear=None,
        evolution="scale-out",
        threshold_source=ThresholdSource.DOCUMENTED,
        proposed=("datapoints",),
    )
    return replace(plain, **changes)


def evolution(
    evolution_id: str,
    **changes: Any,  # noqa: ANN401 - a test changes any field
) -> Evolution:
    plain = Evolution(
        id=evolution_id,
        title=f"Title of {evolution_id}",
        component="Compute",
        classification=Classification.CONFIG_CHANGE,
        lead_time_source="proposed",
        classification_source="proposed",
        phase="BC1 PEAK",
        how="Raise min_capacity and max_capacity in Terraform",
        stage="bc1_peak",
        lead_time=timedelta(days=1),
        first_steps=("check the guard",),
    )
    return replace(plain, **changes)


def stage(stage_id: str) -> Stage:
    return Stage(
        id=stage_id,
        title=stage_id.replace("_", " ").upper(),
        users="<50",
        services="2",
        monthly_cost_dollars=DOLLARS[stage_id],
        saas_ratio=5.3,
        row="A.cost.BC1",
    )


def rulebook(
    rules: Sequence[Rule] = (), evolutions: Sequence[Evolution] = (evolution("scale-out"),)
) -> Rulebook:
    return Rulebook(
        rules=tuple(rules) or (rule("ecs-cpu-sustained", CPU_HIGH), rule("crew-queue", QUEUE_LONG)),
        evolutions={one.id: one for one in evolutions},
        stages={stage_id: stage(stage_id) for stage_id in DOLLARS},
        digest="0123456789abcdef" * 4,
    )


def series(
    signal: str,
    subject: str,
    values: Sequence[float],
    *,
    end: datetime = NOW,
    gap: GapReason | None = None,
    detail: str = "",
) -> dict[tuple[str, str], Series]:
    """Values a minute apart, the last one at `end`; a gap noticed after them."""
    last = len(values) - 1
    readings = tuple(
        Reading(signal=signal, subject=subject, value=value, taken_at=end - (last - index) * MINUTE)
        for index, value in enumerate(values)
    )
    missing = (
        Gap(signal=signal, subject=subject, reason=gap, detail=detail, noticed_at=NOW)
        if gap
        else None
    )
    return {(signal, subject): Series(readings=readings, gap=missing)}


def source(name: str, *, up: bool = True, detail: str = "") -> SourceReport:
    return SourceReport(
        source=name,
        up=up,
        last_success=NOW - MINUTE if up else None,
        duration_seconds=0.25,
        detail=detail,
    )


def snapshot(
    *histories: Mapping[tuple[str, str], Series],
    book: Rulebook | None = None,
    sources: Iterable[SourceReport] = (source("ecs"), source("cloudwatch", up=False)),
    now: datetime = NOW,
    earlier: datetime | None = None,
    stack: Stack = STACK,
) -> Snapshot:
    """Evaluate and compose, after a first evaluation of the same readings at `earlier`."""
    book = book or rulebook()
    history = History(series={key: one for part in histories for key, one in part.items()})
    triggers = {}
    if earlier is not None:
        first = evaluate(book, history, {}, stack=stack, now=earlier)
        triggers = {trigger.key: trigger for trigger in first.triggers}
    evaluation = evaluate(book, history, triggers, stack=stack, now=now)
    return compose(
        evaluation,
        history,
        tuple(sources),
        InForce(rulebook=book, loaded_at=now),
        stack=stack.name,
        duration_seconds=0.125,
    )


ANSWER = Decision(
    evolution="scale-l5-l6-to-6-replicas",
    answer=Answer.DEFERRED,
    who="<b>board</b>",
    why="after the exams",
    at=NOW - timedelta(hours=2),
    until=NOW + timedelta(days=1),
    grounds=(Ground(rule="ecs-cpu-sustained", subject="xops/api", value=0.9, evidence="90%"),),
)


def answered() -> Snapshot:
    """Something fires, and somebody has answered."""
    scene = snapshot(series("ecs.cpu_utilization", "xops/open-webui", [0.9] * 20), earlier=NOW)
    first, *others = sorted(scene.advice, key=lambda one: not one.because)
    advice = replace(first, state=AdviceState.DEFERRED, decision=ANSWER)
    return replace(scene, advice=(advice, *others))


def usual() -> Snapshot:
    """One of everything: firing, pending, inactive, blind; seen, stale, denied."""
    later = NOW - 30 * MINUTE
    return snapshot(
        series("ecs.cpu_utilization", "xops/open-webui", [0.91, 0.92, 0.93, 0.94, 0.9125]),
        series("ecs.cpu_utilization", "xops/fastapi", [0.2, 0.3, 0.4, 0.5, 0.81]),
        series("ecs.cpu_utilization", "xops/chroma", [0.2] * 5),
        series("ecs.cpu_utilization", "xops/litellm", [0.9] * 5, end=later),
        series(
            "crew.queue_depth",
            "xops/crew",
            [7.0, 8.0],
            gap=GapReason.DENIED,
            detail="AccessDeniedException: not authorized to perform ecs:DescribeServices",
        ),
        series("ecs.tasks_running", "xops/open-webui", [2.0]),
        earlier=later,
    )


def crowd(rules: int, services: int) -> Snapshot:
    """Every rule on every service."""
    book = rulebook(
        [
            rule(f"ecs-cpu-sustained-{number}", CPU_HIGH if number % 2 else QUEUE_LONG)
            for number in range(rules)
        ]
    )
    names = [f"xops-production/service-{number}" for number in range(services)]
    signals: list[Signal] = [
        SIGNAL_BY_NAME["ecs.cpu_utilization"],
        SIGNAL_BY_NAME["crew.queue_depth"],
    ]
    return snapshot(
        *(
            series(signal.name, name, [0.1 * index for index in range(20)])
            for signal in signals
            for name in names
        ),
        book=book,
        sources=[source("ecs"), source("cloudwatch")],
    )


SURROGATE = "lone \ud800 surrogate"
HOSTILE = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    'back\\slash "quoted"\nnewline',
    "\u202egnihtyreve\u2066 bidi",
    "nul\x00 escape\x1b[31m delete\x7f next\x85 line\u2028",
    SURROGATE,
    "{{7*7}} ${7*7} %s &amp; </style></title>",
    "x" * 5000,
    "x" * 4999 + "y",
    "名前 naïve 🦀",
    "",
)


def hostile() -> Snapshot:
    """Everything that comes from outside says something nasty."""
    return snapshot(
        *(
            series("ecs.cpu_utilization", text, [0.9] * 5, gap=GapReason.INVALID, detail=text)
            for text in HOSTILE
            if text != SURROGATE  # the core cannot make a notice of it
        ),
        *(series("ecs.tasks_running", text, [2.0]) for text in HOSTILE),
        sources=[source(text, up=False, detail=text) for text in HOSTILE],
        book=rulebook([rule("ecs-cpu-sustained", CPU_HIGH, title=HOSTILE[0])]),
        stack=replace(STACK, name=HOSTILE[1]),
    )
