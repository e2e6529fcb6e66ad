"""Document C as a person reads it: the rows in `data/`, the values here.

Nothing here is parsed from a document or from a rule file. Document C gives no class: those of
`STEPS` are ours, by the definitions of document A.
"""

from collections.abc import Mapping

from tests.rules.transcribed import DATA

# What has to be covered, by the names that documents.yaml and others use.
CONTRACT = (
    *("C.1", "C.2", "C.3", "C.4"),
    *("C.phase1", "C.phase2", "C.phase3", "C.phase4"),
    "C.alarm",
    *("C.rec.poc", "C.rec.small", "C.rec.prod", "C.rec.enterprise"),
    *("C.cost.single", "C.cost.scaled", "C.cost.optimization"),
    *("C.dashboard.1", "C.dashboard.2", "C.dashboard.3", "C.dashboard.4"),
    *("C.limitations", "C.alternatives"),
)


def _pieces() -> tuple[tuple[str, str], ...]:
    """Return every row with its text; a row that is written in pieces is there several times."""
    lines = (DATA / "document_c.txt").read_text("utf-8").splitlines()
    parts = [line.split(" :: ", 1) for line in lines if line and not line.startswith("#")]
    return tuple((row, text) for row, text in parts)


PIECES = _pieces()

# Estimated monthly costs: least and most dollars of each line.
SINGLE = {
    "open_webui": (60, 60),
    "bedrock_gateway": (60, 60),
    "keycloak": (15, 15),
    "langfuse": (30, 30),
    "rds_postgresql": (50, 50),
    "aws_managed_ad": (100, 100),
    "alb": (20, 20),
    "nat_gateway": (35, 35),
}
SCALED = {
    "open_webui": (120, 120),
    "pipelines": (120, 120),
    "bedrock_gateway": (60, 120),
    "keycloak": (30, 30),
    "langfuse": (30, 30),
    "efs": (15, 15),
    "elasticache_redis": (15, 15),
    "rds_multi_az": (100, 100),
    "s3": (3, 3),
    "aws_managed_ad": (100, 100),
    "alb": (25, 25),
    "nlb": (20, 20),
    "nat_gateway": (35, 35),
}
# Row to dollars a month, to at most, and the ratio against SaaS, which document C does not have.
STAGES = {
    "C.cost.single": (370.0, None, None),
    "C.cost.scaled": (670.0, 730.0, None),
}

# Rule: row, what it fires on, phase, who chose the threshold, step.
FIRES: Mapping[str, tuple[str, str, str, str, str]] = {
    "portal-ec2-cpu": (
        "C.alarm",
        "ec2.cpu_utilization > 0.8 ratio 2/2",
        "any",
        "documented",
        "portal-scale-hot-component",
    ),
    "portal-gateway-at-limit": (
        "C.1",
        "asg.headroom ≤ 0 count and asg.cpu_utilization > 0.7 ratio 3/3",
        "Phase 1",
        "documented_reinterpreted",
        "portal-scale-bedrock-gateway",
    ),
    "portal-bedrock-throttled": (
        "C.1.quota",
        "bedrock.throttles_5m > 0 count 2/3",
        "Phase 1",
        "proposed",
        "portal-request-bedrock-quota",
    ),
    "portal-langfuse-queue-lag": (
        "C.2",
        "langfuse.queue_lag > 300 seconds",
        "Phase 2",
        "proposed",
        "portal-scale-langfuse",
    ),
    "portal-disk-above-80": (
        "C.2.clickhouse",
        "ec2.disk_used > 0.8 ratio",
        "Phase 2",
        "proposed",
        "portal-larger-disk",
    ),
    "portal-keycloak-single-instance": (
        "C.3",
        "keycloak.healthy_hosts < 2 count and mandate.state[availability-sla] is declared",
        "Phase 3",
        "proposed",
        "portal-keycloak-high-availability",
    ),
    "portal-keycloak-slow-login": (
        "C.3",
        "keycloak.login_latency > 2 seconds",
        "Phase 3",
        "proposed",
        "portal-keycloak-high-availability",
    ),
    "portal-openwebui-slow-filters": (
        "C.4",
        "pipelines.filter_latency > 2 seconds",
        "Phase 4",
        "proposed",
        "portal-scale-open-webui",
    ),
    "portal-openwebui-cold-start": (
        "C.4.coldstart",
        "pipelines.cold_start > 60 seconds",
        "Phase 4",
        "documented_reinterpreted",
        "portal-scale-open-webui",
    ),
    "portal-users-above-50": (
        "C.rec.poc",
        "portal.users_concurrent > 50 count",
        "Phase 1 + Phase 2",
        "documented_reinterpreted",
        "portal-phases-1-2",
    ),
    "portal-users-100": (
        "C.rec.prod",
        "portal.users_active_24h ≥ 100 count",
        "Phases 1-4",
        "documented_reinterpreted",
        "portal-phases-1-4",
    ),
    "portal-users-1000": (
        "C.rec.enterprise",
        "portal.users_active_24h ≥ 1000 count",
        "Enterprise",
        "documented_reinterpreted",
        "portal-enterprise",
    ),
    # A tenth above the documented total.
    "portal-cost-above-single-instance": (
        "C.cost.single",
        "cost.run_rate > 407 dollars",
        "any",
        "documented_reinterpreted",
        "portal-optimize-cost",
    ),
    "portal-cost-above-scaled": (
        "C.cost.scaled",
        "cost.run_rate > 803 dollars",
        "any",
        "documented_reinterpreted",
        "portal-optimize-cost",
    ),
}

