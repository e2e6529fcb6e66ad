"""A GitHub of many lively repositories that answers each request after a fixed latency.

`python -m tests.bench.github_endpoint REPOSITORIES LATENCY_SECONDS` prints its port and ends with
stdin. `GET /traffic` tells what was asked since the last time: requests, points, bytes.
"""

import json
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

PAGE = 50
PULLS, OPENS, COMMITS, FILES = 50, 5, 30, 10  # of each repository; files of each pull request
_END = {"hasNextPage": False, "endCursor": None}
Node = Mapping[str, Any]


class Handler(BaseHTTPRequestHandler):
    """Answers what the source of GitHub asks."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # the latency is ours
    repositories: ClassVar[int]
    latency: ClassVar[float]
    traffic: ClassVar[Counter[str]] = Counter()
    lock: ClassVar[threading.Lock] = threading.Lock()

    def do_GET(self) -> None:
        if self.path == "/traffic":
            with self.lock:
                told = dict(self.traffic)
                self.traffic.clear()
            self._send(200, json.dumps(told).encode())
            return
        unchanged = self.headers.get("If-None-Match") == '"tag"'
        name = self.path.rpartition("/")[2]
        found = {"id": int(name.removeprefix("r")), "full_name": f"acme/{name}"}
        content = b"" if unchanged else json.dumps(found).encode()
        self._count({"REST, free" if unchanged else "REST": 1, "bytes": len(content)})
        self._send(304 if unchanged else 200, content, ETag='"tag"')

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = json.loads(body)
        data, connections = answer(asked, self.repositories)
        # As GitHub reckons: a hundred connections are a point, and less is one as well.
        points = max(1, round(connections / 100))
        content = json.dumps({"data": data}).encode()
        told = {"GraphQL": 1, "points": points, "bytes": len(body) + len(content)}
        self._count(told)
        self._send(200, content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _count(self, told: Mapping[str, int]) -> None:
        with self.lock:
            self.traffic.update(told)
        time.sleep(self.latency)

    def _send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def answer(asked: Node, repositories: int) -> tuple[Node, int]:
    """Return the data of a query, and how many connections it walks."""
    operation, variables = asked["operationName"], asked["variables"]
    if operation == "Repositories":
        return _listing(int(variables["after"] or 0), repositories), 1 + 2 * PAGE
    if operation == "Files":
        nodes = [_node(FILES, lambda n: {"path": f"modules/{n}/main.tf"})] * len(variables["ids"])
        told = [{"id": i, "files": n} for i, n in zip(variables["ids"], nodes, strict=True)]
        return {"nodes": told}, len(told)
    places = re.findall(r"\b(r\d+): repository\(", asked["query"])
    numbers = [int(variables[f"name{place[1:]}"].removeprefix("r")) for place in places]
    of_each = {"Repository": _listed, "PullRequests": _pulls, "Commits": _commits}[operation]
    each = 1 if operation == "Commits" else 2
    parts = {place: of_each(number) for place, number in zip(places, numbers, strict=True)}
    return parts, each * len(places)


def _listing(start: int, repositories: int) -> Node:
    stop = min(start + PAGE, repositories)
    page = {"hasNextPage": stop < repositories, "endCursor": str(stop)}
    nodes = [_listed(number) for number in range(start, stop)]
    return {"repositoryOwner": {"repositories": {"pageInfo": page, "nodes": nodes}}}


def _listed(number: int) -> Node:
    return {
        "databaseId": number,
        "nameWithOwner": f"acme/r{number}",
        "isArchived": False,
        "isFork": False,
        "pushedAt": _ago(1),
        "latest": {"nodes": []},
        "open": {"totalCount": OPENS},
    }


def _pulls(number: int) -> Node:
    """One pull request a day: seven of the week."""
    author = {"__typename": "User", "login": f"person{number % 20}"}
    recent = _node(
        PULLS, lambda n: {"id": f"P{number}-{n}", "createdAt": _ago(n + 1), "author": author}
    )
    opens = _node(OPENS, lambda n: {"id": f"P{number}-{n}", "mergeable": "MERGEABLE"})
    return {"databaseId": number, "recent": recent, "open": opens}


def _commits(number: int) -> Node:
    author = {"email": "", "user": {"login": f"person{number % 20}"}}
    history = _node(COMMITS, lambda n: {"committedDate": _ago(n % 20), "author": author})
    branch = {"target": {"history": history}}
    return {"databaseId": number, "isEmpty": False, "defaultBranchRef": branch}


def _node(count: int, make: Callable[[int], Node]) -> Node:
    return {"pageInfo": _END, "nodes": [make(n) for n in range(count)]}


def _ago(days: int) -> str:
    at = datetime.now(UTC) - timedelta(days=days) + timedelta(hours=1)  # noqa: TID251 - no clock of ours
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def main() -> None:
    """Serve until stdin ends."""
    Handler.repositories, Handler.latency = int(sys.argv[1]), float(sys.argv[2])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)  # noqa: T201 - for who started it
    sys.stdin.read()


if __name__ == "__main__":
    main()
