"""Observations, evaluations and notices to store; every field has a value of its own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.samples import NOTICE as SAMPLE
from xops_watch.core.decision import Answer, Decision, Ended, Ground
from xops_watch.core.evaluate import Evaluation
from xops_watch.core.notice import Notice
from xops_watch.core.reading import Gap, Reading
from xops_watch.core.trigger import Status, Transition, Trigger
from xops_watch.errors import GapReason

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CPU = "ecs.cpu_utilization"
PENDING = "ecs.tasks_pending"


def after(**duration: float) -> datetime:
    """Return an instant so much after noon; before it when negative."""
    return NOON + timedelta(**duration)


def reading(
    value: float = 0.5, *, at: datetime = NOON, signal: str = CPU, subject: str = "xops/api"
) -> Reading:
    return Reading(signal=signal, subject=subject, value=value, taken_at=at)


def gap(
    *,
    at: datetime = NOON,
    signal: str = CPU,
    subject: str | None = "xops/api",
    reason: GapReason = GapReason.THROTTLED,
) -> Gap:
    detail = f"{reason} at {at:%H:%M}"
    return Gap(signal=signal, subject=subject, reason=reason, detail=detail, noticed_at=at)


def trigger(
    status: Status = Status.INACTIVE,
    *,
    rule: str = "ecs-cpu-sustained",
    subject: str = "xops/api",
    changed_at: datetime = NOON,
) -> Trigger:
    since = changed_at - timedelta(minutes=12, microseconds=1)
    return Trigger(rule=rule, subject=subject, status=status, since=since, changed_at=changed_at)


def transition(
    new: Status = Status.FIRING,
    *,
    old: Status = Status.PENDING,
    at: datetime = NOON,
    rule: str = "ecs-cpu-sustained",
    subject: str = "xops/api",
) -> Transition:
    evidence = f"ecs.cpu_utilization 91 % (> 80 %), {new}"
    return Transition(rule=rule, subject=subject, before=old, after=new, at=at, evidence=evidence)


def notice(key: str = "a1", *, at: datetime = NOON) -> Notice:
    return replace(FULL_NOTICE, key=key, at=at)


def evaluation(
    *,
    triggers: tuple[Trigger, ...] = (),
    transitions: tuple[Transition, ...] = (),
    notices: tuple[Notice, ...] = (),
    retired: tuple[tuple[str, str], ...] = (),
    ended: tuple[Ended, ...] = (),
) -> Evaluation:
    return Evaluation(
        at=NOON,
        triggers=triggers,
        verdicts={},
        transitions=transitions,
        notices=notices,
        advice=(),
        retired=retired,
        ended=ended,
    )


FULL_NOTICE = replace(
    SAMPLE,
    key="5d41402abc4b2a76b9719d911017c592",
    stack="ai-portal",
    rows=("A.trigger.2", "B.4"),
    quote="“ECS CPU > 80 % sustained”\n— the page's own words",
    since=datetime(2026, 3, 2, 11, 46, 0, 1, tzinfo=UTC),
    at=datetime(2026, 3, 2, 12, 0, 0, 999_999, tzinfo=UTC),
    evidence="ecs.cpu_utilization 91 % (> 80 %), 12 of the last 15 points breach",
    action="Scale L5 and L6 to six replicas",
    how="Set the desired count to 6",
    first_steps=(),
    lead_time_seconds=1_209_600.5,
    stage_monthly_cost_dollars=380.1,
    runbook="https://example.org/runbooks/ecs-cpu-sustained.md",
)

# What schema 1 wrote of it.
NOTICE_OF_SCHEMA_1 = (
    '{"key": "5d41402abc4b2a76b9719d911017c592", "kind": "firing", "stack": "ai-portal",'
    ' "rule": "ecs-cpu-sustained", "subject": "xops/open-webui",'
    ' "title": "ECS CPU above 80 % sustained", "severity": "warning",'
    ' "rows": ["A.trigger.2", "B.4"],'
    ' "quote": "\\u201cECS CPU > 80 % sustained\\u201d\\n\\u2014 the page\'s own words",'
    ' "layers": ["L5", "L6"], "since": "2026-03-02T11:46:00.000001+00:00",'
    ' "at": "2026-03-02T12:00:00.999999+00:00",'
    ' "evidence": "ecs.cpu_utilization 91 % (> 80 %), 12 of the last 15 points breach",'
    ' "threshold_source": "documented", "proposed": ["datapoints", "clear"],'
    ' "evolution": "scale-l5-l6-to-6-replicas", "action": "Scale L5 and L6 to six replicas",'
    ' "how": "Set the desired count to 6", "first_steps": [],'
    ' "classification": "Config Change", "classification_source": "proposed",'
    ' "risk": "LOW", "phase": "BC1 PEAK",'
    ' "lead_time_seconds": 1209600.5, "stage": "BC1 PEAK",'
    ' "stage_monthly_cost_dollars": 380.1,'
    ' "runbook": "https://example.org/runbooks/ecs-cpu-sustained.md"}'
)

DECISION = Decision(
    evolution="migrate-l4-to-rds",
    answer=Answer.DEFERRED,
    who="Aroha \N{EM DASH} board",
    why="after the exams",
    at=NOON,
    until=NOON + timedelta(days=30, microseconds=1),
    grounds=(
        Ground(rule="users-above-50", subject="xops", value=57.0, evidence="57 (> 50)"),
        Ground(rule="mandate", subject="mtls", value=None, evidence="declared"),
    ),
)
