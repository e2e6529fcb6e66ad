"""The gauge of Open WebUI, read back from Prometheus: one number, or why there is none."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.web.loopback import Loopback, answer, serving
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.openwebui import Telemetry
from xops_watch.web.client import Web
from xops_watch.web.prometheus import PrometheusApi


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


def vector(*values: object) -> str:
    """Return an answer of the query API, in the shape of Prometheus 2.42."""
    result = [
        {"metric": {"instance": f"10.0.0.{n}:9464"}, "value": [1772420660.781, value]}
        for n, value in enumerate(values)
    ]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}})


def telemetry(server: Loopback) -> Telemetry:
    web = Web(server.url, what="Prometheus")
    api = PrometheusApi(web, setting="XOPS_WATCH_PROMETHEUS__", timeout=timedelta(seconds=8))
    return Telemetry(api, "max(webui_users_active)")


def refused(server: Loopback) -> tuple[GapReason, str]:
    with pytest.raises(SourceError) as caught:
        telemetry(server).active()
    error = caught.value
    assert error.hint
    return error.reason, error.what


@pytest.mark.parametrize(("text", "number"), [("57", 57), ("0", 0), ("1e2", 100), ("12.5", 12.5)])
def test_the_number_of_the_query_is_returned(server: Loopback, text: str, number: float) -> None:
    server.answers["/api/v1/query"] = answer(vector(text))
    assert telemetry(server).active() == number
    (asked,) = server.asked
    assert asked.target.startswith("/api/v1/query?query=max%28webui_users_active%29&")


def test_nothing_is_not_zero(server: Loopback) -> None:
    server.answers["/api/v1/query"] = answer(vector())
    why = "Prometheus: the query for users gives nothing"
    assert refused(server) == (GapReason.NOT_ENABLED, why)


def test_a_number_of_each_replica_is_not_guessed_from(server: Loopback) -> None:
    server.answers["/api/v1/query"] = answer(vector("57", "57"))
    why = "Prometheus: the query for users gives 2 numbers"
    assert refused(server) == (GapReason.INVALID, why)


@pytest.mark.parametrize("text", ["NaN", "+Inf", "-Inf", "-1", "1e9"])
def test_what_is_no_count_is_refused(server: Loopback, text: str) -> None:
    server.answers["/api/v1/query"] = answer(vector(text))
    why = "Prometheus: the query for users gives no count"
    assert refused(server) == (GapReason.INVALID, why)


def test_a_server_that_fails_tells_its_own_reason(server: Loopback) -> None:
    server.answers["/api/v1/query"] = answer("no", status=403)
    assert refused(server)[0] is GapReason.DENIED
