"""Sources that only watch what is named to them: machines, databases, Keycloak, ChromaDB."""

from collections.abc import Sequence
from datetime import timedelta

from xops_watch.aws.load_balancers import LoadBalancers
from xops_watch.bootstrap import account
from xops_watch.bootstrap.wiring import Needs, Wiring
from xops_watch.ports import Source
from xops_watch.settings import Settings
from xops_watch.sources.auto_scaling import AutoScalingSource
from xops_watch.sources.chroma import ChromaSource
from xops_watch.sources.rds import RdsSource
from xops_watch.sources.target_health import TargetHealthSource
from xops_watch.sources.unnamed import UnnamedSource

_CHROMA_INTERVAL = timedelta(hours=1)  # a walk over a file system that others need


def _interval(needs: Needs) -> timedelta:
    return timedelta(seconds=needs.settings.portal.interval_seconds)


def _groups(needs: Needs) -> Sequence[Source]:
    source = AutoScalingSource(
        needs.clients.make("autoscaling"),
        patterns=needs.settings.portal.auto_scaling_groups,
        interval=_interval(needs),
        seen=needs.seen,
    )
    return (source,)


def _databases(needs: Needs) -> Sequence[Source]:
    source = RdsSource(
        needs.clients.make("rds"),
        patterns=needs.settings.portal.databases,
        interval=_interval(needs),
        seen=needs.seen,
    )
    return (source,)


def _keycloak(needs: Needs) -> Sequence[Source]:
    source = TargetHealthSource(
        LoadBalancers(needs.clients.make("elbv2")),
        patterns=needs.settings.portal.keycloak_target_groups,
        interval=_interval(needs),
        seen=needs.seen,
    )
    return (source,)


def _chroma(needs: Needs) -> Sequence[Source]:
    path = needs.settings.adoption.chroma_path
    if path is None:
        return ()
    return (ChromaSource(path, interval=_CHROMA_INTERVAL, stack=needs.settings.stack),)


def _unnamed(needs: Needs) -> Sequence[Source]:
    """What no rule asks for needs no excuse."""
    asked = needs.rules().needs()
    missing = {**_missing(needs.settings), **account.unnamed(needs.settings)}
    fixes = {signal: fix for signal, fix in missing.items() if signal in asked}
    return (UnnamedSource(fixes, interval=_interval(needs)),) if fixes else ()


def _missing(settings: Settings) -> dict[str, str]:
    portal = settings.portal
    named = {
        AutoScalingSource.signals: (portal.auto_scaling_groups, "PORTAL__AUTO_SCALING_GROUPS"),
        RdsSource.signals: (portal.databases, "PORTAL__DATABASES"),
        TargetHealthSource.signals: (
            portal.keycloak_target_groups,
            "PORTAL__KEYCLOAK_TARGET_GROUPS",
        ),
        ChromaSource.signals: (settings.adoption.chroma_path, "ADOPTION__CHROMA_PATH"),
    }
    return {
        signal: f"XOPS_WATCH_{fix}"
        for signals, (value, fix) in named.items()
        for signal in signals
        if not value
    }


WIRINGS = (
    Wiring(
        name="auto_scaling",
        setting="XOPS_WATCH_PORTAL__AUTO_SCALING_GROUPS",
        signals=AutoScalingSource.signals,
        iam_actions=AutoScalingSource.iam_actions,
        enabled=lambda settings: bool(settings.portal.auto_scaling_groups),
        build=_groups,
    ),
    Wiring(
        name="rds",
        setting="XOPS_WATCH_PORTAL__DATABASES",
        signals=RdsSource.signals,
        iam_actions=RdsSource.iam_actions,
        enabled=lambda settings: bool(settings.portal.databases),
        build=_databases,
    ),
    Wiring(
        name="target_health",
        setting="XOPS_WATCH_PORTAL__KEYCLOAK_TARGET_GROUPS",
        signals=TargetHealthSource.signals,
        iam_actions=TargetHealthSource.iam_actions,
        enabled=lambda settings: bool(settings.portal.keycloak_target_groups),
        build=_keycloak,
    ),
    Wiring(
        name="chroma",
        setting="XOPS_WATCH_ADOPTION__CHROMA_PATH",
        signals=ChromaSource.signals,
        enabled=lambda settings: settings.adoption.chroma_path is not None,
        build=_chroma,
    ),
    Wiring(
        name="unnamed",
        setting="XOPS_WATCH_ECS__CLUSTERS",
        signals=(),
        enabled=lambda settings: settings.watches_something,
        build=_unnamed,
    ),
)
