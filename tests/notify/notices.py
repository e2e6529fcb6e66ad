"""Notices for the tests of this folder, in the words of the documents."""

from dataclasses import replace
from datetime import UTC, datetime

from tests.samples import NOTICE
from xops_watch.core.notice import NoticeKind
from xops_watch.notify.trial import trial_notice

FIRING = NOTICE
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
    advice="blocked",
    notes=(
        "blocked by sqlite-multiwriter on xops/open-webui: SQLite has more than one writer",
        "the documents say PriceClass_200, which has no effect: it has no edge in New Zealand",
    ),
    overrides=("threshold 60 instead of 50: the pilot may grow",),
    effort="1-2 weeks",
    cost="document: K3S $0 on-prem / $120-190 cloud",
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
    "test": replace(trial_notice("xops", at=FIRING.at), key="5a0c8e7d6f9b4a3c2d1e0f9a8b7c6d5e"),
}
