"""An ECS of many settled services that answers each call after a fixed latency; its own process.

`python -m tests.bench.ecs_endpoint SERVICES LATENCY_SECONDS` prints its port and ends with stdin.
`GET /traffic` tells what was asked since the last time: calls by operation, and bytes.
"""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

PAGE = 100
_CLUSTER = "arn:aws:ecs:ap-southeast-2:123456789012"


class Handler(BaseHTTPRequestHandler):
    """Answers what the sources of ECS ask."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # the latency is ours
    services: ClassVar[int]
    latency: ClassVar[float]
    traffic: ClassVar[Counter[str]] = Counter()
    lock: ClassVar[threading.Lock] = threading.Lock()

    def do_GET(self) -> None:
        with self.lock:
            told = dict(self.traffic)
            self.traffic.clear()
        self._send(json.dumps(told).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        content = json.dumps(answer(operation, json.loads(body), self.services)).encode()
        with self.lock:
            self.traffic.update({operation: 1, "bytes": len(body) + len(content)})
        time.sleep(self.latency)
        self._send(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _send(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def answer(operation: str, asked: Mapping[str, Any], services: int) -> Mapping[str, Any]:
    """Return what ECS or Application Auto Scaling says; every tenth service is scaled."""
    if operation in {"ListServices", "ListTasks"}:
        return _page(operation, asked, services)
    return _ANSWERS[operation](asked, services)


def _page(operation: str, asked: Mapping[str, Any], services: int) -> Mapping[str, Any]:
    kind = "service" if operation == "ListServices" else "task"
    count = 0 if asked.get("desiredStatus") == "STOPPED" else services
    start = int(asked.get("nextToken", 0))
    stop = min(start + PAGE, count)
    arns = [f"{_CLUSTER}:{kind}/main/s{number:05}" for number in range(start, stop)]
    following = {"nextToken": str(stop)} if stop < count else {}
    return {f"{kind}Arns": arns, **following}


def _service(arn: str) -> Mapping[str, Any]:
    name = arn.rpartition("/")[2]
    event = {
        "id": "1",
        "createdAt": 1.7e9,
        "message": f"(service {name}) has reached a steady state.",
    }
    deployment = {"id": "d", "status": "PRIMARY", "rolloutState": "COMPLETED", "createdAt": 1.7e9}
    return {
        "serviceArn": arn,
        "serviceName": name,
        "status": "ACTIVE",
        "desiredCount": 1,
        "runningCount": 1,
        "pendingCount": 0,
        "launchType": "FARGATE",
        "platformVersion": "1.4.0",
        # As many services share a definition as a platform's template gives them.
        "taskDefinition": f"{_CLUSTER}:task-definition/template-{int(name[1:]) % 50}:1",
        "deployments": [deployment],
        "events": [event] * 100,  # as many as ECS keeps
    }


def _task(arn: str) -> Mapping[str, Any]:
    name = arn.rpartition("/")[2]
    return {
        "taskArn": arn,
        "taskDefinitionArn": f"{_CLUSTER}:task-definition/template:1",
        "lastStatus": "RUNNING",
        "group": f"service:{name}",
        "createdAt": 1.7e9,
    }


def _target(name: str) -> Mapping[str, Any]:
    return {"ResourceId": name, "MinCapacity": 1, "MaxCapacity": 4}


def _cluster(_: Mapping[str, Any], services: int) -> Mapping[str, Any]:
    counts = {"runningTasksCount": services, "pendingTasksCount": 0}
    return {"clusters": [{"clusterName": "main", "status": "ACTIVE", **counts}]}


def _definition(*_: object) -> Mapping[str, Any]:
    container = {"name": "app", "image": "app:1", "environment": []}
    return {"taskDefinition": {"containerDefinitions": [container], "cpu": "256", "memory": "512"}}


_ANSWERS: Mapping[str, Callable[[Mapping[str, Any], int], Mapping[str, Any]]] = {
    "DescribeServices": lambda asked, _: {"services": [_service(arn) for arn in asked["services"]]},
    "DescribeClusters": _cluster,
    "DescribeTasks": lambda asked, _: {"tasks": [_task(arn) for arn in asked["tasks"]]},
    "DescribeTaskDefinition": _definition,
    "DescribeScalableTargets": lambda asked, _: {
        "ScalableTargets": [_target(name) for name in asked["ResourceIds"] if name.endswith("0")]
    },
    "DescribeScalingActivities": lambda *_: {"ScalingActivities": []},
    "DescribeScalingPolicies": lambda *_: {"ScalingPolicies": []},
    "GetMetricStatistics": lambda *_: {"Datapoints": []},
    "ListMetrics": lambda *_: {"Metrics": []},
}


def main() -> None:
    """Serve until stdin ends."""
    Handler.services, Handler.latency = int(sys.argv[1]), float(sys.argv[2])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)  # noqa: T201 - for who started it
    sys.stdin.read()


if __name__ == "__main__":
    main()
