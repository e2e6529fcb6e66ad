"""Reading many repositories: pull requests with what is open, and commits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.github.api import GithubApi
from xops_watch.sources.github.batches import Batches, Pages
from xops_watch.sources.github.counting import (
    FOUR_WEEKS,
    WEEK,
    Author,
    Commit,
    PullRequest,
    is_within,
)
from xops_watch.sources.github.files import FileReader
from xops_watch.sources.github.graph import (
    CommitsOfRepository,
    GitActor,
    Mergeable,
    OpensOfRepository,
    PageInfo,
    PullRequestAnswer,
    PullsOfRepository,
)
from xops_watch.sources.github.parts import Part, part_of
from xops_watch.sources.github.queries import COMMITS, OPEN_PULL_REQUESTS, PULL_REQUESTS
from xops_watch.sources.github.refusals import CONTENTS_READ, PULLS_READ, missing
from xops_watch.sources.github.repository import Repository

_PULLS_PAGES_MAX = 100  # of 50 pull requests
_OPEN_PAGES_MAX = 20  # of 100, the first beside the pull requests
_COMMIT_PAGES_MAX = 100  # of 100
_FIRST: Mapping[str, object] = {"after": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulls:
    """Pull requests of four weeks, and of every open one (by node id) whether it conflicts."""

    recent: tuple[PullRequest, ...]
    opens: Mapping[str, Mergeable]


class PullReader:
    """Reads pull requests and commits. `is_iac` tells whether a path is infrastructure code."""

    def __init__(self, api: GithubApi, *, is_iac: Callable[[str], bool]) -> None:
        self._batches = Batches(api)
        self._commit_batches = Batches(api)
        self._files = FileReader(api, is_iac=is_iac)

    def pulls(
        self, repositories: Sequence[Repository], failures: Sequence[SourceError], *, now: datetime
    ) -> Part[Pulls]:
        """Return the pull requests; `failures` are those of finding the repositories."""
        pages = self._batches.read(
            Pages(
                query=PULL_REQUESTS,
                shape=PullsOfRepository,
                needs=PULLS_READ,
                listed="pull requests of four weeks",
                pages_max=_PULLS_PAGES_MAX,
                follow=lambda page: _older(page, now=now),
                later={"open": False},
            ),
            {one: {"after": None, "open": True} for one in repositories},
        )
        read = part_of({one: _same(one, of_one) for one, of_one in pages.items()}, failures)
        opens = self._opens(read.read)
        recent = {
            one: [answer for page in of_one for answer in page.recent.nodes]
            for one, of_one in read.read.items()
        }
        files = self._files.have_iac(
            {
                one: [pr.id for pr in of_one if is_within(pr.created_at, WEEK, now=now)]
                for one, of_one in recent.items()
            }
        )
        outcomes: dict[Repository, Pulls | SourceError] = {}
        for one, of_one in recent.items():
            of_opens, of_files = opens[one], files[one]
            if isinstance(of_opens, SourceError):
                outcomes[one] = of_opens
            elif isinstance(of_files, SourceError):
                outcomes[one] = of_files
            else:
                made = tuple(_pull(pr, of_files) for pr in of_one)
                outcomes[one] = Pulls(recent=made, opens=of_opens)
        return part_of(outcomes, read.failures)

    def commits(
        self, repositories: Sequence[Repository], failures: Sequence[SourceError], *, now: datetime
    ) -> Part[Sequence[Commit]]:
        """Return the commits of four weeks on the default branches."""
        since = (now - FOUR_WEEKS).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        pages = self._commit_batches.read(
            Pages(
                query=COMMITS,
                shape=CommitsOfRepository,
                needs=CONTENTS_READ,
                listed="commits of four weeks",
                pages_max=_COMMIT_PAGES_MAX,
                follow=_earlier,
                shared={"since": since},
            ),
            dict.fromkeys(repositories, _FIRST),
        )
        return part_of({one: _commits(one, _same(one, of)) for one, of in pages.items()}, failures)

    def _opens(
        self, read: Mapping[Repository, Sequence[PullsOfRepository]]
    ) -> Mapping[Repository, Mapping[str, Mergeable] | SourceError]:
        """Return whether the open pull requests conflict, those behind the first page too."""
        firsts = {one: pages[0].opens for one, pages in read.items()}
        more = self._batches.read(
            Pages(
                query=OPEN_PULL_REQUESTS,
                shape=OpensOfRepository,
                needs=PULLS_READ,
                listed="open pull requests",
                pages_max=_OPEN_PAGES_MAX,
                follow=lambda page: page.opens.page if page.opens.page.more else None,
            ),
            {
                one: {"after": first.page.cursor}
                for one, first in firsts.items()
                if first is not None and first.page.more
            },
        )
        found: dict[Repository, Mapping[str, Mergeable] | SourceError] = {}
        for one, first in firsts.items():
            others = more.get(one, ())
            if first is None:
                why = f"GitHub PullRequests of {one.name}: open: Field required"
                found[one] = SourceError(why, reason=GapReason.INVALID, hint=_SHAPE)
            elif isinstance(others, SourceError):
                found[one] = others
            else:
                nodes = [*first.nodes, *(node for page in others for node in page.opens.nodes)]
                found[one] = {node.id: node.mergeable for node in nodes}
        return found


_SHAPE = "the answer has an unknown shape; a newer xops-watch may understand it"
PartT = TypeVar("PartT", PullsOfRepository, CommitsOfRepository)


def _older(page: PullsOfRepository, *, now: datetime) -> PageInfo | None:
    """Return the page after which older pull requests of the four weeks may follow."""
    oldest = min((one.created_at for one in page.recent.nodes), default=now)
    is_all = not page.recent.page.more or oldest <= now - FOUR_WEEKS
    return None if is_all else page.recent.page


def _earlier(page: CommitsOfRepository) -> PageInfo | None:
    history = page.branch.target.history.page if page.branch is not None else None
    return history if history is not None and history.more else None


def _same(
    repository: Repository, pages: Sequence[PartT] | SourceError
) -> Sequence[PartT] | SourceError:
    """Return the pages if they are of this repository: a name can be given to another."""
    if isinstance(pages, SourceError) or all(page.id == repository.id for page in pages):
        return pages
    return SourceError(
        f"GitHub: {repository.name} is another repository than a moment ago",
        reason=GapReason.STALE,
        hint="it is asked again at the next poll",
    )


def _commits(
    repository: Repository, pages: Sequence[CommitsOfRepository] | SourceError
) -> Sequence[Commit] | SourceError:
    if isinstance(pages, SourceError):
        return pages
    # A repository without commits is no failure; one that hides them is.
    if any(page.branch is None and not page.is_empty for page in pages):
        return missing(f"GitHub Commits of {repository.name}", CONTENTS_READ)
    return [
        _commit(one.committed_at, one.author)
        for page in pages
        if page.branch is not None
        for one in page.branch.target.history.nodes
    ]


def _commit(committed_at: datetime, author: GitActor | None) -> Commit:
    user = author.user if author is not None else None
    return Commit(
        committed_at=committed_at,
        login=user.login if user is not None else None,
        email=(author.email or "") if author is not None else "",
    )


def _pull(answer: PullRequestAnswer, has_iac: Mapping[str, bool | None]) -> PullRequest:
    author = answer.author
    return PullRequest(
        created_at=answer.created_at,
        author=Author(login=author.login, is_bot=author.kind == "Bot") if author else None,
        is_iac=has_iac.get(answer.id, False),
    )
