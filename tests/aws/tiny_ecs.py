"""An ECS of a few lines, for what the embedded AWS cannot be: racing, contradictory, held up."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from tests.aws.bench import ScriptedClient

_SETTLED = {"status": "ACTIVE", "desiredCount": 1, "runningCount": 1, "pendingCount": 0}


class TinyEcs:
    """Services by cluster. Services in `gone` are listed and cannot be described: `why` says why.

    Clusters in `broken` are throttled, those in `undescribed` only by DescribeClusters.
    `changes` replaces fields of services, `counts` the tasks of clusters, `descriptions` their
    whole description. While `gate` is closed every listing waits; `asked` is set when one begins.
    """

    def __init__(self, clusters: Mapping[str, Sequence[str]]) -> None:
        self.clusters = {name: list(services) for name, services in clusters.items()}
        self.gone: set[str] = set()
        self.why = "MISSING"
        self.broken: set[str] = set()
        self.undescribed: set[str] = set()
        self.changes: dict[str, Mapping[str, object]] = {}
        self.counts: dict[str, tuple[int, int]] = {}
        self.descriptions: dict[str, Sequence[Mapping[str, object]]] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.asked = threading.Event()
        self.client: Any = ScriptedClient(
            list_clusters=lambda: [{"clusterArns": [f"arn:x/{name}" for name in self.clusters]}],
            list_services=self._list,
            describe_services=self._describe_services,
            describe_clusters=self._describe_clusters,
        )

    @property
    def sweeps(self) -> int:
        return sum(name == "list_services" for name, _ in self.client.calls)

    def _list(self, cluster: str, **_: object) -> Sequence[Mapping[str, Any]]:
        self.asked.set()
        self.gate.wait()
        _refuse(cluster, self.broken, "ListServices")
        return [{"serviceArns": self.clusters[cluster.rpartition("/")[2]]}]

    def _describe_services(self, services: Sequence[str], **_: object) -> Mapping[str, Any]:
        return {
            "services": [
                {"serviceName": name, **_SETTLED, **self.changes.get(name, {})}
                for name in services
                if name not in self.gone
            ],
            "failures": [{"arn": name, "reason": self.why} for name in services]
            if self.gone
            else [],
        }

    def _describe_clusters(self, clusters: Sequence[str]) -> Mapping[str, Any]:
        (cluster,) = clusters
        _refuse(cluster, self.undescribed, "DescribeClusters")
        name = cluster.rpartition("/")[2]
        if name in self.descriptions:
            return {"clusters": self.descriptions[name]}
        running, pending = self.counts.get(name, (0, 0))
        counts = {"runningTasksCount": running, "pendingTasksCount": pending}
        return {"clusters": [{"clusterName": name, "status": "ACTIVE", **counts}]}


def _refuse(cluster: str, refused: set[str], operation: str) -> None:
    if cluster in refused:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, operation)
