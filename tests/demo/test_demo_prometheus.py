"""The demo's Prometheus, asked by the reader that asks a real one."""

from datetime import UTC, datetime, timedelta

import pytest

from xops_watch.clock import ScaledClock, machine_now
from xops_watch.core.query import Query
from xops_watch.demo.loopback import serving
from xops_watch.demo.prometheus import Prometheus
from xops_watch.demo.world import CACHE, MINUTE, numbers_at
from xops_watch.errors import SourceError
from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import shipped_rules
from xops_watch.web.client import Web
from xops_watch.web.prometheus import PrometheusApi
from xops_watch.web.reply import Limits

QUERIES: dict[str, Query] = {query.signal.name: query for query in load(shipped_rules()).queries}
LONG_AGO = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def _api(url: str) -> PrometheusApi:
    limits = Limits(total=timedelta(seconds=5), bytes_max=100_000, redirects_max=0)
    web = Web(url, what="Prometheus", limits=limits)
    return PrometheusApi(web, setting="XOPS_WATCH_PROMETHEUS", timeout=timedelta(seconds=4))


@pytest.mark.parametrize(
    ("signal", "value"),
    [
        ("llm.availability_30d", 0.998),
        ("llm.calls_30d", 61_000.0),
        ("llm.cache_hits_24h", 0.78),
        ("llm.cacheable_calls_24h", 3100.0),
        ("llm.requests_per_minute", 14.0),
    ],
)
def test_every_query_of_the_shipped_rules_has_its_number(signal: str, value: float) -> None:
    clock = ScaledClock(anchor=machine_now(), speed=1)
    known = Prometheus(clock=clock, numbers=numbers_at(-MINUTE))
    with serving(known.answer) as url:
        (sample,) = _api(url).query(QUERIES[signal].promql)
    assert sample.value == value
    assert sample.labels == {}


def test_a_new_prompt_lowers_the_share_of_cache_hits_and_nothing_else() -> None:
    before, after = numbers_at(CACHE - MINUTE), numbers_at(CACHE)
    assert {name for name in before if before[name] != after[name]} == {
        "litellm_input_cached_tokens_metric_total"
    }
    assert after["litellm_input_cached_tokens_metric_total"] == 0.62


def test_no_number_is_of_a_time_to_come() -> None:
    clock = ScaledClock(anchor=LONG_AGO, speed=600)
    with serving(Prometheus(clock=clock, numbers={"up": 1.0}).answer) as url:
        (sample,) = _api(url).query("sum(up)")
    assert sample.at < clock.now()


def test_what_it_does_not_know_is_nothing() -> None:
    clock = ScaledClock(anchor=LONG_AGO, speed=60)
    with serving(Prometheus(clock=clock, numbers={}).answer) as url:
        assert _api(url).query("sum(up)") == ()
        with pytest.raises(SourceError):
            _api(f"{url}/elsewhere").query("sum(up)")
