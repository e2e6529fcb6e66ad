"""Which pull requests were seen in conflict, and since when: kept over restarts.

GitHub only tells whether a pull request conflicts now, and forgets it once it is merged. So what
was seen is remembered, with the hours in which was looked: a count is only as good as those.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from xops_watch.sources.github.answers import Moment
from xops_watch.sources.github.counting import WEEK, is_within

REMEMBERED_MAX = 2000  # pull requests: more of them in conflict within a week are no news
_HOUR = timedelta(hours=1)
_HOURS_OF_WEEK = WEEK // _HOUR
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """When a pull request of a repository (GitHub's number of it) was seen in conflict."""

    repository: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sightings:
    """All that was seen, by the pull request's node id; `hours` since 1970 in which was looked."""

    by_pull_request: Mapping[str, Sighting]
    hours: frozenset[int]

    def seen(self, conflicting: Mapping[str, int], *, now: datetime) -> "Sightings":
        """Return these and those seen now (repository by node id); the first time is kept."""
        known = dict(self.by_pull_request)
        for one, repository in conflicting.items():
            first = known[one].first_at if one in known else now
            known[one] = Sighting(repository=repository, first_at=min(first, now), last_at=now)
        return replace(self, by_pull_request=_newest(known))

    def looked(self, *, now: datetime) -> "Sightings":
        """Return these with a look at everything in the hour of `now`."""
        return replace(self, hours=self.hours | {_hour(now)})

    def still(self, *, now: datetime) -> "Sightings":
        """Return these without what is older than a week, or of a time that is yet to come."""
        last = _hour(now)
        first = last - _HOURS_OF_WEEK + 1
        return Sightings(
            by_pull_request={
                one: seen
                for one, seen in self.by_pull_request.items()
                if is_within(seen.last_at, WEEK, now=now)
            },
            hours=frozenset(hour for hour in self.hours if first <= hour <= last),
        )

    def only_of(self, repositories: Collection[int]) -> "Sightings":
        """Return these without what is of repositories that are no longer watched."""
        return replace(
            self,
            by_pull_request={
                one: seen
                for one, seen in self.by_pull_request.items()
                if seen.repository in repositories
            },
        )

    def count(self, *, now: datetime) -> int:
        """Return how many pull requests were seen in conflict in the trailing week."""
        return sum(is_within(one.last_at, WEEK, now=now) for one in self._all())

    def count_new(self, *, now: datetime) -> int:
        """Return how many were first seen in conflict in the trailing week."""
        return sum(is_within(one.first_at, WEEK, now=now) for one in self._all())

    def watched(self, *, now: datetime) -> float:
        """Return the share of the trailing week's hours in which was looked."""
        return len(self.still(now=now).hours) / _HOURS_OF_WEEK

    def _all(self) -> Iterable[Sighting]:
        return self.by_pull_request.values()


NOTHING_SEEN = Sightings(by_pull_request={}, hours=frozenset())


class _Sighting(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    repository: int
    first_at: Moment
    last_at: Moment


class _Sightings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    pull_requests: dict[Annotated[str, Field(max_length=200)], _Sighting]
    hours: list[int]


def parse_sightings(text: str) -> Sightings | None:
    """Return what was written by `write_sightings`, None if it is not readable.

    To begin anew is honest then: the share of watched hours tells it.
    """
    try:
        kept = _Sightings.model_validate_json(text)
    except ValidationError:
        return None
    return Sightings(
        by_pull_request={
            one: Sighting(
                repository=seen.repository,
                first_at=seen.first_at.astimezone(UTC),
                last_at=seen.last_at.astimezone(UTC),
            )
            for one, seen in kept.pull_requests.items()
        },
        hours=frozenset(kept.hours),
    )


def write_sightings(sightings: Sightings) -> str:
    """Return the sightings as JSON text."""
    kept = _Sightings(
        pull_requests={
            one: _Sighting(repository=seen.repository, first_at=seen.first_at, last_at=seen.last_at)
            for one, seen in sorted(sightings.by_pull_request.items())
        },
        hours=sorted(sightings.hours),
    )
    return kept.model_dump_json()


def _newest(sightings: Mapping[str, Sighting]) -> Mapping[str, Sighting]:
    if len(sightings) <= REMEMBERED_MAX:
        return sightings
    ordered = sorted(sightings.items(), key=lambda item: item[1].last_at, reverse=True)
    return dict(ordered[:REMEMBERED_MAX])


def _hour(instant: datetime) -> int:
    return (instant - _EPOCH) // _HOUR
