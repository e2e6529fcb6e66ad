"""Who is measured: services from the inventory of ECS, everything else from ListMetrics."""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from xops_watch.aws.answers import ListedMetric, MetricListing, read_pages
from xops_watch.aws.inventory import EcsInventory, Service
from xops_watch.core.cadence import Pace, is_due
from xops_watch.core.signal import HOUR, MINUTE
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.cloudwatch.kinds import Kind

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import DimensionFilterTypeDef

LIST_ACTION = "cloudwatch:ListMetrics"
LISTED_EVERY = HOUR
LISTED_AGAIN = 5 * MINUTE  # after a failure, when an older listing still serves
SUBJECTS_MAX = 200  # of one kind; each costs as many metrics as it has
PAGES_MAX = 100  # of 500 series each

Dimensions = tuple[tuple[str, str], ...]
Belongs = Callable[[str, datetime], Collection[str] | None]  # of a namespace, at an instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One subject and the dimensions of its metrics.

    `series` are the series of each listed metric; a metric that is not in it has `dimensions`.
    `idle` says why there is nothing to measure now, when there is not. `metric` is the namespace
    and the name of the only metric of a subject that has one of its own; `per` of its units make
    one of the signal's.
    """

    name: str
    dimensions: Dimensions
    series: Mapping[str, tuple[Dimensions, ...]] = field(default_factory=dict)
    idle: str = ""
    metric: tuple[str, str] | None = None
    per: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The subjects of one kind. Of what begins with a name in `unread` nothing was ever seen.

    `unwanted` counts those that are listed and match no pattern. `refused` is why a newer listing
    failed and this one, which is older, has to serve.
    """

    subjects: tuple[Subject, ...]
    unread: frozenset[str] = frozenset()
    unwanted: int = 0
    refused: SourceError | None = None


class Subjects:
    """Finds the subjects of each kind in one region.

    `only` are glob patterns by namespace; of a namespace without patterns those are watched that
    `belongs` names, or all when it names None. `named` are subjects that need no finding.
    """

    def __init__(
        self,
        client: "CloudWatchClient",
        inventory: EcsInventory | None = None,
        *,
        only: Mapping[str, Sequence[str]] | None = None,
        named: Sequence[Subject] = (),
        belongs: Belongs = lambda _namespace, _now: None,
    ) -> None:
        self._client = client
        self._named = tuple(named)
        self._inventory = inventory
        self._only = only or {}
        self._belongs = belongs
        self._lock = threading.Lock()
        self._listings: dict[Kind, tuple[Pace, timedelta, Found]] = {}

    def find(self, kind: Kind, *, now: datetime, hung: SourceError | None = None) -> Found:
        """Return the subjects of the kind; raises SourceError when they were never known.

        `hung` is why nobody needs to be asked now: another question has not been answered.
        """
        if self._named:
            return Found(subjects=self._named)
        if not kind.listed:
            return self._services(now)
        with self._lock:
            known = self._listings.get(kind)
            if known is not None and not is_due(known[0], known[1], now=now):
                return known[2]
            try:
                if hung is not None:
                    raise hung
                found = self._list(kind, now)
            except SourceError as error:
                if known is None:
                    raise
                self._listings[kind] = (Pace(began_at=now), LISTED_AGAIN, known[2])
                return replace(known[2], refused=error)
            self._listings[kind] = (Pace(began_at=now), LISTED_EVERY, found)
        return found

    def _services(self, now: datetime) -> Found:
        if self._inventory is None:
            return Found(subjects=())
        known = self._inventory.known(now=now)
        services = tuple(_of_service(s) for s in known.services if s.active)
        return Found(subjects=services, unread=known.unread)

    def _list(self, kind: Kind, now: datetime) -> Found:
        by_subject: dict[str, dict[str, list[Dimensions]]] = {}
        for metric in kind.listed:
            for row in self._rows(kind, metric):
                dimensions = {d.name: d.value for d in row.dimensions}
                if _measures_subject(dimensions, kind, metric):
                    subject = by_subject.setdefault(_name(dimensions, kind), {})
                    series = tuple((d.name, d.value) for d in row.dimensions)
                    subject.setdefault(row.name, []).append(series)
        wanted = sorted(self._wanted(kind, by_subject, now)) if by_subject else []
        _demand_few(kind, wanted)
        return Found(
            subjects=tuple(_of_listing(kind, name, by_subject[name]) for name in wanted),
            unwanted=len(by_subject) - len(wanted),
        )

    def _rows(self, kind: Kind, metric: str) -> Iterable[ListedMetric]:
        filters: list[DimensionFilterTypeDef] = [{"Name": kind.key}]
        for name, value in kind.fixed:
            filters.append({"Name": name, "Value": value})
        paginator = self._client.get_paginator("list_metrics")
        if kind.recent:
            pages = paginator.paginate(
                Namespace=kind.namespace,
                MetricName=metric,
                Dimensions=filters,
                RecentlyActive="PT3H",
            )
        else:
            pages = paginator.paginate(
                Namespace=kind.namespace, MetricName=metric, Dimensions=filters
            )
        for page in read_pages(pages, MetricListing, action=LIST_ACTION, pages_max=PAGES_MAX):
            # Answers go by what was asked; what else is in one was not.
            yield from (row for row in page.metrics if row.name == metric)

    def _wanted(self, kind: Kind, names: Collection[str], now: datetime) -> Iterable[str]:
        """What is set explicitly wins over what was found to belong to the services."""
        patterns = self._only.get(kind.namespace)
        if patterns is not None:
            return [name for name in names if any(fnmatchcase(name, p) for p in patterns)]
        own = self._belongs(kind.namespace, now)
        if own is None:
            return names
        # A part of a load balancer, such as a target group, is named after it.
        return [n for n in names if n in own or any(n.startswith(f"{whole}/") for whole in own)]


