"""The metadata endpoint of an ECS task, served by this machine over real HTTP."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATH = "/v4/9781c248-0edd-4cdb-9a93-f63cb662a5d3"

# The fields that AWS's guide shows of a task on Fargate, shortened where nothing is read.
TASK: Mapping[str, object] = {
    "Cluster": "arn:aws:ecs:ap-southeast-2:123456789012:cluster/xops",
    "TaskARN": "arn:aws:ecs:ap-southeast-2:123456789012:task/xops/e9028f8d5d8e4f258373e7b93ce9a3c3",
    "Family": "open-webui",
    "ServiceName": "open-webui",
    "Revision": "7",
    "DesiredStatus": "RUNNING",
    "KnownStatus": "RUNNING",
    "Limits": {"CPU": 1, "Memory": 2048},
    "PullStartedAt": "2026-01-05T11:59:01.234567890Z",
    "PullStoppedAt": "2026-01-05T11:59:08.234567890Z",
    "AvailabilityZone": "ap-southeast-2a",
    "LaunchType": "FARGATE",
    "EphemeralStorageMetrics": {"Utilized": 261, "Reserved": 20496},
    "Containers": [{"Name": "xops-watch", "KnownStatus": "RUNNING", "Type": "NORMAL"}],
    "FaultInjectionEnabled": False,
}


class MetadataServer(ThreadingHTTPServer):
    """Answers `/task`; each of `before` is a status that an earlier request gets instead."""

    daemon_threads = True

    def __init__(self, body: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.body = body
        self.before: list[int] = []
        self.asked: list[str] = []
        self.gate = threading.Event()
        self.gate.set()

    @property
    def variable(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{PATH}"


class _Handler(BaseHTTPRequestHandler):
    server: MetadataServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.gate.wait()
        found = 200 if self.path == f"{PATH}/task" else 404
        status = self.server.before.pop(0) if self.server.before else found
        self.send_response(status)
        self.end_headers()
        self.wfile.write(self.server.body if status == 200 else b"not now")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(task: Mapping[str, object] | bytes = TASK) -> Iterator[MetadataServer]:
    body = task if isinstance(task, bytes) else json.dumps(task).encode()
    server = MetadataServer(body)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()
