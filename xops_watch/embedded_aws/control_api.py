"""The control API under /_embedded/: how a test or the demo shapes the world."""

import json
import re
from collections.abc import Callable

from xops_watch.embedded_aws.answers import Answer, control
from xops_watch.embedded_aws.ecs_control import read_cluster
from xops_watch.embedded_aws.errors import ControlError
from xops_watch.embedded_aws.metric_writes import put_points
from xops_watch.embedded_aws.world import World

PREFIX = "/_embedded/"

_CLUSTER = re.compile(r"ecs/clusters/([A-Za-z0-9_-]{1,255})")
_FAULT = re.compile(r"faults/(fault-\d+)")


def answer(world: World, method: str, path: str, body: bytes) -> Answer:
    """Answer one control request: 200 with JSON, or an error with its reason as JSON."""
    try:
        return control(200, _result(world, method, path.removeprefix(PREFIX), body))
    except ControlError as error:
        return control(error.status, {"error": error.reason})


def _result(world: World, method: str, path: str, body: bytes) -> object:
    """Return what the request asks for; raises ControlError if there is no such thing."""
    routes = _routes(world)
    if (method, path) in routes:
        return routes[method, path](_content(body))
    cluster, fault = _CLUSTER.fullmatch(path), _FAULT.fullmatch(path)
    if cluster is not None and method == "PUT":
        return _put_cluster(world, cluster[1], _content(body))
    if cluster is not None and method == "DELETE":
        return {"deleted": int(world.clusters.delete(cluster[1]))}
    if fault is not None and method == "DELETE":
        return {"deleted": world.faults.remove(fault[1])}
    known = any(path == each for _, each in routes) or cluster is not None or fault is not None
    reason = f"{method} {PREFIX}{path}: no such {'method' if known else 'path'}"
    raise ControlError(reason, status=405 if known else 404)


def _routes(world: World) -> dict[tuple[str, str], Callable[[object], object]]:
    """Return what each method does to each fixed path; all take the JSON of the body."""
    return {
        ("GET", "healthz"): lambda _: {"status": "ok", "now": world.clock.now()},
        ("POST", "reset"): lambda _: _done(world.clear),
        ("POST", "cloudwatch/points"): lambda body: {"points": put_points(body, world.metrics)},
        ("DELETE", "cloudwatch/points"): lambda _: _done(world.metrics.clear),
        ("POST", "faults"): lambda body: {"id": world.faults.add(body).id},
        ("GET", "faults"): lambda _: {"faults": world.faults.shown()},
        ("DELETE", "faults"): lambda _: {"deleted": world.faults.remove(None)},
        ("GET", "requests"): lambda _: world.journal.shown(),
        ("DELETE", "requests"): lambda _: _done(world.journal.clear),
    }


def _put_cluster(world: World, name: str, content: object) -> object:
    """Replace the state of a cluster."""
    before = world.clusters.named(name)
    cluster = read_cluster(name, content, now=world.clock.now(), before=before)
    world.clusters.put(cluster)
    return {"services": len(cluster.services), "tasks": len(cluster.all_tasks)}


def _done(action: Callable[[], None]) -> object:
    action()
    return {}


def _content(body: bytes) -> object:
    """Return the JSON in the body; an empty body is an empty object."""
    if not body:
        return {}
    try:
        content: object = json.loads(body)
    except ValueError as error:
        reason = f"the body is not JSON: {error}"
        raise ControlError(reason) from error
    return content
