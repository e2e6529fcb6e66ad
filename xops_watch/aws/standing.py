"""What every source of ECS says alike: readings and gaps, and what became of what it once saw."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from xops_watch.aws.inventory import Cluster, Sweep
from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.errors import GapReason, SourceError


class Standing:
    """Remembers the series of each cluster between two polls.

    `seen` is what was observed before the process started, `signals` which of it is the
    source's. `of_clusters` and `of_services` are the signals that a cluster and a service have
    even if nothing is known of it.
    """

    def __init__(
        self,
        seen: Iterable[SeriesKey],
        *,
        signals: Collection[str],
        of_clusters: Collection[str] = (),
        of_services: Collection[str] = (),
    ) -> None:
        self._seen = _by_cluster(series for series in seen if series[0] in signals)
        self._of_clusters = tuple(of_clusters)
        self._of_services = tuple(of_services)

    def complete(
        self, sweep: Sweep, observed: Mapping[str, Sequence[Observation]]
    ) -> list[Observation]:
        """Return what was observed of each cluster, and gaps for what could not be or is gone."""
        told = [observation for of_cluster in observed.values() for observation in of_cluster]
        seen = {
            name: frozenset((o.signal, o.subject or "") for o in of_cluster)
            for name, of_cluster in observed.items()
        }
        for name, error in sweep.failures.items():
            # A cluster that fails blinds what was seen in it, and nothing else.
            series = self._seen.get(name, frozenset((signal, name) for signal in self._of_clusters))
            seen[name] = series
            told.extend(failed(*one, error, at=sweep.at) for one in sorted(series))
        for cluster in sweep.clusters:
            missed = self._missed(cluster, seen[cluster.name])
            seen[cluster.name] |= missed.keys()
            told.extend(
                failed(*one, error, at=sweep.at)
                for one, error in sorted(missed.items(), key=_series)
            )
        # What is gone leaves nobody to be blind on.
        gone = frozenset().union(*self._seen.values()) - frozenset().union(*seen.values())
        detail = "it is no longer active"
        told.extend(
            gap(signal, subject, GapReason.GONE, detail, at=sweep.at)
            for signal, subject in sorted(gone)
        )
        self._seen = seen
        return told

    def _missed(
        self, cluster: Cluster, seen: Collection[SeriesKey]
    ) -> dict[SeriesKey, SourceError]:
        """Return the series of what may be there and could not be seen, each with why not."""
        if cluster.incomplete is None:
            return {}
        known = self._seen.get(cluster.name, frozenset()) - frozenset(seen)
        missed = {series: cluster.misses(series[1]) for series in known if "/" in series[1]}
        unread = {
            (signal, f"{cluster.name}/{name}"): error
            for name, error in cluster.unread.items()
            for signal in self._of_services
        }
        return unread | {series: error for series, error in missed.items() if error is not None}


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Tell whether a name fits one of the glob patterns."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def reading(signal: str, subject: str, value: float, *, at: datetime) -> Reading:
    """Return a value of now."""
    return Reading(signal=signal, subject=subject, value=float(value), taken_at=at)


def gap(signal: str, subject: str | None, reason: GapReason, detail: str, *, at: datetime) -> Gap:
    """Return why there is no value."""
    return Gap(signal=signal, subject=subject, reason=reason, detail=detail, noticed_at=at)


def failed(signal: str, subject: str, error: SourceError, *, at: datetime) -> Gap:
    """Return the gap of a series that could not be read."""
    return gap(signal, subject, error.reason, error.what, at=at)


def absent(signal: str, subject: str, why: str, *, at: datetime) -> Gap:
    """Return the gap of what is not there to be measured."""
    return gap(signal, subject, GapReason.NOT_APPLICABLE, why, at=at)


def _series(entry: tuple[SeriesKey, SourceError]) -> SeriesKey:
    return entry[0]


def _by_cluster(seen: Iterable[SeriesKey]) -> dict[str, frozenset[SeriesKey]]:
    clusters: dict[str, set[SeriesKey]] = {}
    for signal, subject in seen:
        clusters.setdefault(subject.partition("/")[0], set()).add((signal, subject))
    return {name: frozenset(series) for name, series in clusters.items()}
