"""Crews that an application counts for Prometheus: by service, or why they are not known."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.web.loopback import Loopback, answer, serving
from xops_watch.errors import GapReason, SourceError
from xops_watch.web.client import Web
from xops_watch.web.crew_counter import SUBJECTS_MAX, PrometheusCrews, PrometheusQueue
from xops_watch.web.prometheus import PrometheusApi

NOW = datetime(2026, 3, 2, 3, 4, 20, tzinfo=UTC)
SUBJECT = "xops/fastapi-crewai"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


@pytest.fixture
def api(server: Loopback) -> PrometheusApi:
    web = Web(server.url, what="Prometheus")
    return PrometheusApi(web, setting="XOPS_WATCH_PROMETHEUS__", timeout=timedelta(seconds=8))


@pytest.fixture
def crews(api: PrometheusApi) -> PrometheusCrews:
    return PrometheusCrews(api, "sum by (cluster, service) (crews)")


@pytest.fixture
def queue(api: PrometheusApi) -> PrometheusQueue:
    return PrometheusQueue(api, "sum by (cluster, service) (queued)")


def say(server: Loopback, *rows: tuple[str, str, str]) -> None:
    result = [
        {"metric": {"cluster": cluster, "service": service}, "value": [1772420660, value]}
        for cluster, service, value in rows
    ]
    body = {"status": "success", "data": {"resultType": "vector", "result": result}}
    server.answers["/api/v1/query"] = answer(json.dumps(body))


def test_crews_are_told_by_service(server: Loopback, crews: PrometheusCrews) -> None:
    say(server, ("xops", "fastapi-crewai", "11"), ("xops", "other", "0"))
    assert crews.started(now=NOW) == {SUBJECT: 11, "xops/other": 0}
    assert crews.basis == "prometheus"
    assert server.asked[0].target.startswith("/api/v1/query?query=sum+by+%28cluster")


def test_where_nobody_counts_there_is_nothing_to_say(
    server: Loopback, crews: PrometheusCrews
) -> None:
    say(server)
    assert crews.started(now=NOW) == {}
    server.answers["/api/v1/query"] = answer("no", status=503)
    assert crews.started(now=NOW) == {}


def test_a_count_that_was_there_and_cannot_be_read_is_not_forgotten(
    server: Loopback, crews: PrometheusCrews
) -> None:
    say(server, ("xops", "fastapi-crewai", "11"))
    crews.started(now=NOW)
    server.answers["/api/v1/query"] = answer("no", status=503)
    failed = crews.started(now=NOW)[SUBJECT]
    assert isinstance(failed, SourceError)
    assert failed.reason is GapReason.UNREACHABLE
    say(server)
    silent = crews.started(now=NOW)[SUBJECT]
    assert isinstance(silent, SourceError)
    assert silent.reason is GapReason.STALE
    say(server, ("xops", "fastapi-crewai", "12"))
    assert crews.started(now=NOW) == {SUBJECT: 12}


@pytest.mark.parametrize(
    "rows",
    [
        [("", "fastapi-crewai", "1")],
        [("xops", "", "1")],
        [("xops", "a/b", "1")],
        [("xops", "a\nb", "1")],
        [("xops", "a" * 256, "1")],
        [("xops", "fastapi-crewai", "NaN")],
        [("xops", "fastapi-crewai", "+Inf")],
        [("xops", "fastapi-crewai", "-1")],
        [("xops", "fastapi-crewai", "1"), ("xops", "fastapi-crewai", "2")],
        [("xops", f"service-{n}", "1") for n in range(SUBJECTS_MAX + 1)],
    ],
)
def test_what_is_no_count_of_services_is_no_count_at_all(
    server: Loopback, crews: PrometheusCrews, rows: list[tuple[str, str, str]]
) -> None:
    say(server, ("xops", "fastapi-crewai", "11"))
    crews.started(now=NOW)
    say(server, *rows)
    told = crews.started(now=NOW)
    assert told.keys() == {SUBJECT}
    failed = told[SUBJECT]
    assert isinstance(failed, SourceError)
    assert failed.reason is GapReason.INVALID
    assert failed.what.isprintable()


def test_crews_that_wait_are_told_by_service(server: Loopback, queue: PrometheusQueue) -> None:
    say(server, ("xops", "fastapi-crewai", "3"), ("xops", "other", "0"))
    assert queue.queued(now=NOW) == {SUBJECT: 3, "xops/other": 0}
    assert queue.basis == "prometheus"
    assert "queued" in server.asked[0].target


def test_where_nobody_offers_a_backlog_there_is_nothing_to_say(
    server: Loopback, queue: PrometheusQueue
) -> None:
    say(server)
    assert queue.queued(now=NOW) == {}
    for status in (401, 429, 503):
        server.answers["/api/v1/query"] = answer("no", status=status)
        assert queue.queued(now=NOW) == {}


def test_a_backlog_that_was_there_and_cannot_be_read_is_not_forgotten(
    server: Loopback, queue: PrometheusQueue
) -> None:
    say(server, ("xops", "fastapi-crewai", "3"))
    queue.queued(now=NOW)
    for reply, reason in (
        (answer("no", status=401), GapReason.DENIED),
        (answer("no", status=429), GapReason.THROTTLED),
        (answer("no", status=503), GapReason.UNREACHABLE),
        (answer("<html>"), GapReason.INVALID),
    ):
        server.answers["/api/v1/query"] = reply
        failed = queue.queued(now=NOW)[SUBJECT]
        assert isinstance(failed, SourceError)
        assert failed.reason is reason
    say(server)
    silent = queue.queued(now=NOW)[SUBJECT]
    assert isinstance(silent, SourceError)
    assert silent.reason is GapReason.STALE
    assert silent.what.startswith("xops_crews_queued was there and is no more")
    say(server, ("xops", "fastapi-crewai", "-1"))
    garbled = queue.queued(now=NOW)[SUBJECT]
    assert isinstance(garbled, SourceError)
    assert garbled.reason is GapReason.INVALID
    assert garbled.hint == "correct XOPS_WATCH_PROMETHEUS__CREWS_QUEUED_QUERY"
