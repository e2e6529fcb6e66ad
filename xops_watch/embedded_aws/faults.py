"""The faults that are waiting: which call each is for, and how often it still happens."""

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xops_watch.embedded_aws.calls import Call
from xops_watch.embedded_aws.errors import ControlError
from xops_watch.embedded_aws.fields import Fields
from xops_watch.embedded_aws.shapes import service_names

ERROR_KINDS = frozenset(
    {
        "throttle",
        "access_denied",
        "expired_token",
        "internal_error",
        "clock_skew",
        "region_disabled",
    }
)
TRANSPORT_KINDS = frozenset({"slow", "hang", "disconnect", "malformed"})
# Kinds that change the answer of an overlaid operation, and the operations that can play them.
SHAPING_KINDS: Mapping[str, frozenset[str]] = {
    "partial_data": frozenset({"GetMetricData"}),
    "forbidden_query": frozenset({"GetMetricData"}),
    "empty_pages": frozenset(
        {"GetMetricData", "ListMetrics", "ListClusters", "ListServices", "ListTasks"}
    ),
    "future": frozenset(
        {
            "GetMetricData",
            "ListMetrics",
            "ListClusters",
            "ListServices",
            "ListTasks",
            "DescribeClusters",
            "DescribeServices",
            "DescribeTasks",
            "DescribeTaskDefinition",
            "DescribeScalableTargets",
            "DescribeScalingActivities",
            "DescribeScalingPolicies",
        }
    ),
}
KINDS = ERROR_KINDS | TRANSPORT_KINDS | frozenset(SHAPING_KINDS)
FAULTS_MAX = 100
SECONDS_MAX = 3600.0
TIMES_MAX = 1_000_000

_ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault as it was asked for; `seconds` are real ones, `times` None means until deleted.

    `region` and `access_key` are those of the calls that it is for, None for all; of `after` calls
    that it is for, the first ones are spared.
    """

    id: str
    kind: str
    service: str
    operation: str
    seconds: float | None
    times: int | None
    probability: float
    seed: int
    http_status: int | None
    message: str | None
    metric: str | None
    region: str | None
    access_key: str | None
    after: int

    def is_for(self, call: Call) -> bool:
        """Tell whether the fault could strike `call`."""
        if self.service not in {_ANY, call.service}:
            return False
        if self.operation not in {_ANY, call.operation}:
            return False
        if self.region not in {None, call.region}:
            return False
        if self.access_key not in {None, call.access_key}:
            return False
        if self.kind in SHAPING_KINDS and call.operation not in SHAPING_KINDS[self.kind]:
            return False
        return self.kind != "forbidden_query" or self.metric is None or self._reads_metric(call)

    def _reads_metric(self, call: Call) -> bool:
        """Tell whether a GetMetricData call asks for the fault's metric."""
        queries = call.params.get("MetricDataQueries", [])
        return isinstance(queries, list) and any(
            self.metric == _metric_name(query) for query in queries
        )


@dataclass(slots=True, kw_only=True)
class ActiveFault:
    """A fault at work: `ended` is set when it is deleted, which frees calls that hang on it."""

    fault: Fault
    chance: random.Random
    applied: int = 0
    spared: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def is_spent(self) -> bool:
        """Tell whether the fault has happened as often as it should."""
        return self.fault.times is not None and self.applied >= self.fault.times


