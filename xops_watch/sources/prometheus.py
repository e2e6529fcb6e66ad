"""Signals that are whatever a Prometheus server is asked: the section `queries` of rule files."""

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from xops_watch.core.query import Query
from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.core.signal import Unit
from xops_watch.errors import GapReason, SourceError
from xops_watch.web.prometheus import Sample

RESULTS_MAX = 100  # subjects of one query: each is judged by every rule that reads the signal
AHEAD_MAX = timedelta(minutes=1)  # of the server's clock; what is later speaks of no time we know
RATIO_MAX = 1.1  # what increase() makes of 1 when it extrapolates
SUBJECT_CHARACTERS_MAX = 255
_DETAIL_CHARACTERS_MAX = 390
# The server is not well, or does not want us: whatever else it is asked, the answer is the same.
_OF_THE_SERVER = frozenset(
    {GapReason.UNREACHABLE, GapReason.TIMEOUT, GapReason.DENIED, GapReason.THROTTLED}
)
# Of the spacing of a query: it is due so much early rather than a whole round late.
_EARLY = 0.1
_GONE = "its query has no `subject_label`: it gives one number, that of the stack"


class _Asks(Protocol):
    def query(self, promql: str) -> Sequence[Sample]:
        """Return what the query gives now; raises SourceError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """When a query was asked last, and what went wrong then."""

    at: datetime
    failure: SourceError | None = None


class PrometheusSource:
    """Asks the queries of the rulebook in force, each as often as its signal wants.

    `queries` returns them; `interval` is how often the server is asked at most. `stack` is the
    subject of queries without a label. `seen` is what was observed before the process started.
    """

    name = "prometheus"

    def __init__(
        self,
        api: _Asks,
        *,
        queries: Callable[[], Sequence[Query]],
        stack: str,
        interval: timedelta,
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._api = api
        self._queries = queries
        self._stack = stack
        self._asked: dict[Query, _Asked] = {}
        self._subjects: dict[str, set[str]] = {}
        for signal, subject in seen:
            self._subjects.setdefault(signal, set()).add(subject)

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of the signals that the rulebook in force asks for."""
        return tuple(query.signal.name for query in self._queries())

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return what the due queries give, and gaps for those that give nothing.

        Raises SourceError when the server has answered no query at all the last time.
        """
        queries = tuple(self._queries())
        self._asked = {query: told for query, told in self._asked.items() if query in queries}
        observations: list[Observation] = []
        refused: SourceError | None = None
        for query in self._due(queries, now):
            # Whoever is not there or does not want us is not asked for the rest.
            error = refused
            if error is None:
                try:
                    observations += self._answered(query, self._api.query(query.promql), now)
                except SourceError as failure:
                    error = failure
                    refused = failure if failure.reason in _OF_THE_SERVER else None
                self._asked[query] = _Asked(at=now, failure=error)
            else:
                self._asked[query] = replace(self._last(query, now), failure=error)
            if error is not None:
                observations += self._missing(query, error, now)
        if refused and all(self._asked[query].failure for query in queries):
            raise refused
        return observations

    def _due(self, queries: Sequence[Query], now: datetime) -> list[Query]:
        """Return whom to ask, those that failed the last time behind the others.

        A query that takes too long must not keep all others from being asked.
        """
        due = [query for query in queries if self._is_due(query, now)]
        return sorted(due, key=self._turn)

    def _is_due(self, query: Query, now: datetime) -> bool:
        asked = self._asked.get(query)
        # A failure is no answer: it is tried again at the next round.
        if asked is None or asked.failure is not None or now < asked.at:
            return True
        return now - asked.at >= query.signal.period * (1 - _EARLY)

    def _turn(self, query: Query) -> tuple[bool, float]:
        asked = self._asked.get(query)
        if asked is None:
            return False, 0.0
        return asked.failure is not None, asked.at.timestamp()

    def _last(self, query: Query, now: datetime) -> _Asked:
        # Never asked at all: those that wait longer come first the next time.
        return self._asked.get(query) or _Asked(at=now - query.signal.period)

    def _answered(
        self, query: Query, samples: Sequence[Sample], now: datetime
    ) -> list[Observation]:
        told = (
            self._one_number(query, samples, now)
            if query.subject_label is None
            else self._of_subjects(query, query.subject_label, samples, now)
        )
        observations = list(told)
        known = self._subjects.setdefault(query.signal.name, set())
        known.update(o.subject for o in observations if o.subject is not None)
        known.difference_update(
            o.subject or "" for o in observations if _reason(o) is GapReason.GONE
        )
        return observations

    def _one_number(
        self, query: Query, samples: Sequence[Sample], now: datetime
    ) -> Iterator[Observation]:
        signal, stack = query.signal.name, self._stack
        if len(samples) > 1:
            raise _invalid(
                f"the query gives {len(samples)} series, and no label says what they are",
                hint="make one of them with sum(...) or max(...), or name a `subject_label`",
            )
        if samples:
            yield _observation(query, stack, samples[0], now)
        else:
            yield _gap(signal, stack, GapReason.STALE, _nothing("the query gives nothing"), now)
        for subject in sorted(self._subjects.get(signal, set()) - {stack}):
            yield _gap(signal, subject, GapReason.GONE, _GONE, now)

    def _of_subjects(
        self, query: Query, label: str, samples: Sequence[Sample], now: datetime
    ) -> Iterator[Observation]:
        named = _named(label, samples)
        signal = query.signal.name
        for subject, sample in named.items():
            yield _observation(query, subject, sample, now)
        missing = sorted(self._subjects.get(signal, set()) - named.keys())
        for subject in missing:
            why = _nothing("the query gives nothing for it any more")
            yield _gap(signal, subject, GapReason.STALE, why, now)
        if not named and not missing:
            why = _nothing("the query gives nothing")
            yield _gap(signal, None, GapReason.STALE, why, now)

    def _missing(self, query: Query, error: SourceError, now: datetime) -> Iterator[Gap]:
        why = f"{error.what}; {error.hint}"
        subjects: Collection[str | None] = sorted(self._subjects.get(query.signal.name, ()))
        if query.subject_label is None:
            subjects = (self._stack,)
        for subject in subjects or (None,):
            yield _gap(query.signal.name, subject, error.reason, why, now)


def _named(label: str, samples: Sequence[Sample]) -> dict[str, Sample]:
    """Return the samples by subject; raises SourceError rather than leave one out."""
    if len(samples) > RESULTS_MAX:
        raise _invalid(
            f"the query gives {len(samples)} series; {RESULTS_MAX} is the most",
            hint=f"aggregate: sum by ({label}) (...), or topk(...)",
        )
    named: dict[str, Sample] = {}
    for sample in samples:
        subject = sample.labels.get(label, "")
        if not subject:
            raise _invalid(
                f"the query gives a series without the label `{label}`",
                hint=f"aggregate by it: sum by ({label}) (...)",
            )
        if len(subject) > SUBJECT_CHARACTERS_MAX or not subject.isprintable():
            raise _invalid(
                f"the label `{label}` is {subject!r:.50}, which is no name",
                hint=f"a name has up to {SUBJECT_CHARACTERS_MAX} visible characters",
            )
        if subject in named:
            raise _invalid(
                f"the query gives more than one series of {label}={subject!r:.50}",
                hint=f"make one of them: sum by ({label}) (...)",
            )
        named[subject] = sample
    return named


def _observation(query: Query, subject: str, sample: Sample, now: datetime) -> Observation:
    signal, value = query.signal, sample.value
    ahead = sample.at - now
    if math.isnan(value):
        return _gap(signal.name, subject, GapReason.STALE, _nothing("the query gives NaN"), now)
    if math.isinf(value):
        why = f"the query gives {value}: something is divided by 0"
    elif ahead > AHEAD_MAX:
        why = f"the server's clock is {ahead.total_seconds():.0f} s ahead of ours"
    elif -ahead > signal.grace:
        why = f"the server's clock is {-ahead.total_seconds():.0f} s behind ours"
    elif not query.own and value < 0:
        why = f"the query gives {value:g}: less than nothing; correct the query"
    elif not query.own and signal.unit is Unit.RATIO and value > RATIO_MAX:
        why = f"the query gives {value:g} for a share of 1: divide percent by 100"
    else:
        # The server answers some moments after `now`.
        at = min(sample.at, now)
        return Reading(signal=signal.name, subject=subject, value=value, taken_at=at, seen_at=now)
    return _gap(signal.name, subject, GapReason.INVALID, why, now)


def _nothing(what: str) -> str:
    return f"{what}: nothing of it was counted, or the metrics are called otherwise"


def _invalid(what: str, *, hint: str) -> SourceError:
    return SourceError(what, reason=GapReason.INVALID, hint=hint)


def _reason(observation: Observation) -> GapReason | None:
    return observation.reason if isinstance(observation, Gap) else None


def _gap(signal: str, subject: str | None, reason: GapReason, why: str, now: datetime) -> Gap:
    detail = why[:_DETAIL_CHARACTERS_MAX]
    return Gap(signal=signal, subject=subject, reason=reason, detail=detail, noticed_at=now)