Step = tuple[tuple[str, str, str, str], tuple[int, str], tuple[str, str, str], str | None]
# Step: (title, phase, difficulty, effort), (days, their source), (class, risk, source), stage.
STEPS: Mapping[str, Step] = {
    "portal-scale-bedrock-gateway": (
        ("Bedrock Gateway scaling for API throughput", "Phase 1", "Easy", "1 day"),
        (1, "documented"),
        ("Service Addition", "MED", "proposed"),
        None,
    ),
    "portal-scale-langfuse": (
        ("Scale Langfuse for high-volume tracing", "Phase 2", "Easy", "2-3 days"),
        (3, "documented"),
        ("Data Migration", "MED", "proposed"),
        None,
    ),
    "portal-keycloak-high-availability": (
        (
            "Keycloak high availability",
            "Phase 3",
            "Medium",
            "2-3 days (sticky sessions) or 1 week (distributed cache)",
        ),
        (7, "documented"),
        ("Service Addition", "MED", "proposed"),
        None,
    ),
    "portal-scale-open-webui": (
        ("Scale Open WebUI horizontally", "Phase 4", "Hard", "1-2 weeks"),
        (14, "documented"),
        ("Architecture Change", "HIGH", "proposed"),
        None,
    ),
    "portal-phases-1-2": (
        ("Phase 1 + Phase 2", "Phase 1 + Phase 2", "", "1-2 days + 2-3 days"),
        (5, "documented"),
        ("Data Migration", "MED", "proposed"),
        None,
    ),
    "portal-phases-1-4": (
        (
            "Full implementation (Phases 1-4)",
            "Phases 1-4",
            "",
            "1-2 days + 2-3 days + 2-3 days + 1-2 weeks",
        ),
        (22, "documented"),
        ("Architecture Change", "HIGH", "proposed"),
        "portal-scaled",
    ),
    "portal-enterprise": (
        (
            "Multi-region deployment, ClickHouse Cloud, Keycloak cluster, quotas",
            "Enterprise",
            "",
            "",
        ),
        (90, "proposed"),
        ("Architecture Change", "HIGH", "proposed"),
        None,
    ),
    "portal-scale-hot-component": (
        ("Scale the component that runs on the instance", "any", "", ""),
        (2, "proposed"),
        ("Service Addition", "MED", "proposed"),
        None,
    ),
    "portal-request-bedrock-quota": (
        ("Request Bedrock quota increases", "Phase 1", "", ""),
        (7, "proposed"),
        ("Config Change", "LOW", "proposed"),
        None,
    ),
    "portal-larger-disk": (
        ("Single instance with larger disk", "Phase 2", "", ""),
        (1, "proposed"),
        ("Config Change", "LOW", "proposed"),
        None,
    ),
    "portal-optimize-cost": (
        ("Cost Optimization Strategies", "any", "", ""),
        (1, "proposed"),
        ("Config Change", "LOW", "proposed"),
        None,
    ),
}

# The dashboard groups: what can be shown of each.
DASHBOARDS = {
    "C.dashboard.1": (
        "alb.requests_1m",
        "alb.latency",
        "alb.client_error_ratio",
        "alb.error_ratio",
    ),
    "C.dashboard.2": (
        "ec2.cpu_utilization",
        "ec2.memory_utilization",
        "efs.io_limit",
        "efs.throughput_5m",
        "ec2.network_5m",
    ),
    "C.dashboard.3": (
        "keycloak.users_active",
        "llm.requests_per_minute",
        "pipelines.filter_latency",
        "langfuse.traces_per_minute",
    ),
    "C.dashboard.4": ("bedrock.tokens_5m", "ec2.instance_time_1d", "cost.data_transfer"),
}
