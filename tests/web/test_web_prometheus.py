"""The HTTP API of Prometheus: numbers, or why there are none."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.loopback import Loopback, answer, serving
from xops_watch.errors import GapReason, SourceError
from xops_watch.web.client import Web
from xops_watch.web.prometheus import PrometheusApi, Sample
from xops_watch.web.reply import Limits

AT = 1772420660.781
INSTANT = datetime(2026, 3, 2, 3, 4, 20, 781_000, UTC)
TOKEN = "glsa-5a8e7d6c4b3a"  # noqa: S105 - a made-up one
SETTING = "XOPS_WATCH_PROMETHEUS__"
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("status", "data", "resultType", "result", "metric", "value", "x")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@pytest.fixture(scope="module")
def running() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


@pytest.fixture
def server(running: Loopback) -> Loopback:
    running.asked.clear()
    return running


def api(server: Loopback, *, headers: Mapping[str, str] | None = None) -> PrometheusApi:
    limits = Limits(total=timedelta(seconds=2), bytes_max=20_000)
    return PrometheusApi(
        Web(f"{server.url}/prom/", what="Prometheus", limits=limits),
        setting=SETTING,
        timeout=timedelta(seconds=2),
        headers=lambda: headers or {},
    )


def success(result: object, *, kind: str = "vector", **more: object) -> str:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}, **more})


def failure(kind: str, error: str) -> str:
    return json.dumps({"status": "error", "errorType": kind, "error": error})


def ask(server: Loopback, body: str, *, status: int = 200) -> tuple[Sample, ...]:
    server.answers["/prom/api/v1/query"] = answer(body, status=status)
    return api(server).query("up")


def refused(
    server: Loopback, body: str, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> SourceError:
    server.answers["/prom/api/v1/query"] = answer(body, status=status)
    with pytest.raises(SourceError) as caught:
        api(server, headers=headers).query("up")
    error = caught.value
    assert error.what.isprintable()
    assert error.hint.isprintable()
    return error


def test_each_series_is_a_sample_with_its_labels_and_its_time(server: Loopback) -> None:
    body = success(
        [
            {"metric": {"realm": "a"}, "value": [AT, "57"]},
            {"metric": {}, "value": [1772420660, "1e-3"]},
        ]
    )
    assert ask(server, body) == (
        Sample(labels={"realm": "a"}, value=57, at=INSTANT),
        Sample(labels={}, value=0.001, at=datetime(2026, 3, 2, 3, 4, 20, tzinfo=UTC)),
    )


def test_the_server_is_told_to_give_up_before_we_do(server: Loopback) -> None:
    server.answers["/prom/api/v1/query"] = answer(success([]))
    assert api(server).query('max by (a) (m{b=~"c|d"}) > 0') == ()
    (asked,) = server.asked
    assert asked.method == "GET"
    assert parse_qs(urlsplit(asked.target).query) == {
        "query": ['max by (a) (m{b=~"c|d"}) > 0'],
        "timeout": ["1600ms"],
    }


def test_a_scalar_is_a_sample_without_labels(server: Loopback) -> None:
    body = success([AT, "42"], kind="scalar")
    assert ask(server, body) == (Sample(labels={}, value=42, at=INSTANT),)


@pytest.mark.parametrize(
    ("text", "shown"), [("NaN", "nan"), ("+Inf", "inf"), ("-Inf", "-inf"), ("-0", "-0.0")]
)
def test_every_float_is_read(server: Loopback, text: str, shown: str) -> None:
    (sample,) = ask(server, success([{"metric": {}, "value": [AT, text]}]))
    assert str(sample.value) == shown


@pytest.mark.parametrize("kind", ["matrix", "string", "streams", "\u202e" * 99])
def test_what_is_no_number_of_now_is_refused(server: Loopback, kind: str) -> None:
    error = refused(server, success([], kind=kind))
    assert error.reason is GapReason.INVALID
    assert "and no numbers of now" in error.what


def test_a_histogram_is_no_number(server: Loopback) -> None:
    histogram = {"metric": {}, "histogram": [AT, {"count": "1", "sum": "2", "buckets": []}]}
    error = refused(server, success([histogram]))
    assert (error.reason, "histogram_quantile" in error.hint) == (GapReason.INVALID, True)


@pytest.mark.parametrize(
    "body",
    [
        "up",
        "[]",
        "{}",
        '{"status": "success"}',
        '{"status": "success", "data": {"resultType": "vector"}}',
        '{"status": "partial", "data": {"resultType": "vector", "result": []}}',
        success([{"value": [AT, "1"]}]),
        success([{"metric": {"a": 1}, "value": [AT, "1"]}]),
        success([{"metric": {}, "value": [AT]}]),
        success([{"metric": {}, "value": ["now", "1"]}]),
        success([{"metric": {}, "value": [AT, "one"]}]),
        success([{"metric": {}, "value": [AT, True]}]),
        success([{"metric": {}, "value": [1e300, "1"]}]),
        success([AT], kind="scalar"),
        success([[AT, "1"]], kind="scalar"),
    ],
)
def test_an_answer_of_another_shape_is_refused(server: Loopback, body: str) -> None:
    assert refused(server, body).reason is GapReason.INVALID


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(JSON)
def test_whatever_is_answered_gives_samples_or_a_source_error(
    server: Loopback, body: object
) -> None:
    try:
        samples = ask(server, json.dumps(body))
    except SourceError as error:
        assert error.what.isprintable()  # noqa: PT017 - either is right
    else:
        assert all(isinstance(sample, Sample) for sample in samples)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, GapReason.INVALID),
        (401, GapReason.DENIED),
        (403, GapReason.DENIED),
        (404, GapReason.INVALID),
        (414, GapReason.INVALID),
        (422, GapReason.INVALID),
        (429, GapReason.THROTTLED),
        (500, GapReason.UNREACHABLE),
        (503, GapReason.UNREACHABLE),
    ],
)
def test_a_status_of_failure_has_its_reason(
    server: Loopback, status: int, reason: GapReason
) -> None:
    error = refused(server, "<html>no</html>", status=status)
    said = f"Prometheus GET /api/v1/query: HTTP status {status}"
    assert (error.reason, error.what) == (reason, said)


def test_a_bad_query_is_told_in_the_words_of_the_server(server: Loopback) -> None:
    body = failure("bad_data", 'invalid parameter "query": 1:5: parse error:\nunclosed')
    error = refused(server, body, status=400)
    assert error.reason is GapReason.INVALID
    assert error.what == (
        "Prometheus GET /api/v1/query: HTTP status 400, bad_data:"
        " 'invalid parameter \"query\": 1:5: parse error:\\nunclosed'"
    )


def test_words_that_repeat_the_login_are_not_told(server: Loopback) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    for status, kind in ((422, "execution"), (200, "execution")):
        body = failure(kind, f"no such thing: {TOKEN}")
        error = refused(server, body, status=status, headers=headers)
        assert TOKEN not in f"{error.what}{error.hint}"
        assert error.what.endswith("execution")


def test_words_that_repeat_a_password_as_it_was_before_it_was_encoded_are_not_told(
    server: Loopback,
) -> None:
    headers = {"authorization": "Basic eG9wczpjb3JyZWN0IGhvcnNl"}  # xops:correct horse
    error = refused(server, failure("bad_data", "no correct horse"), status=400, headers=headers)
    assert error.what == "Prometheus GET /api/v1/query: HTTP status 400, bad_data"


def test_words_that_nobody_knows_are_not_told(server: Loopback) -> None:
    error = refused(server, failure("<b>odd</b>", "secret"), status=422)
    assert error.what == "Prometheus GET /api/v1/query: HTTP status 422"


@pytest.mark.parametrize("status", [200, 503])
def test_a_query_that_takes_too_long_is_a_timeout(server: Loopback, status: int) -> None:
    body = failure("timeout", "query timed out in expression evaluation")
    assert refused(server, body, status=status).reason is GapReason.TIMEOUT


def test_an_answer_with_warnings_is_not_whole(server: Loopback) -> None:
    point = [{"metric": {}, "value": [AT, "57"]}]
    error = refused(server, success(point, warnings=["No StoreAPIs matched for this query"]))
    assert error.reason is GapReason.INVALID
    assert "the answer is not whole: 'No StoreAPIs matched" in error.what


def test_a_remark_on_the_query_is_no_warning(server: Loopback) -> None:
    point = [{"metric": {}, "value": [AT, "57"]}]
    remark = 'PromQL info: metric might not be a counter, name does not end in _total: "a" (1:6)'
    (sample,) = ask(server, success(point, warnings=[remark], infos=[remark]))
    assert sample.value == 57


def test_an_answer_that_is_too_large_is_refused(server: Loopback) -> None:
    point = {"metric": {"a": "b" * 100}, "value": [AT, "57"]}
    error = refused(server, success([point] * 500))
    assert error.reason is GapReason.INVALID
    assert "larger than 20000 bytes" in error.what


def test_nobody_there_is_unreachable() -> None:
    gone = Loopback(url="http://127.0.0.1:1", answers={})
    with pytest.raises(SourceError) as caught:
        api(gone).query("up")
    assert caught.value.reason is GapReason.UNREACHABLE


def test_silence_is_a_timeout() -> None:
    with serving() as silent:
        silent.fallback = lambda _: _wait(silent)
        limits = Limits(total=timedelta(milliseconds=100))
        web = Web(silent.url, what="Prometheus", limits=limits)
        with pytest.raises(SourceError) as caught:
            PrometheusApi(web, setting=SETTING, timeout=limits.total).query("up")
    assert caught.value.reason is GapReason.TIMEOUT


def _wait(server: Loopback) -> None:
    server.over.wait()
