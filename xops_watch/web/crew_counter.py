"""The crews that an application counts itself, as metrics that Prometheus scrapes.

The contract: `xops_crews_started_total` and `xops_crews_queued` with the labels `cluster` and
`service`, the names of ECS (docs/how-to/instrument-crews.md). The query over the one gives the
crews of the last hour, that over the other those that wait now.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from xops_watch.errors import GapReason, SourceError
from xops_watch.web.prometheus import PrometheusApi, Sample

SUBJECTS_MAX = 20  # services that start crews
CREWS_MAX = 1e9
_NAME_CHARACTERS_MAX = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class _Metric:
    """What is asked for: its name in the contract, and the setting of its query."""

    name: str
    setting: str


_STARTED = _Metric(name="xops_crews_started_total", setting="XOPS_WATCH_PROMETHEUS__CREWS_QUERY")
_QUEUED = _Metric(name="xops_crews_queued", setting="XOPS_WATCH_PROMETHEUS__CREWS_QUEUED_QUERY")


class PrometheusCrews:
    """Asks a Prometheus server how many crews were started. For one thread at a time."""

    basis = "prometheus"

    def __init__(self, api: PrometheusApi, query: str) -> None:
        self._asked = _Asked(api, query, _STARTED)

    def started(self, *, now: datetime) -> Mapping[str, float | SourceError]:  # noqa: ARG002 - the server says what is now
        """Return the crews of the last hour by `cluster/service`, or why they are not known.

        Empty when no application has ever offered the counter. Never raises.
        """
        return self._asked.read()


class PrometheusQueue:
    """Asks a Prometheus server how many crews wait. For one thread at a time."""

    basis = "prometheus"

    def __init__(self, api: PrometheusApi, query: str) -> None:
        self._asked = _Asked(api, query, _QUEUED)

    def queued(self, *, now: datetime) -> Mapping[str, float | SourceError]:  # noqa: ARG002 - the server says what is now
        """Return the crews that wait by `cluster/service`, or why they are not known.

        Empty when no application has ever offered the gauge. Never raises.
        """
        return self._asked.read()


class _Asked:
    """One query, and the subjects that it once told of."""

    def __init__(self, api: PrometheusApi, query: str, metric: _Metric) -> None:
        self._api = api
        self._query = query
        self._metric = metric
        self._known: frozenset[str] = frozenset()

    def read(self) -> Mapping[str, float | SourceError]:
        try:
            told = dict(_told(self._api.query(self._query), self._metric))
        except SourceError as error:
            return dict.fromkeys(self._known, error)
        silent = _silent(self._metric)
        everyone: dict[str, float | SourceError] = {**dict.fromkeys(self._known, silent), **told}
        self._known |= told.keys()
        return everyone


def _told(samples: Sequence[Sample], metric: _Metric) -> Iterator[tuple[str, float]]:
    subjects: set[str] = set()
    for sample in samples:
        cluster, service = sample.labels.get("cluster", ""), sample.labels.get("service", "")
        if not (_is_name(cluster) and _is_name(service)):
            why = "it gives a series without the labels `cluster` and `service` of ECS"
            raise _invalid(why, metric)
        subject = f"{cluster}/{service}"
        if subject in subjects:
            raise _invalid(f"it gives more than one number of {subject!r:.50}", metric)
        subjects.add(subject)
        if len(subjects) > SUBJECTS_MAX:
            why = f"it gives {len(samples)} services; {SUBJECTS_MAX} is the most"
            raise _invalid(why, metric)
        if not math.isfinite(sample.value) or not 0 <= sample.value <= CREWS_MAX:
            raise _invalid("it gives what is no count", metric)
        yield subject, sample.value


def _is_name(text: str) -> bool:
    return 0 < len(text) <= _NAME_CHARACTERS_MAX and text.isprintable() and "/" not in text


def _invalid(why: str, metric: _Metric) -> SourceError:
    return SourceError(
        f"the query for crews: {why}",
        reason=GapReason.INVALID,
        hint=f"correct {metric.setting}",
    )


def _silent(metric: _Metric) -> SourceError:
    return SourceError(
        f"{metric.name} was there and is no more: is the application scraped?",
        reason=GapReason.STALE,
        hint="it stays, at 0 too, as long as the application runs",
    )
