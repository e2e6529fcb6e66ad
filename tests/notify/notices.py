"""Notices for the tests of this folder, in the words of the documents."""

from dataclasses import replace
from datetime import UTC, datetime

from xops_watch.core.notice import Notice, NoticeKind

FIRING = Notice(
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
    stage="BC1 PEAK",
    stage_monthly_cost_dollars=380.0,
    runbook="https://docs.example.com/runbooks/ecs-cpu-sustained.md",
)
RESOLVED = replace(
    FIRING,
    key="b8c3f1a05d2e4e6f9a7b1c2d3e4f5061",
    kind=NoticeKind.RESOLVED,
    at=datetime(2026, 3, 2, 5, 10, tzinfo=UTC),
    evidence="ecs.cpu_utilization 61.2% (> 80%)",
)
MIGRATION = replace(
    FIRING,
    key="0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f50",
    rule="sqlite-users-write-contention",
    subject="webui.db",
    title="More than 50 users and SQLite write contention",
    severity="critical",
    rows=("A.trigger.1", "A.matrix.3"),
    quote=(
        ">50 users | SQLite write contention | PRAGMA journal_mode=WAL errors | "
        "Upgrade L4 to RDS | BC2"
    ),
    layers=("L4",),
    since=datetime(2026, 2, 26, 22, 40, tzinfo=UTC),
    evidence="sqlite.lock_waits 14 (> 0); openwebui.users_active 63 (> 50)",
    threshold_source="documented_reinterpreted",
    proposed=("hold", "clear", "corroboration"),
    evolution="sqlite-to-rds-postgresql",
    action="Upgrade L4 to RDS PostgreSQL",
    how="Migration script + TF module",
    first_steps=(
        "Do not add L6 replicas: SQLite has one writer",
        "Find who holds the lock: long exports, backups, vacuum",
        "Take an EFS backup before touching anything",
    ),
    classification="Data Migration",
    classification_source="documented",
    risk="MED",
    phase="BC2",
    lead_time_seconds=28 * 86_400.0,
    stage="BC2 Growth",
    stage_monthly_cost_dollars=360.0,
    runbook="https://docs.example.com/runbooks/sqlite-users-write-contention.md",
)
OVERLONG = replace(
    FIRING,
    evidence="ecs.cpu_utilization 91.3% (> 80%)" + ", and one more point" * 30,
    first_steps=tuple(
        f"Step {number} " + "of a runbook of many words " * 12 for number in range(9)
    ),
    quote="A row of the document " * 40,
)
HOSTILE = replace(
    FIRING,
    subject="xops/web\r\n\r\nRESOLVED: all is well\x1b[2J\x1b]0;own\x07 \u202egpj.exe\u2066\ud800",
    title="CPU\nBcc: everybody@example.com\u2028\x00 <!channel> & <https://evil.example|docs>",
    stack="x" * 100_000,
    evidence="\U0001f525" * 5000,
    phase="",
    layers=(),
    severity="\t\n",
    proposed=("\ufffe", "\ue000"),
    lead_time_seconds=float("nan"),
    stage_monthly_cost_dollars=float("inf"),
)
GOLDEN = {
    "firing": FIRING,
    "resolved": RESOLVED,
    "migration": MIGRATION,
    "overlong": OVERLONG,
    "hostile": HOSTILE,
}
