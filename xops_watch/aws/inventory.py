"""What ECS runs, asked once and shared: clusters, their services, and tasks without a service."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from xops_watch.aws.answers import ClusterAnswer
from xops_watch.aws.ecs_calls import (
    DESCRIBE_SERVICES_MAX,
    Listing,
    count_tasks,
    describe_services,
    list_clusters,
    list_services,
    no_active_cluster,
)
from xops_watch.aws.services import Service, read_service, short_name
from xops_watch.aws.side_by_side import WIDTH_MAX, SideBySide
from xops_watch.errors import SourceError

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

__all__ = [
    "ALL_CLUSTERS",
    "INVENTORY_ACTIONS",
    "Cluster",
    "EcsInventory",
    "Known",
    "Service",
    "StandaloneTasks",
    "Sweep",
    "short_name",
]

ALL_CLUSTERS = "*"
INVENTORY_ACTIONS = (
    "ecs:DescribeClusters",
    "ecs:DescribeServices",
    "ecs:ListClusters",
    "ecs:ListServices",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandaloneTasks:
    """How many tasks of a cluster belong to no service."""

    running: int
    pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One cluster: its services, and its standalone tasks or why they could not be counted.

    `unread` are services that are listed and could not be described, by name. `cut_short` is why
    the listing ended before its end: what was not seen may be there all the same.
    """

    name: str
    services: tuple[Service, ...]
    standalone: StandaloneTasks | SourceError
    unread: Mapping[str, SourceError] = field(default_factory=dict)
    cut_short: SourceError | None = None

    @property
    def incomplete(self) -> SourceError | None:
        """Return why nobody can say how many services there are, None if that can be said."""
        return self.cut_short or next(iter(self.unread.values()), None)

    def misses(self, subject: str) -> SourceError | None:
        """Return why a subject that was not seen may be there all the same; None if it is gone."""
        return self.unread.get(subject.rpartition("/")[2], self.cut_short)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One pass over all clusters; a cluster that could not be read is in `failures`."""

    at: datetime
    clusters: tuple[Cluster, ...]
    failures: Mapping[str, SourceError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Services as they were last seen; of the clusters in `unread` nothing ever was."""

    services: tuple[Service, ...]
    unread: frozenset[str]


class EcsInventory:
    """Reads what runs. Safe to share between threads: at most one sweep is under way.

    A sweep is shared by who asks with the same `now`, or within `max_age` after it; it makes at
    most `calls_max` calls at a time.
    """

    def __init__(
        self,
        client: "ECSClient",
        *,
        clusters: Sequence[str],
        max_age: timedelta = timedelta(),
        calls_max: int = WIDTH_MAX,
    ) -> None:
        self._client = client
        self._clusters = tuple(clusters)
        self._max_age = max_age
        self._side_by_side = SideBySide(width_max=calls_max)
        self._lock = threading.Lock()
        self._asked_at: datetime | None = None
        self._outcome: Sweep | SourceError | None = None
        self._services_of: Mapping[str, tuple[Service, ...]] = {}
        self._known: Known | None = None

    def sweep(self, *, now: datetime) -> Sweep:
        """Return what runs; raises SourceError when nothing could be read.

        The sources of one tick ask with one `now` and share one sweep, or one failure: who asks
        to slow down is not asked twice.
        """
        with self._lock:
            outcome = self._outcome
            if outcome is None or not self._is_fresh(now):
                self._outcome = outcome = self._ask(now)
                self._asked_at = now
        if isinstance(outcome, SourceError):
            raise outcome
        return outcome

    def known(self, *, now: datetime) -> Known:
        """Return the services as they were last seen, without asking again if there was a sweep.

        Who only needs names neither waits for a slow ECS nor loses them with a failed cluster.
        """
        if self._known is None:
            self.sweep(now=now)
        return self._known or Known(services=(), unread=frozenset())

    def _is_fresh(self, now: datetime) -> bool:
        asked_at = self._asked_at
        return asked_at is not None and timedelta() <= now - asked_at <= self._max_age

    def _ask(self, now: datetime) -> Sweep | SourceError:
        try:
            sweep = self._read(now)
        except SourceError as error:
            return error
        before = self._services_of
        kept = {name: before[name] for name in sweep.failures if name in before}
        read = {c.name: (*c.services, *_missed(c, before.get(c.name, ()))) for c in sweep.clusters}
        self._services_of = kept | read
        # One value, put in place at once: the other source reads it without the lock.
        self._known = Known(
            services=tuple(s for services in self._services_of.values() for s in services),
            unread=frozenset(sweep.failures.keys() - kept.keys()) | _never_seen(sweep, read),
        )
        return sweep

    def _read(self, now: datetime) -> Sweep:
        client = self._client
        every = ALL_CLUSTERS in self._clusters
        names = list_clusters(client) if every else self._clusters
        # The same cluster by name and by ARN is one cluster, and is billed once.
        by_short = {short_name(name): name for name in names}
        listings = self._side_by_side.ask(partial(list_services, client), tuple(by_short.values()))
        parts = self._described(dict(zip(by_short, listings, strict=True)), by_short)
        whole = [short for short, part in parts.items() if _is_whole(part)]
        counts = self._side_by_side.ask(lambda short: count_tasks(client, by_short[short]), whole)
        counted = dict(zip(whole, counts, strict=True))
        clusters = {short: _cluster(short, part, counted) for short, part in parts.items()}
        failures = {n: error for n, error in clusters.items() if isinstance(error, SourceError)}
        if failures and len(failures) == len(clusters):
            raise next(iter(failures.values()))
        read = tuple(c for c in clusters.values() if isinstance(c, Cluster))
        return Sweep(at=now, clusters=read, failures=failures)

    def _described(
        self, listings: Mapping[str, Listing | SourceError], by_short: Mapping[str, str]
    ) -> Mapping[str, "_Part | SourceError"]:
        batches = [
            (short, listing.arns[start:][:DESCRIBE_SERVICES_MAX])
            for short, listing in listings.items()
            if isinstance(listing, Listing)
            for start in range(0, len(listing.arns), DESCRIBE_SERVICES_MAX)
        ]
        answers = self._side_by_side.ask(
            lambda batch: self._describe(batch[0], by_short[batch[0]], batch[1]), batches
        )
        parts: dict[str, _Part | SourceError] = {
            short: _Part(listing.cut_short) if isinstance(listing, Listing) else listing
            for short, listing in listings.items()
        }
        for (short, arns), answer in zip(batches, answers, strict=True):
            part = parts[short]
            if isinstance(part, _Part):
                part.add(arns, answer)
        return parts

    def _describe(self, short: str, cluster: str, arns: Sequence[str]) -> list[Service]:
        """Return only what is kept of the answer: its events are many."""
        return [
            read_service(short, item) for item in describe_services(self._client, cluster, arns)
        ]


