"""Counting conflicts: what is open now, and what was seen in conflict before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from xops_watch.errors import GapReason, SourceError, StoreError
from xops_watch.ports import Memory
from xops_watch.sources.github.api import GithubApi
from xops_watch.sources.github.conflicts import (
    NOTHING_SEEN,
    Sightings,
    parse_sightings,
    write_sightings,
)
from xops_watch.sources.github.graph import Mergeable
from xops_watch.sources.github.mergeable import settle
from xops_watch.sources.github.parts import Part
from xops_watch.sources.github.pulls import Pulls
from xops_watch.sources.github.repository import Watched

CONFLICTS = "github.pr_conflicts_7d"
CONFLICTS_NEW = "github.pr_conflicts_new_7d"
WATCHED = "github.conflicts_watched_7d"

_MEMORY = "github"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What one look at the open pull requests showed: node ids, with their repository."""

    conflicting: Mapping[str, int]
    unknown: int
    failures: tuple[SourceError, ...]


class Collisions:
    """Remembers which pull requests were seen in conflict.

    `pause` waits, in real time. `forgot` hears that what was kept cannot be read, and begins anew.
    """

    def __init__(
        self,
        api: GithubApi,
        memory: Memory,
        *,
        pause: Callable[[timedelta], None],
        forgot: Callable[[], None],
    ) -> None:
        self._api = api
        self._memory = memory
        self._pause = pause
        self._forgot = forgot

    def count(
        self, watched: Watched, pulls: Part[Pulls], *, now: datetime
    ) -> Mapping[str, float | SourceError]:
        """Return the value of each signal, or why it has none."""
        look = self._look(pulls)
        try:
            sightings = self._remembered(look, watched, now)
        except StoreError as error:
            why = f"what was seen in conflict cannot be kept: {error.what:.200}"
            failed = SourceError(why, reason=GapReason.UNREACHABLE, hint=error.hint)
            return dict.fromkeys((CONFLICTS, CONFLICTS_NEW, WATCHED), failed)
        return {
            WATCHED: sightings.watched(now=now),
            CONFLICTS: _unless_blind(sightings.count(now=now), look),
            CONFLICTS_NEW: _unless_blind(sightings.count_new(now=now), look),
        }

    def _look(self, pulls: Part[Pulls]) -> _Look:
        """Return which pull requests are in conflict now, after asking again for the unknown."""
        repository_of = {
            one: repository.id for repository, of_one in pulls.read.items() for one in of_one.opens
        }
        opens: dict[str, Mergeable] = {}
        for of_one in pulls.read.values():
            opens |= of_one.opens
        settled, failure = settle(self._api, opens, pause=self._pause)
        failures = pulls.failures if failure is None else (*pulls.failures, failure)
        return _Look(
            conflicting={
                one: repository_of[one]
                for one, state in settled.items()
                if state == "CONFLICTING" and one in repository_of
            },
            unknown=sum(state == "UNKNOWN" for state in settled.values()),
            failures=failures,
        )

    def _remembered(self, look: _Look, watched: Watched, now: datetime) -> Sightings:
        """Return what was seen till now, and keep it; raises StoreError."""
        kept = self._memory.recall(_MEMORY)
        recalled = parse_sightings(kept) if kept is not None else NOTHING_SEEN
        sightings = (recalled or NOTHING_SEEN).still(now=now).seen(look.conflicting, now=now)
        if not watched.failures:
            sightings = sightings.only_of({one.id for one in watched.repositories})
        if not look.failures and not look.unknown:
            sightings = sightings.looked(now=now)
        text = write_sightings(sightings)
        if text != kept:
            self._memory.keep(_MEMORY, text)
        if recalled is None:
            self._forgot()  # once: it is overwritten
        return sightings


def _unless_blind(count: int, look: _Look) -> float | SourceError:
    """Return the count: what was seen was seen, but none is only none if all could be seen."""
    if look.failures:
        return look.failures[0]
    if look.unknown and not count:
        return SourceError(
            f"GitHub has not yet computed of {look.unknown} pull requests whether they conflict",
            reason=GapReason.STALE,
            hint="it is asked again at the next poll",
        )
    return float(count)
