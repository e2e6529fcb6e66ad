"""Which pull requests have infrastructure code among their files."""

from collections.abc import Callable, Mapping, Sequence

from xops_watch.errors import SourceError
from xops_watch.sources.github.api import GithubApi
from xops_watch.sources.github.graph import FilesAnswer, FilesData, Graph, MoreFilesData
from xops_watch.sources.github.queries import FILES, MORE_FILES
from xops_watch.sources.github.refusals import PULLS_READ
from xops_watch.sources.github.repository import Repository
from xops_watch.sources.github.side_by_side import TOO_MUCH, side_by_side

# Pull requests in one query, with their first hundred files each; and when that is too much.
_SIZES = (50, 10)
_PAGES_MAX = 30  # of 100: GitHub shows no more than 3,000 files of a pull request

HasIac = Mapping[str, bool | None]


class FileReader:
    """Reads the files of pull requests, of several in one query."""

    def __init__(self, api: GithubApi, *, is_iac: Callable[[str], bool]) -> None:
        self._api = api
        self._is_iac = is_iac

    def have_iac(
        self, of_each: Mapping[Repository, Sequence[str]]
    ) -> Mapping[Repository, HasIac | SourceError]:
        """Tell of the pull requests (node ids) of each repository whether a file is IaC.

        None: not all files are to be had, and none of the others is IaC.
        """
        left = list(dict.fromkeys(one for ids in of_each.values() for one in ids))
        known: dict[str, bool | SourceError | None] = {}
        for size in _SIZES:
            batches = [left[at : at + size] for at in range(0, len(left), size)]
            outcomes = side_by_side(self._of_batch, batches)
            left = []
            for batch, outcome in zip(batches, outcomes, strict=True):
                if not isinstance(outcome, SourceError):
                    known |= outcome
                    continue
                known |= dict.fromkeys(batch, outcome)
                left += batch if outcome.reason in TOO_MUCH else []
        return {repository: _all_of(ids, known) for repository, ids in of_each.items()}

    def _of_batch(self, ids: Sequence[str]) -> HasIac:
        data = self._api.ask(
            FILES,
            {"ids": list(ids)},
            Graph[FilesData],
            what="pull requests",
            needs=PULLS_READ,
            gone_is_null=True,
        )
        firsts = {node.id: node.files for node in data.nodes if node is not None}
        return {one: self._has_iac(one, firsts.get(one)) for one in ids}

    def _has_iac(self, one: str, first: FilesAnswer | None) -> bool | None:
        files = first
        for _ in range(_PAGES_MAX):
            if files is None:
                return None
            if any(self._is_iac(file.path) for file in files.nodes):
                return True
            if not files.page.more:
                return False
            files = self._more(one, files.page.cursor)
        return None

    def _more(self, one: str, after: str | None) -> FilesAnswer | None:
        data = self._api.ask(
            MORE_FILES,
            {"id": one, "after": after},
            Graph[MoreFilesData],
            what="a pull request",
            needs=PULLS_READ,
            gone_is_null=True,
        )
        return data.node.files if data.node is not None else None


def _all_of(
    ids: Sequence[str], known: Mapping[str, bool | SourceError | None]
) -> HasIac | SourceError:
    found: dict[str, bool | None] = {}
    for one in ids:
        outcome = known[one]
        if isinstance(outcome, SourceError):
            return outcome
        found[one] = outcome
    return found
