"""The tables of documents A and B as a person read them: the rows in `data/`, the values here.

A value is written as the leaf of a condition that a machine can compare: signal, sign, number in
the signal's base unit, unit. Nothing here is parsed from a document or from a rule file.
"""

from collections.abc import Mapping
from pathlib import Path

DATA = Path(__file__).parent / "data"

Rows = Mapping[str, str]  # name of a row to its cells, joined by ` | `


def read_rows(name: str) -> dict[str, str]:
    """Return the rows of one transcribed document by their names."""
    lines = (DATA / name).read_text("utf-8").splitlines()
    named = [line.split(" :: ", 1) for line in lines if line and not line.startswith("#")]
    return {line[0]: line[1] for line in named}


ROWS: Rows = {**read_rows("document_a.txt"), **read_rows("document_b.txt")}

# Which leaves make the rules of a row fire: each line is enough by itself, and needs all it names.
FIRES: Mapping[str, tuple[frozenset[str], ...]] = {
    row: tuple(frozenset(way.split(" and ")) for way in ways)
    for row, ways in {
        "A.trigger.1": ["openwebui.users_active_24h > 50 count"],
        "A.trigger.2": ["ecs.cpu_utilization > 0.8 ratio", "alb.requests_in_flight > 100 count"],
        "A.trigger.3": ["crew.started_1h > 10 count"],
        "A.trigger.4": ["ecs.services_active > 6 count"],
        "A.trigger.5": ["mandate.state[sovereignty] is declared"],
        # 1TB is 10^12 bytes.
        "A.trigger.6": [
            "finops.scanned > 1000000000000 bytes",
            "finops.stored > 1000000000000 bytes",
        ],
        "A.trigger.7": ["edge.latency[nz] > 0.2 seconds"],
        "A.trigger.8": ["github.iac_prs_7d > 5 count"],
        "A.trigger.9": ["github.engineers_28d > 3 count"],
        "A.trigger.10": ["mandate.state[second-cloud] is declared"],
        "A.trigger.11": ["mandate.state[on-prem] is declared"],
        "A.matrix.ai_redundancy": ["mandate.state[availability-sla] is declared"],
        "A.matrix.database": ["sqlite.concurrent_writers > 50 count"],
        "A.matrix.vector": ["mandate.state[cross-system-sql-vector] is declared"],
        "A.matrix.services": ["github.engineers_28d > 5 count"],
        "A.matrix.auth": ["mandate.state[enterprise-sso] is declared"],
        "A.matrix.compute": [
            "ecs.services_active > 6 count and mandate.state[mtls] is declared",
        ],
        "A.matrix.cache": ["mandate.state[pub-sub] is declared"],
        # Not in a trigger table: figures that a rule of ours holds somebody to.
        "A.cost.BC2": ["cost.run_rate ≥ 360 dollars and stage.declared is bc1-peak"],
        "A.cost.SaaS": ["cost.run_rate ≥ 2000 dollars"],
        "B.L3.secrets90": ["secrets.age > 7776000 seconds"],
        "B.L5.caching": [
            "llm.cache_hits_24h ≤ 0.7 ratio and llm.cacheable_calls_24h ≥ 200 count",
        ],
        # At the limit, and away from the documented size on either side; 2048 MiB and 4096 MiB.
        "B.L5.prod": [
            "l5.tasks_running ≥ 8 count and ecs.cpu_utilization > 0.6 ratio",
            *("l5.task_cpu > 1024 count", "l5.task_cpu < 1024 count"),
            *("l5.task_memory > 2147483648 bytes", "l5.task_memory < 2147483648 bytes"),
            *("l5.tasks_min < 2 count", "l5.tasks_max > 8 count", "l5.tasks_max < 8 count"),
            *("l5.cpu_target > 0.6 ratio", "l5.cpu_target < 0.6 ratio"),
        ],
        # Fewer than 2 or than 6 replicas are right while the database is SQLite; elsewhere drift.
        "B.L6.prod": [
            "l6.tasks_running ≥ 6 count and ecs.cpu_utilization > 0.7 ratio",
            *("l6.task_cpu > 2048 count", "l6.task_cpu < 2048 count"),
            *("l6.task_memory > 4294967296 bytes", "l6.task_memory < 4294967296 bytes"),
            *("l6.tasks_min < 2 count", "l6.tasks_max > 6 count", "l6.tasks_max < 6 count"),
            *("l6.cpu_target > 0.7 ratio", "l6.cpu_target < 0.7 ratio"),
        ],
        "B.L2.spot": ["crew.spot_share > 0.75 ratio", "crew.spot_share < 0.75 ratio"],
    }.items()
}
# The row that says the same in the trigger table: its rules stand for the row here.
SAME: Mapping[str, tuple[str, ...]] = {
    "A.matrix.ai_provider": ("A.trigger.5",),
    "A.matrix.finops": ("A.trigger.6",),
    "A.matrix.edge": ("A.trigger.7",),
    "A.matrix.devops": ("A.trigger.8", "A.trigger.9"),
    "A.matrix.multicloud": ("A.trigger.10",),
    "A.matrix.edge_iot": ("A.trigger.11",),
    "A.k3s.1": ("A.trigger.8",),
    "A.k3s.2": ("A.trigger.9",),
    "A.k3s.3": ("A.trigger.10",),
    "A.k3s.4": ("A.trigger.11",),
}
# What a table names otherwise than the trigger table does; each is a known contradiction.
OTHER_TITLES: Mapping[str, str] = {"A.matrix.database": "Upgrade L4 to RDS"}  # c2
# Stage: scale, users, services, dollars a month, ratio against $2k SaaS.
STAGES: Mapping[str, tuple[str, str, str, float, float]] = {
    "A.cost.BC1": ("BC1 PROD", "<50", "2", 180, 11),
    "A.cost.BC1PEAK": ("BC1 PEAK", "<50", "2", 380, 5.3),
    "A.cost.BC2": ("BC2 Growth", "50-200", "4-6", 360, 5.6),
    "A.cost.BC2PLUS": ("BC2+ Enterprise", "200-500", "8+", 1200, 1.7),
    "A.cost.SaaS": ("SaaS Equivalent", "Any", "N/A", 2000, 1),
}
DECISIONS: Mapping[str, str] = {
    "A.permanent.fargate": "ecs-fargate",
    "A.permanent.graviton4": "graviton4-arm64",
    "A.permanent.cloudfront_waf": "cloudfront-wafv2",
    "A.permanent.identity_center": "iam-identity-center",
    "A.permanent.adlc_governance": "adlc-governance",
    "A.permanent.cross_validation": "four-way-cross-validation",
    "A.permanent.focus_tags": "focus-cost-tags",
}
# The limits of a layer: what every leaf on the signal says, in the rules of that row.
LIMITS: Mapping[str, Mapping[str, float]] = {
    "B.L6.prod": {
        "l6.task_cpu": 2048,
        "l6.task_memory": 4_294_967_296,  # 4096 MiB
        "l6.tasks_min": 2,
        "l6.tasks_max": 6,
        "l6.tasks_running": 6,
        "l6.cpu_target": 0.7,
    },
    "B.L5.prod": {
        "l5.task_cpu": 1024,
        "l5.task_memory": 2_147_483_648,  # 2048 MiB
        "l5.tasks_min": 2,
        "l5.tasks_max": 8,
        "l5.tasks_running": 8,
        "l5.cpu_target": 0.6,
    },
    "B.L2.arm64": {"ecs.cpu_architecture": 0, "ecs.launch_type": 0},  # arm64, fargate
    "B.L2.version": {"ecs.platform_version": 1_004_000},  # 1.4.0
    "B.L2.spot": {"crew.spot_share": 0.75},  # 3:1
    "B.L3.secrets90": {"secrets.age": 7_776_000},
}
