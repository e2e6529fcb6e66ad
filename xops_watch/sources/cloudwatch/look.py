"""Who is there to be measured, and what could not be listed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.cloudwatch.kinds import Kind
from xops_watch.sources.cloudwatch.plan import Wanted
from xops_watch.sources.cloudwatch.series import Series, series_of
from xops_watch.sources.cloudwatch.spending import Demand
from xops_watch.sources.cloudwatch.subjects import Found, Subjects

THROTTLED_MAX = 2  # refusals of one poll, each after a pause that grows


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Who is there: the series that are wanted, and the kinds that could not be listed."""

    wanted: Mapping[str, Wanted]
    kinds: Collection[Kind]
    found: Mapping[Kind, Found]
    errors: Mapping[Kind, SourceError]
    series: Sequence[Series]

    @property
    def demands(self) -> list[Demand]:
        """Return the metrics of each signal whose subjects are known."""
        return [
            Demand(
                wanted=wanted,
                metrics=frozenset(
                    query.metric
                    for one in self.series
                    if one.need.signal == signal
                    for query in one.queries
                ),
            )
            for signal, wanted in self.wanted.items()
            if wanted.need.kind in self.found
        ]

    def why_nobody(self, signal: str) -> tuple[GapReason, str] | None:
        """Return why nothing is known of any subject of a signal, None when something is."""
        kind = self.wanted[signal].need.kind
        error = self.errors.get(kind)
        if error is not None:
            return error.reason, error.what
        if kind.listed and not self.found[kind].subjects:
            return _why_none(kind, self.found[kind])
        return None

    def was_read(self, signal: str, subject: str) -> bool:
        """Tell whether who is missing would have been found."""
        found = self.found.get(self.wanted[signal].need.kind)
        return found is not None and subject.partition("/")[0] not in found.unread


def look_around(subjects: Subjects, wanted: Mapping[str, Wanted], *, now: datetime) -> Look:
    """Return who is there; a kind that cannot be listed takes nothing from the others."""
    kinds = {one.need.kind for one in wanted.values()}
    found: dict[Kind, Found] = {}
    errors: dict[Kind, SourceError] = {}
    for kind in sorted(kinds, key=lambda kind: (kind.namespace, kind.key, kind.fixed)):
        older = (listing.refused for listing in found.values() if listing.refused)
        hung = given_up([*errors.values(), *older])
        try:
            found[kind] = subjects.find(kind, now=now, hung=hung)
        except SourceError as error:
            errors[kind] = error
    series = [
        made
        for one in wanted.values()
        if one.need.kind in found
        for made in series_of(one, found[one.need.kind])
    ]
    return Look(wanted=wanted, kinds=kinds, found=found, errors=errors, series=series)


def given_up(errors: Iterable[SourceError]) -> SourceError | None:
    """Return why nobody is asked on: no answer came in time, or "slow down" came again.

    Each further question would wait as long, and the poll would end after its deadline.
    """
    every = list(errors)
    hung = [error for error in every if error.reason is GapReason.TIMEOUT]
    throttled = [error for error in every if error.reason is GapReason.THROTTLED]
    if len(throttled) >= THROTTLED_MAX:
        hung += throttled
    return hung[0] if hung else None


def _why_none(kind: Kind, found: Found) -> tuple[GapReason, str]:
    """A pattern that matches nobody is no proof that there is nobody."""
    if not found.unwanted:
        return kind.why_none
    listed = f"CloudWatch lists {found.unwanted} of kind {kind.noun}"
    why = "none matches XOPS_WATCH_CLOUDWATCH__SUBJECTS, or belongs to a watched service"
    return GapReason.NOT_ENABLED, f"{listed}, {why}"
