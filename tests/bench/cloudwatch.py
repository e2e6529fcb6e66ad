"""What reading CloudWatch takes against an endpoint of a fixed latency, beside what it must take.

Each service has a load balancer and a file system of its own, as a stack of microservices has.
Every call waits for the latency: the limit is one call for 500 metrics, one after the other only
where one must know what the other said.
"""

import json
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.aws.bench import make_client
from tests.aws.tiny_ecs import TinyEcs
from tests.bench.row import Row, percentile
from xops_watch.aws.inventory import EcsInventory
from xops_watch.ports import Source
from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import shipped_rules
from xops_watch.sources.cloudwatch import (
    Bill,
    Pace,
    Scope,
    cloudwatch_sources,
)

MINUTE = timedelta(minutes=1)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATENCY = 0.03  # seconds, of each answer
CYCLES = 10
QUERIES_MAX = 500


def measure_cloudwatch() -> Iterator[Row]:
    """Yield the first cycle, which discovers and looks back, and the usual one."""
    for services in (1, 10, 100):
        with _endpoint(services) as (address, traffic):
            bills: list[Bill] = []
            source = _source(address, services, bills)
            yield from _cycles(source, traffic, bills, services)


def _cycles(
    source: Source, traffic: Counter[str], bills: list[Bill], services: int
) -> Iterator[Row]:
    times, counts = [], []
    for cycle in range(CYCLES + 1):
        traffic.clear()
        began = time.perf_counter()
        source.observe(now=START + cycle * MINUTE)
        times.append(time.perf_counter() - began)
        counts.append(Counter(traffic))
    where = f"CloudWatch at {LATENCY * 1000:g} ms, {services} services"
    yield Row(
        what=f"{where}, first read", measured=_measured(counts[0], times[0]), aim=_limit(counts[0])
    )
    usual = percentile(times[1:], 0.5)
    yield Row(
        what=f"{where}, each minute",
        measured=f"{_measured(counts[1], usual)}, ${bills[-1].dollars:.2f} a month",
        aim=_limit(counts[1]),
    )


def _measured(spent: Mapping[str, int], seconds: float) -> str:
    calls = f"{spent['ListMetrics']} listings, " if spent["ListMetrics"] else ""
    return (
        f"{calls}{spent['GetMetricData']} reads of {spent['metrics']} billed metrics,"
        f" {spent['bytes'] / 1024:.0f} KiB, {seconds * 1000:.0f} ms"
    )


def _limit(spent: Mapping[str, int]) -> str:
    """Return the least calls that the billed metrics take, and the least time these take."""
    reads = math.ceil(spent["metrics"] / QUERIES_MAX)
    return f"{reads} reads, {reads * LATENCY * 1000:g} ms"


def _source(address: str, services: int, bills: list[Bill]) -> Source:
    ecs = TinyEcs({"main": [f"s{index}" for index in range(services)]})
    client = make_client("cloudwatch", address)
    rules = load(shipped_rules())
    home, *_ = cloudwatch_sources(
        lambda _: client,
        lambda: rules,
        pace=Pace(interval=MINUTE, settle=2 * MINUTE),
        scope=Scope(inventory=EcsInventory(ecs.client, clusters=("main",))),
        tell=bills.append,
    )
    return home


@contextmanager
def _endpoint(services: int) -> Iterator[tuple[str, Counter[str]]]:
    """Yield the address of an endpoint that answers late, and what it counts."""
    traffic: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # the latency is ours

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            asked = json.loads(body)
            answer = _ANSWERS[operation](asked, services)
            content = json.dumps(answer).encode()
            traffic.update({operation: 1, "bytes": len(body) + len(content)})
            traffic["metrics"] += len(_metrics(asked))
            time.sleep(LATENCY)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", traffic
    finally:
        server.shutdown()
        server.server_close()


def _metrics(asked: Mapping[str, Any]) -> set[str]:
    queries = asked.get("MetricDataQueries", ())
    return {json.dumps(query["MetricStat"]["Metric"], sort_keys=True) for query in queries}


def _listing(asked: Mapping[str, Any], services: int) -> Mapping[str, Any]:
    return {
        "Metrics": [
            {
                "Namespace": asked["Namespace"],
                "MetricName": asked["MetricName"],
                "Dimensions": [
                    {"Name": one["Name"], "Value": one.get("Value", f"subject-{index}")}
                    for one in asked["Dimensions"]
                ],
            }
            for index in range(services)
        ]
    }


def _points(asked: Mapping[str, Any], _: int) -> Mapping[str, Any]:
    start, end = (int(asked[name]) for name in ("StartTime", "EndTime"))
    results = []
    for query in asked["MetricDataQueries"]:
        instants = list(range(end, start, -query["MetricStat"]["Period"]))
        told = {"Timestamps": [at - 60 for at in instants], "Values": [5.0] * len(instants)}
        results.append({"Id": query["Id"], "Label": "x", "StatusCode": "Complete", **told})
    return {"MetricDataResults": results}


_ANSWERS: Mapping[str, Callable[[Mapping[str, Any], int], Mapping[str, Any]]] = {
    "ListMetrics": _listing,
    "GetMetricData": _points,
}
