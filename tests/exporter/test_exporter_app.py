import gzip
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exporter.client import PROMETHEUS_ACCEPT, Desk, FakeClock, ask, families
from tests.exporter.scenes import usual
from xops_watch.clock import ScaledClock
from xops_watch.exporter.exposition import CLASSIC, OPENMETRICS, negotiate

PATHS = ("/", "/metrics", "/healthz", "/readyz", "/api/v1/snapshot")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def busy() -> Desk:
    desk = Desk()
    desk.publisher.publish(usual())
    return desk


@pytest.mark.parametrize("path", PATHS)
def test_a_head_gets_the_headers_of_its_get_and_no_body(busy: Desk, path: str) -> None:
    got = ask(busy.app, path)
    head = ask(busy.app, path, method="HEAD")
    assert (head.status, head.body) == (got.status, b"") == (200, b"")
    # The size of the process' own numbers may change between two scrapes.
    differing = {"Content-Length"} if path == "/metrics" else set()
    assert {k: v for k, v in head.headers.items() if k not in differing} == {
        k: v for k, v in got.headers.items() if k not in differing
    }
    assert int(got.headers["Content-Length"]) == len(got.body) > 0


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_but_reading_is_allowed(busy: Desk, path: str, method: str) -> None:
    reply = ask(busy.app, path, method=method)
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/metrics/", "/api", "/favicon.ico", "/../etc/passwd", "//"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_not_found_whatever_is_asked_of_it(
    busy: Desk, path: str, method: str
) -> None:
    reply = ask(busy.app, path, method=method)
    assert reply.status == 404
    assert "/api/v1/snapshot" in reply.text
    assert "passwd" not in reply.text


@pytest.mark.parametrize("path", [*PATHS, "/nowhere"])
def test_every_answer_forbids_loading_guessing_framing_and_keeping(busy: Desk, path: str) -> None:
    headers = ask(busy.app, path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_metrics_before_the_first_tick_are_the_daemons_own(desk: Desk) -> None:
    reply = ask(desk.app, "/metrics", accept=PROMETHEUS_ACCEPT)
    names = {family.name for family in families(reply)}
    assert reply.status == 200
    assert "xops_watch_build" in names
    assert "xops_watch_last_tick_timestamp_seconds" not in names


def test_metrics_come_compressed_to_those_who_take_it(busy: Desk) -> None:
    plain = ask(busy.app, "/metrics", accept_encoding="deflate, br")
    packed = ask(busy.app, "/metrics", accept_encoding="gzip")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.body) < len(plain.body) / 4
    assert gzip.decompress(packed.body).startswith(plain.body[:2000])


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (PROMETHEUS_ACCEPT, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        (
            "application/openmetrics-text",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/html,*/*;q=0.8", "text/plain; version=0.0.4; charset=utf-8"),
        (
            "application/openmetrics-text;version=7.7.7;escaping=dots",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
        ("application/openmetrics-text;version=abc", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain;version=1.0.0;escaping=dots", "text/plain; version=0.0.4; charset=utf-8"),
    ],
)
def test_the_format_is_what_was_asked_for_and_nothing_made_up(
    busy: Desk, accept: str, content_type: str
) -> None:
    reply = ask(busy.app, "/metrics", accept=accept)
    assert reply.headers["Content-Type"] == content_type
    assert families(reply)
    assert reply.body.count(b"# EOF") == ("openmetrics" in content_type)


@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(
            [
                "application/openmetrics-text",
                "text/plain",
                ";version=",
                "1",
                ".",
                "x",
                ",",
                "=",
                " ",
            ]
        )
    ).map("".join)
)
def test_no_accept_header_breaks_the_negotiation(accept: str) -> None:
    assert negotiate(accept) in (CLASSIC, OPENMETRICS)


def test_it_is_alive_from_the_start_for_three_intervals(desk: Desk) -> None:
    desk.stopwatch.seconds += 44.9
    assert ask(desk.app, "/healthz").status == 200
    desk.stopwatch.seconds += 0.1
    reply = ask(desk.app, "/healthz")
    assert reply.status == 503
    assert reply.text == "no tick has finished for 45.0 s; dead after 45.0 s\n"


def test_every_tick_makes_it_live_for_three_more_intervals(desk: Desk) -> None:
    desk.stopwatch.seconds += 44
    desk.publisher.publish(usual())
    desk.stopwatch.seconds += 44
    assert ask(desk.app, "/healthz").text == "alive\n"
    desk.stopwatch.seconds += 2
    assert ask(desk.app, "/healthz").status == 503
    desk.publisher.publish(usual())
    assert ask(desk.app, "/healthz").status == 200


def test_a_compressed_clock_has_less_patience() -> None:
    desk = Desk(clock=FakeClock(speed=60))
    desk.stopwatch.seconds += 0.7
    assert ask(desk.app, "/healthz").status == 200
    desk.stopwatch.seconds += 0.1
    assert ask(desk.app, "/healthz").status == 503


def test_health_does_not_hang_on_the_time_of_day() -> None:
    clock = FakeClock()
    desk = Desk(clock=clock)
    desk.publisher.publish(usual())
    clock.at = datetime(2040, 1, 1, tzinfo=UTC)
    assert ask(desk.app, "/healthz").status == 200
    clock.at = datetime(1990, 1, 1, tzinfo=UTC)
    desk.stopwatch.seconds += 46
    assert ask(desk.app, "/healthz").status == 503


def test_it_is_ready_once_a_tick_was_published(desk: Desk) -> None:
    before = ask(desk.app, "/readyz")
    desk.publisher.publish(usual())
    after = ask(desk.app, "/readyz")
    assert (before.status, before.text) == (503, "the first tick has not finished yet\n")
    assert (after.status, after.text) == (200, "leader\n")


def test_the_snapshot_api_says_in_json_that_it_has_nothing_yet(desk: Desk) -> None:
    reply = ask(desk.app, "/api/v1/snapshot")
    assert (reply.status, reply.headers["Content-Type"]) == (503, "application/json")
    assert set(json.loads(reply.body)) == {"error", "hint"}


def test_the_page_is_told_the_clock_of_the_daemon() -> None:
    desk = Desk(clock=FakeClock(at=datetime(2026, 3, 4, 13, 0, tzinfo=UTC)))
    desk.publisher.publish(usual())
    assert "1h ago" in ask(desk.app, "/").text


@pytest.mark.parametrize(("speed", "seconds"), [(1.0, 15), (60.0, 5)])
def test_the_page_reloads_as_often_as_it_can_change_but_stays_readable(
    speed: float, seconds: int
) -> None:
    desk = Desk(clock=FakeClock(speed=speed))
    assert f'<meta http-equiv="refresh" content="{seconds}">' in ask(desk.app, "/").text


def test_a_scaled_clock_of_the_daemon_will_do() -> None:
    clock = ScaledClock(anchor=datetime(2026, 3, 4, tzinfo=UTC), speed=60)
    desk = Desk(clock=clock)
    assert ask(desk.app, "/").status == 200
