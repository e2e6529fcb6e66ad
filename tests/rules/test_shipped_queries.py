"""The PromQL of the shipped rule files: right for promtool, and right for recorded samples."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import xops_watch
from tests.web.prometheus_server import (
    Recorded,
    check_rules,
    needs_prometheus,
    prometheus_of,
)
from xops_watch.clock import machine_now
from xops_watch.core.catalogue import SIGNALS
from xops_watch.core.query import Query
from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import PROFILES, shipped_profiles

HOUR, DAY = 3600, 86_400
TOLERANCE = 0.05  # increase() and rate() extrapolate over what lies between two samples
LOGIN = "/realms/{realm}/login-actions/authenticate"
FILTER = "/{pipeline_id}/filter/inlet"


def queries(profile: str) -> tuple[Query, ...]:
    return load([shipped_profiles()[profile]]).queries


def test_every_signal_of_prometheus_is_asked_for_in_a_shipped_profile() -> None:
    asked = {query.signal.name for profile in PROFILES for query in queries(profile)}
    assert asked == {signal.name for signal in SIGNALS if signal.source == "prometheus"}


def test_what_is_shipped_has_no_signals_but_those_of_the_catalogue() -> None:
    assert not [query for profile in PROFILES for query in queries(profile) if query.own]


@needs_prometheus
@pytest.mark.parametrize("profile", PROFILES)
def test_promtool_takes_every_query(profile: str, tmp_path: Path) -> None:
    rules = [{"record": query.signal.metric, "expr": query.promql} for query in queries(profile)]
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": profile, "rules": rules}]}), "utf-8")
    assert check_rules(file) == ""


def counter(series: str, *, now: float, per_hour: float, days: float = 40) -> Recorded:
    """Return a counter that was read each hour, and each 15 s of the last 20 minutes."""
    start = now - days * DAY
    times = [start + n * HOUR for n in range(int(days * 24))]
    times += [at for n in range(80) if (at := now - 15 * (80 - n)) > times[-1]]
    return Recorded(series=series, points=[(at, (at - start) / HOUR * per_hour) for at in times])


def gauge(series: str, *values: float, now: float) -> Recorded:
    """Return a gauge that was read each minute, last of all just now."""
    count = len(values)
    points = [(now - 60 * (count - 1 - n), value) for n, value in enumerate(values)]
    return Recorded(series=series, points=points)


def histogram(name: str, labels: str, *, now: float) -> Iterator[Recorded]:
    """Yield 90 of 100 requests below 1 s, and all below 4 s."""
    for le, share in (("1", 90), ("4", 100), ("+Inf", 100)):
        yield counter(f'{name}_bucket{{{labels},le="{le}"}}', now=now, per_hour=share, days=1)


def litellm(now: float) -> Iterator[Recorded]:
    total = "litellm_deployment_total_requests_total"
    success = "litellm_deployment_success_responses_total"
    yield counter(f'{total}{{model_id="a"}}', now=now, per_hour=8)
    yield counter(f'{total}{{model_id="b"}}', now=now, per_hour=2)
    yield counter(f'{success}{{model_id="a"}}', now=now, per_hour=7)
    yield counter(f'{success}{{model_id="b"}}', now=now, per_hour=2)
    yield counter("litellm_input_tokens_metric_total", now=now, per_hour=1000)
    yield counter("litellm_input_cached_tokens_metric_total", now=now, per_hour=650)


def portal(now: float) -> Iterator[Recorded]:
    for replica in ("1", "2"):
        yield gauge(f'webui_users_active{{replica="{replica}"}}', 40, 51, now=now)
        today = f'webui_users_active_today{{replica="{replica}"}}'
        yield gauge(today, 117, 120, 0, 3, now=now)
        sessions = "vendor_statistics_approximate_entries_unique"
        yield gauge(f'{sessions}{{cache="sessions",node="{replica}"}}', 30, now=now)
        yield gauge(f'{sessions}{{cache="users",node="{replica}"}}', 999, now=now)
    yield from histogram("http_server_requests_seconds", f'uri="{LOGIN}"', now=now)
    yield counter(
        'http_server_requests_seconds_bucket{uri="/metrics",le="+Inf"}', now=now, per_hour=9999
    )
    yield counter("langfuse_queue_ingestion_request", now=now, per_hour=120, days=1)
    wait = "langfuse_queue_ingestion_wait_time"
    yield gauge(f'{wait}{{quantile="0.5"}}', 900_000, now=now)
    yield gauge(f'{wait}{{quantile="0.99",worker="1"}}', 2500, now=now)
    yield gauge(f'{wait}{{quantile="0.99",worker="2"}}', 1500, now=now)
    yield from histogram("http_server_request_duration_seconds", f'http_route="{FILTER}"', now=now)
    yield gauge("pipelines_cold_start_seconds", 45, now=now)
    yield counter("litellm_deployment_total_requests_total", now=now, per_hour=600, days=1)


def values(url: str, profile: str) -> dict[str, float]:
    """Return what the command shows of the signals that are asked for."""
    outcome = xops_watch(
        "once",
        "--json",
        XOPS_WATCH_PROMETHEUS__URL=url,
        XOPS_WATCH_RULES_PATH=profile,
        AWS_DEFAULT_REGION="eu-west-1",
    )
    assert outcome.code == 0, outcome.err
    asked = {query.signal.name for query in queries(profile)}
    shown = [one for one in json.loads(outcome.out)["signals"] if one["signal"] in asked]
    assert {one["status"] for one in shown} == {"ok"}, shown
    assert {one["subject"] for one in shown} == {"xops"}
    return {one["signal"]: one["newest"]["value"] for one in shown}


@needs_prometheus
def test_litellm_s_counters_become_the_signals_of_the_ai_provider(tmp_path: Path) -> None:
    now = machine_now().timestamp()
    with prometheus_of(tmp_path, list(litellm(now))) as url:
        assert values(url, "xops") == pytest.approx(
            {
                "llm.availability_30d": 0.9,
                "llm.calls_30d": 7200,
                "llm.cache_hits_24h": 0.65,
                "llm.cacheable_calls_24h": 216,
                "llm.requests_per_minute": 10 / 60,
            },
            rel=TOLERANCE,
        )


@needs_prometheus
def test_the_portal_s_metrics_become_its_signals(tmp_path: Path) -> None:
    now = machine_now().timestamp()
    with prometheus_of(tmp_path, list(portal(now))) as url:
        assert values(url, "ai-portal") == pytest.approx(
            {
                "portal.users_concurrent": 51,
                "portal.users_active_24h": 120,
                "keycloak.users_active": 60,
                "keycloak.login_latency": 2.5,  # halfway between 1 s (90 %) and 4 s (100 %)
                "langfuse.traces_per_minute": 2,
                "langfuse.queue_lag": 2.5,
                "pipelines.filter_latency": 2.5,
                "pipelines.cold_start": 45,
                "llm.requests_per_minute": 10,
            },
            rel=TOLERANCE,
        )
