"""Asking the same of many repositories: several in one query, a few queries at a time.

Each repository keeps its own answer and its own failure. A query that is too much for GitHub is
cut; the next one begins where the last one got through.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from xops_watch.errors import SourceError
from xops_watch.sources.github.answers import Answer
from xops_watch.sources.github.api import GithubApi
from xops_watch.sources.github.graph import PageInfo
from xops_watch.sources.github.queries import OfEach
from xops_watch.sources.github.repository import Repository, truncated
from xops_watch.sources.github.side_by_side import TOO_MUCH, side_by_side

# Repositories in one query: 3,000 nodes at most, of the 500,000 that GitHub takes, for one point.
SIZE_MAX = 20
_CUT = 4  # 20, 5, 1: two attempts more tell a query that is too much from a server that is down

Variables = Mapping[str, object]
PageT = TypeVar("PageT", bound=Answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages(Generic[PageT]):
    """How a list of each repository is read.

    `follow` returns the page after which to go on, None at the end; `pages_max` bounds them, and
    `listed` names what is listed in the error. `shared` are variables of the whole query, `later`
    those of a repository that differ from the second page on.
    """

    query: OfEach
    shape: type[PageT]
    needs: str
    listed: str
    pages_max: int
    follow: Callable[[PageT], PageInfo | None]
    shared: Variables = field(default_factory=dict)
    later: Variables = field(default_factory=dict)


class Batches:
    """Reads pages of many repositories at once. Its size is that of the last query that went well.

    `api` is asked from several threads.
    """

    def __init__(self, api: GithubApi) -> None:
        self._api = api
        self._size = SIZE_MAX

    def read(
        self, wanted: Pages[PageT], first: Mapping[Repository, Variables]
    ) -> Mapping[Repository, Sequence[PageT] | SourceError]:
        """Return all pages of each repository, or why they are not to be had.

        `first` are the variables of the first page beside owner and name.
        """
        pages: dict[Repository, list[PageT]] = {one: [] for one in first}
        failed: dict[Repository, SourceError] = {}
        asked = dict(first)
        while asked:
            following: dict[Repository, Variables] = {}
            for one, answer in self._round(wanted, asked).items():
                if isinstance(answer, SourceError):
                    failed[one] = answer
                    continue
                pages[one].append(answer)
                onward = wanted.follow(answer)
                if onward is None:
                    continue
                # A list that leads to the page it came from has no end either.
                if len(pages[one]) >= wanted.pages_max or onward.cursor == asked[one]["after"]:
                    failed[one] = truncated(f"GitHub: {one.name} has too many {wanted.listed}")
                else:
                    following[one] = {**asked[one], **wanted.later, "after": onward.cursor}
            asked = following
        return {one: failed.get(one, pages[one]) for one in pages}

    def _round(
        self, wanted: Pages[PageT], asked: Mapping[Repository, Variables]
    ) -> Mapping[Repository, PageT | SourceError]:
        """Return one page of each, or why there is none."""
        answers: dict[Repository, PageT | SourceError] = {}
        left = list(asked)
        while left:
            batches = [left[at : at + self._size] for at in range(0, len(left), self._size)]
            outcomes = side_by_side(lambda batch: self._ask(wanted, batch, asked), batches)
            left = []
            for batch, outcome in zip(batches, outcomes, strict=True):
                if not isinstance(outcome, SourceError):
                    answers |= outcome
                elif self._size > 1 and outcome.reason in TOO_MUCH:
                    left += batch
                else:
                    answers |= dict.fromkeys(batch, outcome)
            self._size = max(self._size // _CUT, 1) if left else min(self._size * 2, SIZE_MAX)
        return answers

    def _ask(
        self,
        wanted: Pages[PageT],
        batch: Sequence[Repository],
        asked: Mapping[Repository, Variables],
    ) -> Mapping[Repository, PageT | SourceError]:
        """Return the answer of one query; raises SourceError when it has none for all of them."""
        variables = dict(wanted.shared)
        for number, one in enumerate(batch):
            owner, _, name = one.name.partition("/")
            own = {"owner": owner, "name": name, **asked[one]}
            variables |= {f"{variable}{number}": value for variable, value in own.items()}
        answers = self._api.ask_each(
            wanted.query.of(len(batch)),
            variables,
            wanted.shape,
            names=[one.name for one in batch],
            needs=wanted.needs,
        )
        return dict(zip(batch, answers, strict=True))
