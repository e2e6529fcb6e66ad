"""The daemon's own counters. They outlive snapshots, and a scrape reads them as they are.

They are not the library's `Counter`, which adds a `_created` series to every counter unless a
switch of the whole process is thrown.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from prometheus_client.metrics_core import Metric

from xops_watch import __version__
from xops_watch.exporter import catalogue
from xops_watch.exporter.catalogue import Family, filled
from xops_watch.exporter.text import label_value
from xops_watch.ports import OutboxDepth

_NOTICE_OUTCOMES = ("delivered", "failed", "refused")


class PrometheusTelemetry:
    """Implements `ports.Telemetry`; a collector of the library's registry. Safe across threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: defaultdict[Family, defaultdict[tuple[str, ...], int]]
        self._counts = defaultdict(lambda: defaultdict(int))
        # A counter that starts at 0 shows its first increase; one that starts at 1 hides it.
        self._counts[catalogue.TICK_FAILURES][()] = 0
        for outcome in _NOTICE_OUTCOMES:
            self._counts[catalogue.NOTICES][(outcome,)] = 0
        self._outbox: tuple[int, float] | None = None
        self._costs: dict[tuple[str, ...], float] = {}

    def gap(self, source: str, reason: str) -> None:
        """Count one gap."""
        self._count(catalogue.GAPS, source, reason)

    def source_bug(self, source: str) -> None:
        """Count one unexpected exception of a source."""
        self._count(catalogue.SOURCE_BUGS, source)

    def tick_failed(self) -> None:
        """Count one tick that could not be finished."""
        self._count(catalogue.TICK_FAILURES)

    def aws_request(self, service: str, operation: str, outcome: str) -> None:
        """Count one request to AWS."""
        self._count(catalogue.AWS_REQUESTS, service, operation, outcome)

    def aws_cost(self, service: str, operation: str, dollars_per_month: float) -> None:
        """Show what one operation costs a month at the pace it is asked now."""
        with self._lock:
            self._costs[label_value(service), label_value(operation)] = dollars_per_month

    def notice(self, outcome: str) -> None:
        """Count one delivery attempt: delivered, failed or refused."""
        self._count(catalogue.NOTICES, outcome)

    def outbox(self, depth: OutboxDepth, *, now: datetime) -> None:
        """Show how much is owed; a clock that jumped back makes no negative age."""
        waited = (now - depth.oldest_at).total_seconds() if depth.oldest_at else 0.0
        self._outbox = (depth.notices, max(waited, 0.0))

    def collect(self) -> Iterator[Metric]:
        """Yield the families as they are now; the outbox only once it was looked at."""
        yield filled(catalogue.BUILD_INFO, [((__version__,), 1)])
        yield filled(catalogue.LEADER, [((), 1)])
        with self._lock:
            counts = {family: sorted(rows.items()) for family, rows in self._counts.items()}
            costs = sorted(self._costs.items())
        for family, rows in counts.items():
            yield filled(family, rows)
        if costs:
            yield filled(catalogue.AWS_COST, costs)
        if self._outbox is not None:
            notices, oldest = self._outbox
            yield filled(catalogue.OUTBOX_NOTICES, [((), notices)])
            yield filled(catalogue.OUTBOX_OLDEST, [((), oldest)])

    def _count(self, family: Family, *labels: str) -> None:
        key = tuple(label_value(label) for label in labels)
        with self._lock:
            self._counts[family][key] += 1
