"""One message with everything in it, for every test that needs some message."""

from datetime import UTC, datetime

from xops_watch.core.notice import Notice, NoticeKind

NOTICE = Notice(
    key="4f1d0c2b9a7e4c31b6d2a5f0c9e8d713",
    kind=NoticeKind.FIRING,
    stack="xops",
    rule="ecs-cpu-sustained",
    subject="xops/open-webui",
    title="ECS CPU above 80 % sustained",
    severity="warning",
    rows=("A.trigger.2",),
    quote=(
        ">100 concurrent | ECS CPU >80% sustained | CloudWatch Application Signals | "
        "Scale L5+L6 to 6 replicas | BC1 PEAK"
    ),
    layers=("L5", "L6"),
    since=datetime(2026, 3, 2, 3, 2, tzinfo=UTC),
    at=datetime(2026, 3, 2, 3, 14, 20, tzinfo=UTC),
    evidence="ecs.cpu_utilization 91.3% (> 80%), 12 of the last 15 points breach",
    threshold_source="documented",
    proposed=("datapoints", "clear"),
    evolution="scale-l5-l6-to-6-replicas",
    action="Scale L5+L6 to 6 replicas",
    how="Terraform min_capacity and max_capacity, or scheduled scaling",
    first_steps=(
        "Check the SQLite guard first; scale L5 alone if it blocks",
        "Verify that target tracking 70/60 is active, not suspended",
        "Raise max_capacity",
        "Watch p95 latency and the cost gauge",
        "Schedule the scale-in",
    ),
    classification="Config Change",
    classification_source="proposed",
    risk="LOW",
    phase="BC1 PEAK",
    lead_time_seconds=86_400.0,
    lead_time_source="proposed",
    effort="",
    cost="",
    advice="recommended",
    notes=(),
    overrides=(),
    stage="BC1 PEAK",
    stage_monthly_cost_dollars=380.0,
    runbook="https://docs.example.com/runbooks/ecs-cpu-sustained.md",
)
