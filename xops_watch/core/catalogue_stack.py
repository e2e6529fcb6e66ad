"""Signals of the stack that AWS does not measure: the database, people, mandates, costs, models."""

from xops_watch.core.signal import DAY, HOUR, MINUTE, Unit, signals_of

_wal = signals_of("sqlite_wal", period=MINUTE, grace=5 * MINUTE)
_users = signals_of("openwebui", period=MINUTE, grace=10 * MINUTE)
DATABASE = (
    _wal(
        "sqlite.write_lock_busy",
        Unit.RATIO,
        "database",
        "Share of random looks at which the write lock was held",
    ),
    _wal(
        "sqlite.checkpoint_busy",
        Unit.RATIO,
        "database",
        "Share of random looks at which the checkpoint lock was held",
    ),
    _wal(
        "sqlite.writer_utilization",
        Unit.RATIO,
        "database",
        "Commits a second times the seconds of a commit: how much of the one writer is used",
    ),
    _wal(
        "sqlite.concurrent_writers",
        Unit.COUNT,
        "database",
        "Writers at work or waiting, at least (a lower bound: SQLite lets one write at a time)",
    ),
    _wal("sqlite.commits_per_second", Unit.COUNT, "database", "Write transactions committed"),
    _wal("sqlite.commit_latency", Unit.SECONDS, "database", "Time of one small commit there"),
    _wal("sqlite.wal_size", Unit.BYTES, "database", "Size of the write-ahead log"),
    _wal("sqlite.checkpoint_backlog", Unit.COUNT, "database", "Pages not yet checkpointed"),
    _wal("sqlite.oldest_reader", Unit.SECONDS, "database", "Age of the oldest open read mark"),
    _wal(
        "sqlite.journal_mode",
        Unit.STATE,
        "database",
        "Journal mode in force, from the file's header",
        "rollback",
        "wal",
    ),
    _wal(
        "sqlite.filesystem",
        Unit.STATE,
        "database",
        "Whether the database lies on a network filesystem (EFS is NFS)",
        "local",
        "network",
    ),
    _users("openwebui.users_registered", Unit.COUNT, "stack", "Users, without those pending"),
    _users("openwebui.users_active_7d", Unit.COUNT, "stack", "Users active in the last 7 days"),
    _users("openwebui.users_active_24h", Unit.COUNT, "stack", "Users active in the last 24 hours"),
    _users("openwebui.users_active_3m", Unit.COUNT, "stack", "Users active in the last 3 minutes"),
)

_deployed = signals_of("adoption", period=15 * MINUTE, grace=HOUR)
_aging = signals_of("adoption", period=HOUR, grace=6 * HOUR)
_mandates = signals_of("mandates", period=5 * MINUTE, grace=HOUR)
_github = signals_of("github", period=15 * MINUTE, grace=2 * HOUR)
DECLARED_AND_DEPLOYED = (
    _deployed(
        "database.kind",
        Unit.STATE,
        "stack",
        "Database that Open WebUI uses",
        "sqlite",
        "postgresql",
    ),
    _deployed(
        "openwebui.websocket_manager",
        Unit.STATE,
        "stack",
        "What carries websocket messages between replicas of Open WebUI",
        "none",
        "redis",
    ),
    _deployed("openwebui.version", Unit.VERSION, "stack", "Version of Open WebUI that runs"),
    _deployed(
        "ai.path",
        Unit.STATE,
        "layer",
        "Where the prompts of a layer (`l5`, `l6`) go",
        "direct",
        "bedrock_in_region",
        "bedrock_elsewhere",
    ),
    _deployed("auth.sso_users", Unit.RATIO, "stack", "Share of users who sign in by SSO"),
    _deployed("chroma.stored", Unit.BYTES, "stack", "Size of the ChromaDB directory"),
    _deployed(
        "cloudfront.price_class",
        Unit.STATE,
        "distribution",
        "Price class of the distribution",
        "PriceClass_100",
        "PriceClass_200",
        "PriceClass_All",
    ),
    _deployed(
        "adoption.state",
        Unit.STATE,
        "evolution",
        "Whether an evolution is done: seen in the stack, or attested",
        "absent",
        "adopted",
    ),
    _deployed("compliance.score", Unit.RATIO, "conformance pack", "Compliant rules (AWS Config)"),
    _aging("secrets.age", Unit.SECONDS, "secret", "Time since the secret was last rotated"),
    _aging("certificates.expires_in", Unit.SECONDS, "certificate", "Time until it expires"),
    _mandates(
        "mandate.state",
        Unit.STATE,
        "mandate",
        "What people declared; expired or malformed ones are a gap",
        "none",
        "pending",
        "declared",
        "withdrawn",
    ),
    _mandates("mandate.expires_in", Unit.SECONDS, "mandate", "Time until the mandate expires"),
    _mandates(
        "mandate.approval",
        Unit.STATE,
        "mandate",
        "Whether somebody else than its author approved the mandate",
        "four_eyes",
        "self_approved",
    ),
    _github("github.iac_prs_7d", Unit.COUNT, "stack", "IaC pull requests of people, in 7 days"),
    _github("github.iac_bot_prs_7d", Unit.COUNT, "stack", "IaC pull requests of bots, in 7 days"),
    _github("github.iac_runs_7d", Unit.COUNT, "stack", "Branches with workflow runs, in 7 days"),
    _github(
        "github.engineers_28d",
        Unit.COUNT,
        "stack",
        "People with a pull request or commit in the infrastructure repositories, in 28 days",
    ),
    _github(
        "github.pr_conflicts_7d", Unit.COUNT, "stack", "Pull requests seen in conflict, 7 days"
    ),
)

_cost = signals_of("cost", period=DAY, grace=3 * DAY, delay=DAY)
_self = signals_of("cost", period=HOUR, grace=6 * HOUR)
_STAGES = ("bc1-prod", "bc1-peak", "bc2-growth", "bc2plus-enterprise", "saas-equivalent")
COST = (
    _cost("cost.run_rate", Unit.DOLLARS, "stack", "Cost of a month at the pace of 7 days"),
    _cost("cost.budget_used", Unit.RATIO, "stack", "Run rate over the cost of the declared stage"),
    _cost("cost.data_transfer", Unit.DOLLARS, "stack", "Data transfer, of a month at that pace"),
    _cost("stage.declared", Unit.STATE, "stack", "Stage that people declared", *_STAGES),
    _cost("stage.by_users", Unit.STATE, "stack", "Stage that the users are of", *_STAGES),
    _cost("stage.by_services", Unit.STATE, "stack", "Stage that the services are of", *_STAGES),
    _cost("stage.readings", Unit.COUNT, "stack", "Different stages: declared, by users, services"),
    _self("cost.self", Unit.DOLLARS, "stack", "What xops-watch itself costs at AWS, a month"),
    _self("cost.self_share", Unit.RATIO, "stack", "That over the cost of the declared stage"),
)

_prometheus = signals_of("prometheus", period=MINUTE, grace=10 * MINUTE)
MODELS = (
    _prometheus("llm.availability_30d", Unit.RATIO, "stack", "Calls that succeeded, in 30 days"),
    _prometheus("llm.calls_30d", Unit.COUNT, "stack", "Calls to the AI provider, in 30 days"),
    _prometheus("llm.cache_hits_24h", Unit.RATIO, "stack", "Prompt tokens from cache, 24 hours"),
    _prometheus("llm.cacheable_calls_24h", Unit.COUNT, "stack", "Calls that may hit, 24 hours"),
    _prometheus("llm.requests_per_minute", Unit.COUNT, "stack", "Calls to the AI provider"),
)
