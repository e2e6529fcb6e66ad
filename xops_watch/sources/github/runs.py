"""Workflow runs: what document A calls the detection, and the fallback where nothing else is read.

Runs are not pull requests: one has many pushes. So branches are counted, not runs.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from xops_watch.sources.github.answers import RunAnswer, RunsAnswer
from xops_watch.sources.github.api import GithubApi
from xops_watch.sources.github.counting import WEEK, is_within
from xops_watch.sources.github.refusals import ACTIONS_READ
from xops_watch.sources.github.repository import Repository, truncated

_PER_PAGE = 100
_LISTED_MAX = 1000  # GitHub lists no more of a filtered search, whatever it counts
_DAY = timedelta(days=1)


class RunReader:
    """Counts branches with runs of pull requests. `is_bot` takes logins, `is_iac` workflows."""

    def __init__(
        self, api: GithubApi, *, is_bot: Callable[[str], bool], is_iac: Callable[[str], bool]
    ) -> None:
        self._api = api
        self._is_bot = is_bot
        self._is_iac = is_iac

    def branches(self, repository: Repository, *, now: datetime) -> int:
        """Return how many branches of people had a run in the trailing week.

        Raises SourceError.
        """
        since = (now - WEEK).astimezone(UTC).date()
        # Whole days, so that the question is the same all day and an unchanged answer is free.
        first = self._page(repository, f">={since}", 1)
        if first.total_count <= _LISTED_MAX:
            runs = list(self._rest(repository, f">={since}", first))
        else:
            runs = [
                run for n in range(8) for run in self._of_day(repository, f"{since + n * _DAY}")
            ]
        return len(
            {
                (run.head_repository.id if run.head_repository else None, run.head_branch)
                for run in runs
                if is_within(run.created_at, WEEK, now=now) and self._counts(run)
            }
        )

    def _counts(self, run: RunAnswer) -> bool:
        by_bot = run.actor is not None and (
            run.actor.type == "Bot" or self._is_bot(run.actor.login)
        )
        named = [name for name in (run.name, run.path) if name]
        of_pull_request = run.event.startswith("pull_request")  # also where the server filters none
        return of_pull_request and not by_bot and (not named or any(map(self._is_iac, named)))

    def _of_day(self, repository: Repository, day: str) -> Iterator[RunAnswer]:
        first = self._page(repository, day, 1)
        if first.total_count > _LISTED_MAX:
            raise truncated(f"GitHub: {repository.name} has too many workflow runs of one day")
        yield from self._rest(repository, day, first)

    def _rest(self, repository: Repository, created: str, first: RunsAnswer) -> Iterator[RunAnswer]:
        yield from first.workflow_runs
        for number in range(2, -(-first.total_count // _PER_PAGE) + 1):
            yield from self._page(repository, created, number).workflow_runs

    def _page(self, repository: Repository, created: str, number: int) -> RunsAnswer:
        params = {
            "event": "pull_request",
            "created": created,
            "per_page": str(_PER_PAGE),
            "page": str(number),
        }
        path = f"/repos/{repository.name}/actions/runs"
        return self._api.get(path, RunsAnswer, needs=ACTIONS_READ, params=params)
