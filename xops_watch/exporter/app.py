"""The daemon's HTTP answers, as one WSGI application: read-only, from memory, never from AWS."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from wsgiref.types import StartResponse, WSGIEnvironment

from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import CollectorRegistry

from xops_watch import __version__
from xops_watch.exporter.exposition import compressed, negotiate
from xops_watch.exporter.page import PageView, render_page
from xops_watch.exporter.publisher import SnapshotPublisher
from xops_watch.exporter.style import STYLE
from xops_watch.exporter.telemetry import PrometheusTelemetry
from xops_watch.ports import Clock

MISSED_TICKS_MAX = 3  # one late tick is a slow provider, three are a daemon that hangs
REFRESH_SECONDS_MIN = 5  # a compressed clock ticks faster than a person reads

_METHODS = ("GET", "HEAD")
_TEXT = "text/plain; charset=utf-8"
_NOT_YET = "the first tick has not finished yet"
_UNAVAILABLE = "503 Service Unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP response before it is written."""

    body: bytes
    status: str = "200 OK"
    content_type: str = _TEXT
    headers: tuple[tuple[str, str], ...] = ()


class HttpApp:
    """The WSGI application; each answer is made from one snapshot.

    It counts as alive while the last tick, or at first the start, is younger than three
    intervals of real time, as `clock` stretches them.
    """

    def __init__(
        self,
        publisher: SnapshotPublisher,
        telemetry: PrometheusTelemetry,
        *,
        clock: Clock,
        tick_interval: timedelta,
    ) -> None:
        self._publisher = publisher
        self._clock = clock
        self._silence_max = clock.real_seconds(MISSED_TICKS_MAX * tick_interval)
        self._refresh_seconds = max(round(clock.real_seconds(tick_interval)), REFRESH_SECONDS_MIN)
        self._safety = _safety_headers()
        self._registry = CollectorRegistry()
        self._registry.register(telemetry)
        ProcessCollector(registry=self._registry)
        self._routes: Mapping[str, Callable[[WSGIEnvironment], Answer]] = {
            "/": self._page,
            "/metrics": self._metrics,
            "/healthz": self._health,
            "/readyz": self._readiness,
            "/api/v1/snapshot": self._snapshot,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; a HEAD gets the headers of its GET."""
        answer = self._answer(environ)
        headers = [
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            *answer.headers,
            *self._safety,
        ]
        start_response(answer.status, headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.body]

    def _answer(self, environ: WSGIEnvironment) -> Answer:
        route = self._routes.get(environ.get("PATH_INFO", ""))
        if route is None:
            known = " ".join(self._routes)
            return _line(f"not found; there are {known}", status="404 Not Found")
        if environ["REQUEST_METHOD"] not in _METHODS:
            allowed = ", ".join(_METHODS)
            return _line(
                f"only {allowed}: nothing can be changed here",
                status="405 Method Not Allowed",
                headers=(("Allow", allowed),),
            )
        return route(environ)

    def _metrics(self, environ: WSGIEnvironment) -> Answer:
        text_format = negotiate(environ.get("HTTP_ACCEPT", ""))
        shown = self._publisher.shown
        told = shown.metrics(text_format) if shown else b""
        body = told + text_format.part(self._registry.collect()) + text_format.end
        gzipped = compressed(body, environ.get("HTTP_ACCEPT_ENCODING", ""))
        if gzipped is None:
            return Answer(body=body, content_type=text_format.content_type)
        return Answer(
            body=gzipped,
            content_type=text_format.content_type,
            headers=(("Content-Encoding", "gzip"),),
        )

    def _health(self, _: WSGIEnvironment) -> Answer:
        complaint = self._complaint()
        return _line(complaint, status=_UNAVAILABLE) if complaint else _line("alive")

    def _readiness(self, _: WSGIEnvironment) -> Answer:
        if self._publisher.shown is None:
            return _line(_NOT_YET, status=_UNAVAILABLE)
        return _line("leader")

    def _snapshot(self, _: WSGIEnvironment) -> Answer:
        shown = self._publisher.shown
        if shown is not None:
            return Answer(body=shown.document(), content_type="application/json")
        error = {"error": _NOT_YET, "hint": "ask again when /readyz answers 200"}
        body = f"{json.dumps(error)}\n".encode()
        return Answer(body=body, status=_UNAVAILABLE, content_type="application/json")

    def _page(self, _: WSGIEnvironment) -> Answer:
        shown = self._publisher.shown
        view = PageView(
            snapshot=shown.snapshot if shown else None,
            now=self._clock.now(),
            refresh_seconds=self._refresh_seconds,
            complaint=self._complaint(),
            version=__version__,
        )
        return Answer(body=render_page(view).encode(), content_type="text/html; charset=utf-8")

    def _complaint(self) -> str:
        """Say why the daemon counts as dead; nothing while it is alive."""
        silent = self._publisher.silent_seconds()
        if silent < self._silence_max:
            return ""
        return f"no tick has finished for {silent:.1f} s; dead after {self._silence_max:.1f} s"


def _line(
    text: str, *, status: str = "200 OK", headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    return Answer(body=f"{text}\n".encode(), status=status, headers=headers)


def _safety_headers() -> tuple[tuple[str, str], ...]:
    """Nothing may be loaded, run, framed, guessed or kept; the one style sheet is known by hash."""
    style = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; style-src 'sha256-{style}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return (
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    )
