"""The client of the control API, for the demo and for tests; standard library only."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from threading import Event
from typing import Any

from xops_watch.clock import monotonic
from xops_watch.embedded_aws.control_specs import SeriesSpec, ServiceSpec, TaskSpec

_TIMEOUT_SECONDS = 10.0
_RETRY_SECONDS = 0.02


class ControlRefusedError(Exception):
    """The embedded AWS refused a control request; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """One API call as the embedded AWS saw it; `status` is None if it got no answer."""

    service: str
    operation: str
    region: str
    params: Mapping[str, Any]
    faults: tuple[str, ...]
    status: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """What was asked: how often each (service, operation), and the last calls, oldest first."""

    counts: Mapping[tuple[str, str], int]
    last: Sequence[RecordedCall]


class EmbeddedAws:
    """The control API of the embedded AWS at `endpoint`; every method may raise OSError."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint.rstrip("/")

    def environment(self, region: str = "ap-southeast-2") -> dict[str, str]:
        """Return the environment variables that lead boto3 here; the credentials are made up."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "embedded",
            "AWS_SECRET_ACCESS_KEY": "embedded",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def wait_ready(self, seconds: float = 10.0) -> None:
        """Return when it answers; raises TimeoutError after so many real `seconds`."""
        limit = monotonic() + seconds
        pause = Event()
        while True:
            try:
                self._call("GET", "healthz")
            except (OSError, HTTPException) as error:
                if monotonic() > limit:
                    msg = f"{self.endpoint} does not answer after {seconds} s"
                    raise TimeoutError(msg) from error
                pause.wait(_RETRY_SECONDS)
            else:
                return

    def now(self) -> datetime:
        """Return the time that it lives in."""
        return datetime.fromisoformat(self._call("GET", "healthz")["now"])

    def put_cluster(  # noqa: PLR0913  (the fields of a cluster, all by keyword)
        self,
        name: str,
        *,
        services: Sequence[ServiceSpec] = (),
        tasks: Sequence[TaskSpec] = (),
        region: str | None = None,
        capacity_providers: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Replace the whole state of one cluster; `tasks` are those that belong to no service.

        Without `region` every region shows the cluster. Raises ControlRefusedError.
        """
        content = {
            "region": region,
            "services": services,
            "tasks": tasks,
            "capacity_providers": capacity_providers,
            "settings": settings or {},
            "tags": tags or {},
        }
        self._call("PUT", f"ecs/clusters/{name}", content)

    def delete_cluster(self, name: str) -> None:
        """Forget a cluster; it is no error if there is none."""
        self._call("DELETE", f"ecs/clusters/{name}")

    def put_points(self, *series: SeriesSpec) -> int:
        """Add points to series of any namespace and age, and return how many.

        Without `region` every region shows the points. Raises ControlRefusedError.
        """
        answer = self._call("POST", "cloudwatch/points", {"series": series})
        return int(answer["points"])

    def clear_points(self) -> None:
        """Forget all metrics."""
        self._call("DELETE", "cloudwatch/points")

    def add_fault(  # noqa: PLR0913  (the fields of a fault, all by keyword)
        self,
        kind: str,
        *,
        service: str,
        operation: str = "*",
        seconds: float | None = None,
        times: int | None = None,
        probability: float = 1.0,
        seed: int | None = None,
        http_status: int | None = None,
        message: str | None = None,
        metric: str | None = None,
        region: str | None = None,
        access_key: str | None = None,
        after: int | None = None,
    ) -> str:
        """Add a fault and return its id; `seconds` are real ones, `times` None is until deleted.

        Raises ControlRefusedError.
        """
        fields = {
            "kind": kind,
            "service": service,
            "operation": operation,
            "seconds": seconds,
            "times": times,
            "probability": probability,
            "seed": seed,
            "http_status": http_status,
            "message": message,
            "metric": metric,
            "region": region,
            "access_key": access_key,
            "after": after,
        }
        given = {name: value for name, value in fields.items() if value is not None}
        return str(self._call("POST", "faults", given)["id"])

    def faults(self) -> list[dict[str, Any]]:
        """Return all faults, each with how often it has been `applied`."""
        return list(self._call("GET", "faults")["faults"])

    def end_fault(self, fault_id: str) -> None:
        """End one fault; calls that hang on it are let go."""
        self._call("DELETE", f"faults/{fault_id}")

    def clear_faults(self) -> None:
        """End all faults."""
        self._call("DELETE", "faults")

    def requests(self) -> Requests:
        """Return what has been asked since the last `clear_requests`."""
        answer = self._call("GET", "requests")
        counts = {(row["service"], row["operation"]): row["count"] for row in answer["counts"]}
        return Requests(counts=counts, last=[_recorded(row) for row in answer["last"]])

    def clear_requests(self) -> None:
        """Forget what has been asked."""
        self._call("DELETE", "requests")

    def empty(self) -> None:
        """Empty what is ours: metrics, clusters, faults and recorded requests."""
        self._call("POST", "reset")

    def reset(self) -> None:
        """Empty everything, ours and moto's; the latter takes a moment."""
        self.empty()
        self._send("POST", f"{self.endpoint}/moto-api/reset", None)

    def _call(self, method: str, path: str, content: object = None) -> dict[str, Any]:
        """Return the JSON answer of one control request."""
        answer: dict[str, Any] = json.loads(
            self._send(method, f"{self.endpoint}/_embedded/{path}", content)
        )
        return answer

    def _send(self, method: str, url: str, content: object) -> bytes:
        """Send one request and return the body of its answer; raises OSError when it is not there.

        That it ended in the middle of an answer is no more than that.
        """
        body = b"" if content is None else json.dumps(content, default=_iso).encode()
        request = urllib.request.Request(url, data=body, method=method)  # noqa: S310  (http, ours)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - http to loopback, ours
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise ControlRefusedError(error.read().decode()) from error
        except http.client.HTTPException as error:
            raise ConnectionError(f"{url}: {error}") from error


def _recorded(row: Mapping[str, Any]) -> RecordedCall:
    """Return one row of the journal."""
    return RecordedCall(
        **{
            **row,
            "at": datetime.fromisoformat(row["at"]),
            "faults": tuple(row["faults"]),
        }
    )


def _iso(value: object) -> str:
    """Return an instant as the control API reads it."""
    if isinstance(value, datetime):
        return value.isoformat()
    msg = f"{value!r} has no place in a control request"
    raise TypeError(msg)
