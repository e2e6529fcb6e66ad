"""Signals of the stack that AWS does not measure: the database, people, mandates, costs, models."""

from xops_watch.core.catalogue_sqlite import SQLITE
from xops_watch.core.signal import DAY, HOUR, MINUTE, Unit, signals_of

_present = signals_of("openwebui", period=MINUTE, grace=10 * MINUTE)
_counted = signals_of("openwebui", period=5 * MINUTE, grace=10 * MINUTE)
USERS = (
    _counted(
        "openwebui.users_registered",
        Unit.COUNT,
        "stack",
        "Users, without those pending (Open WebUI's database)",
    ),
    _counted(
        "openwebui.users_active_7d",
        Unit.COUNT,
        "stack",
        "Users active in the last 7 days (Open WebUI's database)",
    ),
    _counted(
        "openwebui.users_active_24h",
        Unit.COUNT,
        "stack",
        "Users active in the last 24 hours (Open WebUI's database)",
    ),
    _present(
        "openwebui.users_active_3m",
        Unit.COUNT,
        "stack",
        "Users active in the last 3 minutes; its basis and its window say how it was counted",
    ),
    _present(
        "openwebui.users_active_3m_basis",
        Unit.STATE,
        "stack",
        "Who counted the users active in the last 3 minutes",
        "telemetry",
        "usage_api",
        "database",
    ),
    _present(
        "openwebui.users_active_3m_window",
        Unit.SECONDS,
        "stack",
        "How long ago users were active who count as active in the last 3 minutes: 180 s, and"
        " more where Open WebUI notes presence seldom",
    ),
)

DATABASE = (*SQLITE, *USERS)

_deployed = signals_of("adoption", period=15 * MINUTE, grace=HOUR)
_secrets = signals_of("secrets", period=HOUR, grace=6 * HOUR)
_certificates = signals_of("certificates", period=HOUR, grace=6 * HOUR)
_compliance = signals_of("compliance", period=HOUR, grace=6 * HOUR)
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
    signals_of("chroma", period=HOUR, grace=6 * HOUR)(
        "chroma.stored", Unit.BYTES, "stack", "Size of the ChromaDB directory"
    ),
    signals_of("cloudfront", period=15 * MINUTE, grace=HOUR)(
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
    _compliance("compliance.score", Unit.RATIO, "conformance pack", "Compliant rules (AWS Config)"),
    _secrets(
        "secrets.age",
        Unit.SECONDS,
        "secret",
        "Time since the secret was last rotated; changed or created, if it never was",
    ),
    _certificates(
        "certificates.expires_in",
        Unit.SECONDS,
        "certificate",
        "Time until it expires, of certificates here and in CloudFront's region",
    ),
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
    _mandates(
        "mandate.validity",
        Unit.STATE,
        "mandate",
        "Whether what was written of the mandate counts; withdrawn ones count as well",
        "valid",
        "expired",
        "invalid",
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
    _mandates("mandate.target", Unit.RATIO, "mandate", "The number that a mandate promises"),
    _mandates(
        "ledger.chain",
        Unit.STATE,
        "stack",
        "Whether the ledger of mandates and decisions is as it was written",
        "intact",
        "broken",
    ),
    _github("github.iac_prs_7d", Unit.COUNT, "stack", "IaC pull requests of people, in 7 days"),
    _github("github.iac_bot_prs_7d", Unit.COUNT, "stack", "IaC pull requests of bots, in 7 days"),
    _github(
        "github.iac_runs_7d",
        Unit.COUNT,
        "stack",
        "Branches of people with workflow runs, in 7 days: the fallback for pull requests",
    ),
    _github(
        "github.engineers_28d",
        Unit.COUNT,
        "stack",
        "People with a pull request or commit in the infrastructure repositories, in 28 days",
    ),
    _github(
        "github.pr_conflicts_7d", Unit.COUNT, "stack", "Pull requests seen in conflict, 7 days"
    ),
    _github(
        "github.pr_conflicts_new_7d",
        Unit.COUNT,
        "stack",
        "Pull requests that were first seen in conflict in the last 7 days",
    ),
    _github(
        "github.conflicts_watched_7d",
        Unit.RATIO,
        "stack",
        "Share of the last 7 days' hours in which conflicts were looked for",
    ),
    _github(
        "github.api_remaining",
        Unit.COUNT,
        "budget",
        "Requests (or points of GraphQL) that GitHub still takes in this hour",
    ),
    _github("github.api_budget_left", Unit.RATIO, "budget", "Share of that which is left"),
)

# Cost Explorer still corrects the newest 48 hours, and knows whole days only.
_cost = signals_of("cost", period=DAY, grace=4 * DAY, delay=2 * DAY)
_self = signals_of("cost", period=HOUR, grace=6 * HOUR)
# What follows from other signals: see `core.derive`.
_derived = signals_of("derived", period=DAY, grace=4 * DAY, delay=2 * DAY)
_derived_hourly = signals_of("derived", period=HOUR, grace=6 * HOUR)
_STAGES = ("bc1-prod", "bc1-peak", "bc2-growth", "bc2plus-enterprise", "saas-equivalent")
COST = (
    _cost(
        "cost.run_rate",
        Unit.DOLLARS,
        "stack",
        "Cost of a month at AWS, at the pace that `cost.basis` tells; without what others are paid",
    ),
    _derived(
        "cost.budget_used", Unit.RATIO, "stack", "Run rate over the cost of the declared stage"
    ),
    _cost("cost.data_transfer", Unit.DOLLARS, "stack", "Data transfer, of a month at that pace"),
    _cost(
        "cost.basis",
        Unit.STATE,
        "stack",
        "What `cost.run_rate` rests on: a budget's month to date, or seven complete days",
        "budget_month_to_date",
        "explorer_7_days",
    ),
    _cost(
        "cost.untagged_share",
        Unit.RATIO,
        "stack",
        "Share of the account's cost that does not carry the stack's cost allocation tag",
    ),
    _cost("cost.external", Unit.DOLLARS, "payee", "Declared: paid to others than AWS, a month"),
    _cost("stage.declared", Unit.STATE, "stack", "Stage that people declared", *_STAGES),
    _derived("stage.by_users", Unit.STATE, "stack", "Stage that the users are of", *_STAGES),
    _derived("stage.by_services", Unit.STATE, "stack", "Stage that the services are of", *_STAGES),
    _derived(
        "stage.readings", Unit.COUNT, "stack", "Different stages: declared, by users, services"
    ),
    _self("cost.self", Unit.DOLLARS, "stack", "What xops-watch itself costs at AWS, a month"),
    _derived_hourly(
        "cost.self_share", Unit.RATIO, "stack", "That over the cost of the declared stage"
    ),
)

_prometheus = signals_of("prometheus", period=MINUTE, grace=10 * MINUTE)
# A month or a day is much to read for a server, and changes little in a minute.
_month = signals_of("prometheus", period=15 * MINUTE, grace=HOUR)
_day = signals_of("prometheus", period=5 * MINUTE, grace=30 * MINUTE)
MODELS = (
    _month("llm.availability_30d", Unit.RATIO, "stack", "Calls that succeeded, in 30 days"),
    _month("llm.calls_30d", Unit.COUNT, "stack", "Calls to the AI provider, in 30 days"),
    _day("llm.cache_hits_24h", Unit.RATIO, "stack", "Prompt tokens from cache, 24 hours"),
    _day("llm.cacheable_calls_24h", Unit.COUNT, "stack", "Calls that may hit, 24 hours"),
    _prometheus("llm.requests_per_minute", Unit.COUNT, "stack", "Calls to the AI provider"),
)
