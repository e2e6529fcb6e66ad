"""Asks CloudWatch for the planned points of one period: in batches, or one metric a call."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from xops_watch.aws.side_by_side import SideBySide
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.cloudwatch.answers import Answer, Query, Window, ask, batches, of_metrics
from xops_watch.sources.cloudwatch.look import given_up
from xops_watch.sources.cloudwatch.spending import QUERIES_MAX, Spending
from xops_watch.sources.cloudwatch.statistics import ask_statistics

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

_Ask = Callable[..., Mapping[Query, Answer]]


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What is known of each query, and what was refused of how many calls. Safe across threads."""

    answers: dict[Query, Answer] = field(default_factory=dict)
    refusals: list[SourceError] = field(default_factory=list)
    calls: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_refused(self) -> bool:
        """Tell whether calls were made and none was answered."""
        return bool(self.refusals) and len(self.refusals) == self.calls

    @property
    def given_up(self) -> SourceError | None:
        """Return why nobody is asked on; where some are answered, a throttled one is no reason."""
        why = given_up(self.refusals)
        throttled = why is not None and why.reason is GapReason.THROTTLED
        return None if throttled and not self.is_refused else why

    def told(self, answers: Mapping[Query, Answer]) -> None:
        """Note what one call answered."""
        with self._lock:
            self.calls += 1
            self.answers |= answers

    def refused(self, queries: Sequence[Query], error: SourceError) -> None:
        """Note that one call was refused."""
        with self._lock:
            self.calls += 1
            self.refusals.append(error)
            self.answers |= {query: Answer(refused=(error.reason, error.what)) for query in queries}


class Reader:
    """Reads queries by the call that is cheapest for them."""

    def __init__(self, client: "CloudWatchClient", spending: Spending) -> None:
        self._client = client
        self._spending = spending
        self._side_by_side = SideBySide()

    def read(self, windows: Mapping[Query, Window], period: timedelta, outcome: Outcome) -> None:
        """Add to the outcome what CloudWatch says of each query in its window."""
        seconds = int(period.total_seconds())

        def call(ask_for: _Ask, queries: Sequence[Query]) -> None:
            whole = around([windows[query] for query in queries])
            try:
                if (why := outcome.given_up) is not None:
                    raise why
                outcome.told(ask_for(self._client, queries, whole, period=seconds))
            except SourceError as error:
                outcome.refused(queries, error)
                raise

        alone = [query for query in windows if self._spending.is_alone(query.metric, period)]
        by_metric = of_metrics(alone)
        refused = self._side_by_side.ask(lambda queries: call(ask_statistics, queries), by_metric)
        for queries, error in zip(by_metric, refused, strict=True):
            if isinstance(error, SourceError) and queries[0] not in outcome.answers:
                outcome.refused(queries, error)
        asked_alone = frozenset(alone)
        together = [query for query in windows if query not in asked_alone]
        for batch in batches(together, size=QUERIES_MAX):
            with suppress(SourceError):
                call(ask, batch)


def around(windows: Sequence[Window]) -> Window:
    """Return the shortest window that has them all."""
    return Window(start=min(w.start for w in windows), end=max(w.end for w in windows))