class FaultBook:
    """All faults, oldest first; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: list[ActiveFault] = []
        self._number = 0

    def add(self, content: object) -> Fault:
        """Add the fault that a control request describes; raises ControlError if it is not one."""
        with self._lock:
            self._active = [each for each in self._active if not each.is_spent]
            if len(self._active) >= FAULTS_MAX:
                reason = f"there are {FAULTS_MAX} faults already"
                raise ControlError(reason)
            self._number += 1
            fault = _read_fault(content, self._number)
            # Repeatable on purpose; nothing here is a secret.
            chance = random.Random(fault.seed)  # noqa: S311 - repeatable faults, no secrets
            self._active.append(ActiveFault(fault=fault, chance=chance))
            return fault

    def remove(self, fault_id: str | None) -> int:
        """End one fault, or all if `fault_id` is None; return how many there were."""
        with self._lock:
            ended = [each for each in self._active if fault_id in {None, each.fault.id}]
            self._active = [each for each in self._active if each not in ended]
        for each in ended:
            each.ended.set()
        return len(ended)

    def shown(self) -> list[dict[str, Any]]:
        """Return all faults with how often each has happened, for the control API."""
        with self._lock:
            return [
                {
                    **{name: getattr(each.fault, name) for name in Fault.__slots__},
                    "applied": each.applied,
                }
                for each in self._active
            ]

    def strike(self, call: Call) -> list[ActiveFault]:
        """Return the faults that happen to `call` now, and count them.

        All that are slow or shape the answer happen; of those that replace the answer, the
        oldest.
        """
        struck: list[ActiveFault] = []
        replaced = False
        with self._lock:
            for each in self._active:
                replaces = each.fault.kind != "slow" and each.fault.kind not in SHAPING_KINDS
                if each.is_spent or not each.fault.is_for(call) or (replaces and replaced):
                    continue
                if each.chance.random() >= each.fault.probability:
                    continue
                if each.spared < each.fault.after:
                    each.spared += 1
                    continue
                each.applied += 1
                replaced = replaced or replaces
                struck.append(each)
        return struck


def shaping(struck: Sequence[ActiveFault]) -> dict[str, str | None]:
    """Return the faults that shape an answer, by kind, with the metric each is for."""
    return {
        each.fault.kind: each.fault.metric for each in struck if each.fault.kind in SHAPING_KINDS
    }


def replacing(struck: Sequence[ActiveFault]) -> ActiveFault | None:
    """Return the fault that replaces the answer, if there is one."""
    others = (
        each
        for each in struck
        if each.fault.kind != "slow" and each.fault.kind not in SHAPING_KINDS
    )
    return next(others, None)


def _read_fault(content: object, number: int) -> Fault:
    """Return the fault that a control request describes."""
    fields = Fields(content, "fault")
    kind = fields.choice("kind", KINDS, "")
    if not kind:
        reason = f"fault.kind: is required, one of {', '.join(sorted(KINDS))}"
        raise ControlError(reason)
    probability = fields.decimal("probability", low=0.0, high=1.0)
    fault = Fault(
        id=f"fault-{number}",
        kind=kind,
        service=fields.text("service"),
        operation=fields.optional_text("operation") or _ANY,
        seconds=fields.decimal("seconds", low=0.0, high=SECONDS_MAX),
        times=fields.whole("times", default=1, low=1, high=TIMES_MAX)
        if fields.has("times")
        else None,
        probability=1.0 if probability is None else probability,
        seed=fields.whole("seed", default=number, high=2**31),
        http_status=fields.whole("http_status", default=400, low=400, high=599)
        if fields.has("http_status")
        else None,
        message=fields.optional_text("message"),
        metric=fields.optional_text("metric"),
        region=fields.optional_text("region"),
        access_key=fields.optional_text("access_key"),
        after=fields.whole("after", default=0, high=TIMES_MAX),
    )
    fields.drop_nulls("times", "http_status")
    fields.done()
    _check(fault)
    return fault


def _check(fault: Fault) -> None:
    """Refuse a fault that could never strike, or that says what its kind has no use for."""
    problem = None
    if fault.service != _ANY and fault.service not in service_names():
        problem = f"fault.service: {fault.service!r} is not a name that botocore knows"
    elif fault.kind in {"slow", "clock_skew"} and fault.seconds is None:
        problem = f"fault.seconds: is required for {fault.kind}"
    elif fault.seconds is not None and fault.kind not in {"slow", "hang", "clock_skew"}:
        problem = f"fault.seconds: has no meaning for {fault.kind}"
    elif fault.kind not in ERROR_KINDS and (fault.message or fault.http_status):
        problem = f"fault.message and fault.http_status: have no meaning for {fault.kind}"
    elif fault.metric and fault.kind != "forbidden_query":
        problem = f"fault.metric: has no meaning for {fault.kind}"
    elif fault.kind in SHAPING_KINDS:
        problem = _shaping_problem(fault)
    if problem is not None:
        raise ControlError(problem)


def _shaping_problem(fault: Fault) -> str | None:
    """Return why the kind cannot happen to that service and operation."""
    operations = SHAPING_KINDS[fault.kind]
    services: tuple[str, ...] = ("cloudwatch", "ecs")
    if fault.kind == "future":
        services = ("application-autoscaling", *services)
    if fault.service not in {_ANY, *services}:
        return f"fault.service: {fault.kind} happens only to {' and '.join(services)}"
    if fault.operation not in operations | {_ANY}:
        return f"fault.operation: {fault.kind} happens only to {', '.join(sorted(operations))}"
    return None


def _metric_name(query: object) -> object:
    """Return the name of the metric that a query, of whatever shape, asks for."""
    match query:
        case {"MetricStat": {"Metric": {"MetricName": name}}}:
            return name
        case _:
            return None
