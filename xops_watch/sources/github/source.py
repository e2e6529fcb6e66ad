"""GitHub: how many people change the infrastructure, how often, and whether they collide.

Everything is a number of the whole stack: over all watched repositories together. A number that
lacks a repository is not told, because it would be too small.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.github.api import GithubApi
from xops_watch.sources.github.collisions import (
    CONFLICTS,
    CONFLICTS_NEW,
    WATCHED,
    Collisions,
)
from xops_watch.sources.github.counting import IacCount, PullRequest, count_iac, count_people
from xops_watch.sources.github.parts import Part, read_each
from xops_watch.sources.github.pulls import PullReader, Pulls
from xops_watch.sources.github.repositories import Repositories
from xops_watch.sources.github.repository import Watched
from xops_watch.sources.github.runs import RunReader

IAC = "github.iac_prs_7d"
IAC_BOTS = "github.iac_bot_prs_7d"
RUNS = "github.iac_runs_7d"
ENGINEERS = "github.engineers_28d"
LEFT = "github.api_remaining"
LEFT_SHARE = "github.api_budget_left"

_OF_STACK = (IAC, IAC_BOTS, RUNS, ENGINEERS, CONFLICTS, CONFLICTS_NEW, WATCHED)
SIGNALS = (*_OF_STACK, LEFT, LEFT_SHARE)

WorkflowRuns = Literal["fallback", "always", "never"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """What reads GitHub for the source."""

    api: GithubApi
    repositories: Repositories
    pulls: PullReader
    collisions: Collisions
    runs: RunReader


class GithubSource:
    """Counts pull requests, people and conflicts of all watched repositories.

    `stack` is the subject of all of it. `is_bot` takes logins and addresses. `seen` is what was
    observed before the process started.
    """

    name = "github"
    signals = SIGNALS

    def __init__(
        self,
        readers: Readers,
        *,
        stack: str,
        interval: timedelta,
        workflow_runs: WorkflowRuns,
        is_bot: Callable[[str], bool],
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._readers = readers
        self._stack = stack
        self._workflow_runs = workflow_runs
        self._is_bot = is_bot
        self._gone = sorted(s for s in seen if s[0] in _OF_STACK and s[1] != stack)

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return what GitHub says now; raises SourceError when it says nothing at all."""
        api, now = self._readers.api, now.astimezone(UTC)
        api.begin()
        told: list[Observation]
        try:
            told = list(self._of_stack(now))
        except SourceError as error:
            if not api.budget.noted:
                raise
            told = [self._gap(signal, error.reason, error.what, at=now) for signal in _OF_STACK]
        told.extend(self._left(now))
        # A poll may take longer than a tick waits: what it says, it says at its end.
        seen_at = now + timedelta(seconds=api.elapsed)
        return [replace(o, seen_at=seen_at) if isinstance(o, Reading) else o for o in told]

    def _of_stack(self, now: datetime) -> Iterator[Observation]:
        readers = self._readers
        watched = readers.repositories.find(now=now)
        lively = [one for one in watched.repositories if not one.quiet]
        pulls = readers.pulls.pulls(lively, watched.failures, now=now)
        commits = readers.pulls.commits(lively, watched.failures, now=now)
        recent = [pr for of_one in pulls.read.values() for pr in of_one.recent]
        yield from self._iac(recent, pulls.failures, now)
        if failures := (*pulls.failures, *commits.failures):
            yield self._failed(ENGINEERS, failures[0], at=now)
        else:
            written = [commit for of_one in commits.read.values() for commit in of_one]
            people = count_people(recent, written, self._is_bot, now=now)
            yield self._reading(ENGINEERS, people, at=now)
        for signal, value in readers.collisions.count(watched, pulls, now=now).items():
            if isinstance(value, SourceError):
                yield self._failed(signal, value, at=now)
            else:
                yield self._reading(signal, value, at=now)
        yield self._runs(watched, pulls, now)
        while self._gone:
            signal, subject = self._gone.pop()
            yield Gap(
                signal=signal,
                subject=subject,
                reason=GapReason.GONE,
                detail="the stack has another name now",
                noticed_at=now,
            )

    def _iac(
        self, recent: Sequence[PullRequest], failures: Sequence[SourceError], now: datetime
    ) -> Iterator[Observation]:
        if failures:
            for signal in (IAC, IAC_BOTS):
                yield self._failed(signal, failures[0], at=now)
            return
        count: IacCount = count_iac(recent, self._is_bot, now=now)
        if count.unknown:
            why = f"GitHub does not list all files of {count.unknown} pull requests of the week"
            for signal in (IAC, IAC_BOTS):
                yield self._gap(signal, GapReason.INVALID, why, at=now)
            return
        yield self._reading(IAC, count.people, at=now)
        yield self._reading(IAC_BOTS, count.bots, at=now)

    def _runs(self, watched: Watched, pulls: Part[Pulls], now: datetime) -> Observation:
        if self._workflow_runs == "never":
            why = "set XOPS_WATCH_GITHUB__WORKFLOW_RUNS to fallback or always to count them"
            return self._gap(RUNS, GapReason.NOT_ENABLED, why, at=now)
        if self._workflow_runs == "fallback" and not pulls.failures:
            why = "pull requests can be read: runs are only counted where they cannot"
            return self._gap(RUNS, GapReason.NOT_APPLICABLE, why, at=now)
        runs = read_each(
            watched.repositories,
            lambda one: self._readers.runs.branches(one, now=now),
            watched.failures,
        )
        if runs.failures:
            return self._failed(RUNS, runs.failures[0], at=now)
        return self._reading(RUNS, sum(runs.read.values()), at=now)

    def _left(self, now: datetime) -> Iterator[Observation]:
        noted = self._readers.api.budget.noted
        for resource, allowance in noted.items():
            share = allowance.remaining / allowance.limit
            for signal, value in ((LEFT, allowance.remaining), (LEFT_SHARE, share)):
                yield Reading(signal=signal, subject=resource, value=float(value), taken_at=now)
        if not noted:
            why = "this server names no rate limit in its answers"
            for signal in (LEFT, LEFT_SHARE):
                yield Gap(
                    signal=signal,
                    subject=None,
                    reason=GapReason.NOT_APPLICABLE,
                    detail=why,
                    noticed_at=now,
                )

    def _reading(self, signal: str, value: float, *, at: datetime) -> Reading:
        return Reading(signal=signal, subject=self._stack, value=float(value), taken_at=at)

    def _gap(self, signal: str, reason: GapReason, detail: str, *, at: datetime) -> Gap:
        return Gap(signal=signal, subject=self._stack, reason=reason, detail=detail, noticed_at=at)

    def _failed(self, signal: str, error: SourceError, *, at: datetime) -> Gap:
        return self._gap(signal, error.reason, error.what, at=at)