@dataclass(slots=True)
class _Part:
    """What has been read of a cluster."""

    cut_short: SourceError | None
    services: dict[str, Service] = field(default_factory=dict)
    unread: dict[str, SourceError] = field(default_factory=dict)
    described: bool = False

    def add(self, arns: Sequence[str], answer: list[Service] | SourceError) -> None:
        """Add what came of one batch."""
        if isinstance(answer, SourceError):
            self.unread |= dict.fromkeys(map(short_name, arns), answer)
        else:
            self.described = True
            self.services |= {service.name: service for service in answer}

    @property
    def why(self) -> SourceError | None:
        """Return the first thing that went wrong."""
        return self.cut_short or next(iter(self.unread.values()), None)


def _is_whole(part: _Part | SourceError) -> bool:
    return isinstance(part, _Part) and part.why is None


def _cluster(
    short: str,
    part: _Part | SourceError,
    counted: Mapping[str, ClusterAnswer | SourceError | None],
) -> Cluster | SourceError:
    if isinstance(part, SourceError):
        return part
    why = part.why
    if why is not None and not part.described:
        return why
    count = counted.get(short, why)
    if count is None:
        return no_active_cluster(short)
    services = tuple(part.services.values())
    return Cluster(
        name=short,
        services=services,
        standalone=count if isinstance(count, SourceError) else _standalone(count, services),
        unread=part.unread,
        cut_short=part.cut_short,
    )


def _standalone(count: ClusterAnswer, services: Sequence[Service]) -> StandaloneTasks:
    """The answers are moments apart: a task that moved in between must not count below 0."""
    return StandaloneTasks(
        running=max(0, count.running - sum(s.running for s in services)),
        pending=max(0, count.pending - sum(s.pending for s in services)),
    )


def _missed(cluster: Cluster, before: Sequence[Service]) -> list[Service]:
    """Return the services of before that may be there all the same."""
    seen = {service.name for service in cluster.services}
    return [s for s in before if s.name not in seen and cluster.misses(s.subject) is not None]


def _never_seen(sweep: Sweep, read: Mapping[str, Sequence[Service]]) -> set[str]:
    """Return the clusters with services of which nothing was ever read."""
    known = {service.subject for services in read.values() for service in services}
    return {
        c.name
        for c in sweep.clusters
        if (c.cut_short is not None and not read[c.name])
        or not known.issuperset(f"{c.name}/{name}" for name in c.unread)
    }
