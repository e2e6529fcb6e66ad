"""Sources that ask about the whole account: secrets, certificates, compliance, costs, logs.

Each provider is a wiring of its own, so that the policy allows only what the settings ask for.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from xops_watch.aws.cost_explorer import GET_COST, Tag
from xops_watch.aws.log_groups import ServiceLogGroup
from xops_watch.aws.log_lines import LogLines
from xops_watch.bootstrap.sqlite_wal import watched_databases
from xops_watch.bootstrap.wiring import Needs, Wiring
from xops_watch.errors import ConfigurationError
from xops_watch.ports import Source
from xops_watch.settings import Settings
from xops_watch.settings.app_log import DISCOVER
from xops_watch.sources import app_logs
from xops_watch.sources.app_logs import AppLogSource
from xops_watch.sources.budgets import BudgetSource
from xops_watch.sources.certificates import CertificatesSource
from xops_watch.sources.compliance import ComplianceSource
from xops_watch.sources.cost_explorer import DOLLARS_PER_MONTH, Billed, CostExplorerSource
from xops_watch.sources.declared import DeclaredSource
from xops_watch.sources.own_cost import OwnCostSource
from xops_watch.sources.secrets import SecretsSource

_OF_CLOUDFRONT = "us-east-1"
_OWN_COST_INTERVAL = timedelta(minutes=5)


def _secrets(needs: Needs) -> Sequence[Source]:
    wanted = needs.settings.governance
    source = SecretsSource(
        needs.clients.make("secretsmanager"),
        patterns=wanted.secrets,
        interval=timedelta(seconds=wanted.interval_seconds),
        seen=needs.seen,
    )
    return (source,)


def _certificates(needs: Needs) -> Sequence[Source]:
    wanted, make = needs.settings.governance, needs.clients.make
    home = make("sts").meta.region_name
    source = CertificatesSource(
        {region: make("acm", region=region) for region in dict.fromkeys((home, _OF_CLOUDFRONT))},
        patterns=wanted.certificates,
        interval=timedelta(seconds=wanted.interval_seconds),
        seen=needs.seen,
    )
    return (source,)


def _compliance(needs: Needs) -> Sequence[Source]:
    wanted = needs.settings.governance
    source = ComplianceSource(
        needs.clients.make("config"),
        patterns=wanted.conformance_packs,
        interval=timedelta(seconds=wanted.interval_seconds),
        seen=needs.seen,
    )
    return (source,)


def _budget(needs: Needs) -> Sequence[Source]:
    cost, make = needs.settings.cost, needs.clients.make
    if cost.budget is None:
        return ()
    if cost.tag is not None:
        raise ConfigurationError(
            "XOPS_WATCH_COST__TAG is set, and Cost Explorer is not asked",
            hint="set XOPS_WATCH_COST__EXPLORER=true; a budget has a filter of its own",
        )
    source = BudgetSource(
        make("budgets"),
        make("sts"),
        budget=cost.budget,
        stack=needs.settings.stack,
        interval=timedelta(seconds=cost.interval_seconds),
    )
    return (source,)


def _cost_explorer(needs: Needs) -> Sequence[Source]:
    cost = needs.settings.cost
    key, _, value = (cost.tag or "").partition("=")
    source = CostExplorerSource(
        needs.clients.make("ce"),
        Billed(memory=needs.memory, tell=partial(_tell_explorer, needs)),
        stack=needs.settings.stack,
        tag=Tag(key=key, value=value) if cost.tag else None,
        interval=timedelta(seconds=cost.interval_seconds),
    )
    return (source,)


def _tell_explorer(needs: Needs, dollars: float) -> None:
    needs.expenses.note(GET_COST, dollars)
    needs.telemetry.aws_cost("ce", "GetCostAndUsage", dollars)


def _declared(needs: Needs) -> Sequence[Source]:
    cost = needs.settings.cost
    source = DeclaredSource(
        stack=needs.settings.stack,
        stage=cost.stage,
        external=cost.payees,
        interval=timedelta(seconds=cost.interval_seconds),
    )
    return (source,)


def _own_cost(needs: Needs) -> Sequence[Source]:
    source = OwnCostSource(
        needs.expenses.dollars_per_month,
        stack=needs.settings.stack,
        interval=_OWN_COST_INTERVAL,
    )
    return (source,)


def _app_logs(needs: Needs) -> Sequence[Source]:
    settings = needs.settings
    wanted = settings.app_log
    source = AppLogSource(
        LogLines(needs.clients.make("logs"), pages_max=app_logs.PAGES_MAX),
        _group_of(needs),
        database=wanted.database or _one_database(settings),
        interval=timedelta(seconds=wanted.interval_seconds),
    )
    return (source,)


def _one_database(settings: Settings) -> str:
    """Return the subject of the database that Open WebUI's log speaks of.

    Rules join the log with what is seen of the file, so both have one name.
    """
    watched = [database.subject for database in watched_databases(settings)]
    if len(watched) > 1:
        raise ConfigurationError(
            f"of which of {len(watched)} databases the log in XOPS_WATCH_APP_LOG__GROUP tells is"
            " not known",
            hint=f"set XOPS_WATCH_APP_LOG__DATABASE, such as {watched[0]}",
        )
    return watched[0] if watched else f"{settings.stack}/webui.db"


def _group_of(needs: Needs) -> Callable[[datetime], str]:
    group = needs.settings.app_log.group
    if group is not None and group != DISCOVER:
        return lambda _: group
    if needs.inventory is None:
        raise ConfigurationError(
            "XOPS_WATCH_APP_LOG__GROUP is auto, and no cluster of ECS is watched",
            hint="name the log group, or a cluster in XOPS_WATCH_ECS__CLUSTERS",
        )
    return ServiceLogGroup(
        needs.inventory, needs.clients.make("ecs"), services=needs.settings.ecs.l6_services
    )


def unnamed(settings: Settings) -> Mapping[str, str]:
    """Return the signals of which nothing is named, and the setting that would name it.

    Costs and stages are not among them: what is derived from them would be blind, though
    nobody asked for it.
    """
    governance = settings.governance
    named = {
        SecretsSource.signals: (governance.secrets, "GOVERNANCE__SECRETS"),
        CertificatesSource.signals: (governance.certificates, "GOVERNANCE__CERTIFICATES"),
        ComplianceSource.signals: (governance.conformance_packs, "GOVERNANCE__CONFORMANCE_PACKS"),
        AppLogSource.signals: (settings.app_log.group, "APP_LOG__GROUP"),
    }
    return {
        signal: f"XOPS_WATCH_{setting}"
        for signals, (value, setting) in named.items()
        for signal in signals
        if not value
    }


def expected_expenses(settings: Settings) -> Mapping[str, float]:
    """Return what calls beside those of CloudWatch will cost a month, by IAM action."""
    return {GET_COST: DOLLARS_PER_MONTH} if settings.cost.explorer else {}


WIRINGS = (
    Wiring(
        name="secrets",
        setting="XOPS_WATCH_GOVERNANCE__SECRETS",
        signals=SecretsSource.signals,
        iam_actions=SecretsSource.iam_actions,
        enabled=lambda settings: bool(settings.governance.secrets),
        build=_secrets,
    ),
    Wiring(
        name="certificates",
        setting="XOPS_WATCH_GOVERNANCE__CERTIFICATES",
        signals=CertificatesSource.signals,
        iam_actions=CertificatesSource.iam_actions,
        enabled=lambda settings: bool(settings.governance.certificates),
        build=_certificates,
    ),
    Wiring(
        name="compliance",
        setting="XOPS_WATCH_GOVERNANCE__CONFORMANCE_PACKS",
        signals=ComplianceSource.signals,
        iam_actions=ComplianceSource.iam_actions,
        enabled=lambda settings: bool(settings.governance.conformance_packs),
        build=_compliance,
    ),
    Wiring(
        name="budgets",
        setting="XOPS_WATCH_COST__BUDGET",
        signals=BudgetSource.signals,
        iam_actions=BudgetSource.iam_actions,
        # Two that tell the same would contradict each other.
        enabled=lambda settings: bool(settings.cost.budget) and not settings.cost.explorer,
        build=_budget,
    ),
    Wiring(
        name="cost_explorer",
        setting="XOPS_WATCH_COST__EXPLORER",
        signals=CostExplorerSource.signals,
        iam_actions=CostExplorerSource.iam_actions,
        enabled=lambda settings: settings.cost.explorer,
        build=_cost_explorer,
    ),
    Wiring(
        name="declared",
        setting="XOPS_WATCH_COST__STAGE",
        signals=DeclaredSource.signals,
        enabled=lambda settings: bool(settings.cost.stage or settings.cost.external),
        build=_declared,
    ),
    Wiring(
        name="own_cost",
        setting="XOPS_WATCH_ECS__CLUSTERS",
        signals=OwnCostSource.signals,
        enabled=lambda settings: settings.watches_aws or settings.cost.explorer,
        build=_own_cost,
    ),
    Wiring(
        name="app_logs",
        setting="XOPS_WATCH_APP_LOG__GROUP",
        signals=AppLogSource.signals,
        iam_actions=AppLogSource.iam_actions,
        enabled=lambda settings: settings.app_log.group is not None,
        build=_app_logs,
    ),
)
