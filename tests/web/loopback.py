"""An HTTP server on loopback that answers as a test tells it, and keeps what it was asked."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(slots=True)
class Asked:
    """One request as it came in; names of headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Loopback:
    """The server, with the requests so far. `answers` are by path; `fallback` answers the rest."""

    url: str
    answers: dict[str, Answer]
    fallback: Answer | None = None
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


def answer(
    body: bytes | str, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """Return what answers so."""
    content = body.encode() if isinstance(body, str) else body

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"content-length": str(len(content)), **(headers or {})}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return respond


def asked_of(handler: BaseHTTPRequestHandler) -> Asked:
    """Return what the handler answers: others may have come in meanwhile."""
    asked = getattr(handler, "asked", None)
    assert isinstance(asked, Asked)
    return asked


@contextmanager
def serving(**answers: Answer) -> Iterator[Loopback]:
    """Serve while the block runs; `over` is set at its end, for answers that hang until then."""
    loopback = Loopback(url="", answers={f"/{path}": one for path, one in answers.items()})

    class Handler(BaseHTTPRequestHandler):
        def _respond(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(length)
            self.asked = Asked(self.command, self.path, headers, body)
            loopback.asked.append(self.asked)
            path = self.path.partition("?")[0]
            known = loopback.answers.get(path) or loopback.fallback
            (known or answer("no such page", status=404))(self)

        do_GET = do_POST = _respond  # noqa: N815 - as http.server calls them

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            del request, client_address  # clients of these tests hang up in the middle

    server = Server(("127.0.0.1", 0), Handler)
    loopback.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield loopback
    finally:
        loopback.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