def _demand_few(kind: Kind, names: Sequence[str]) -> None:
    if len(names) > SUBJECTS_MAX:
        raise SourceError(
            f"{LIST_ACTION}: {len(names)} of kind {kind.noun}, more than {SUBJECTS_MAX}:"
            f" name those to watch, XOPS_WATCH_CLOUDWATCH__SUBJECTS={kind.namespace}=PATTERN",
            reason=GapReason.INVALID,
            hint="each is billed for each of its metrics; a pattern may be a glob",
        )


def _measures_subject(dimensions: Mapping[str, str], kind: Kind, metric: str) -> bool:
    """The same metric also comes by zone, by target group or by client: that is not the whole."""
    if not all(dimensions.get(name) == value for name, value in kind.fixed):
        return False
    if any(dimensions.get(name) == value for name, value in kind.without):
        return False
    required = {kind.key, *(name for name, _ in kind.fixed), *kind.parts(metric)}
    return required <= dimensions.keys() <= required | set(kind.split)


def _name(dimensions: Mapping[str, str], kind: Kind) -> str:
    name = dimensions[kind.key]
    return f"{dimensions[kind.within]}/{name}" if kind.within else name


def _of_service(service: Service) -> Subject:
    return Subject(
        name=service.subject,
        dimensions=(("ClusterName", service.cluster), ("ServiceName", service.name)),
        idle="" if service.desired else "the service is scaled to zero: no task runs",
    )


def _of_listing(kind: Kind, name: str, series: Mapping[str, list[Dimensions]]) -> Subject:
    return Subject(
        name=name,
        dimensions=((kind.key, name), *kind.fixed),
        series={m: _disjoint(found, by_part=kind.by_part) for m, found in series.items()},
    )


def _disjoint(series: Iterable[Dimensions], *, by_part: bool) -> tuple[Dimensions, ...]:
    """Return the series that make up the whole: the total itself, or else the finest parts."""
    unique = sorted(set(series), key=lambda one: (len(one), one))
    if len(unique[0]) == 1 and not by_part:
        return (unique[0],)
    finest = len(unique[-1])
    return tuple(one for one in unique if len(one) == finest)
