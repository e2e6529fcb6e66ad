"""A server of JSON on loopback, for the neighbours of the stack; it answers from a thread."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Document = dict[str, Any]
_BODY_BYTES_MAX = 100_000
_POLL_SECONDS = 0.1  # how soon the server notices that it has to end


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request: its path with the query, who asks, and what is sent."""

    target: str
    authorization: str
    body: bytes


Answer = Callable[[Asked], tuple[int, Document]]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """Yield the address of a server that answers so while the block runs: status and document."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        length = min(int(handler.headers.get("content-length", "0")), _BODY_BYTES_MAX)
        asked = Asked(
            target=handler.path,
            authorization=handler.headers.get("authorization", ""),
            body=handler.rfile.read(length),
        )
        status, document = answer(asked)
        body = json.dumps(document).encode()
        handler.send_response(status)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        with suppress(OSError):  # a daemon that ends hangs up in the middle
            handler.wfile.write(body)

    # By the names that http.server calls; its lines of log would stand between those of the story.
    names = {"do_GET": respond, "do_POST": respond, "log_message": _say_nothing}
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (BaseHTTPRequestHandler,), names)
    ) as server:
        thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _say_nothing(*_: object) -> None:
    return
