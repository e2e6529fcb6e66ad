"""Which repositories are watched: those that are named, and those that an owner has."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.github.answers import RepositoryAnswer
from xops_watch.sources.github.api import GithubApi
from xops_watch.sources.github.batches import Batches, Pages
from xops_watch.sources.github.counting import FOUR_WEEKS
from xops_watch.sources.github.globs import account_matcher
from xops_watch.sources.github.graph import Graph, ListedAnswer, OwnerData
from xops_watch.sources.github.queries import REPOSITORIES, REPOSITORY
from xops_watch.sources.github.refusals import METADATA_READ
from xops_watch.sources.github.repository import Repository, Watched, truncated
from xops_watch.sources.github.side_by_side import LOCAL, side_by_side

# Names that are found by a request each, which is free when nothing has changed; more of them are
# found by queries, at a point for twenty.
_ONE_BY_ONE_MAX = 8
_PAGES_MAX = 100  # of 50 repositories


class Hears(Protocol):
    """Who is told what became of names."""

    def renamed(self, old: str, new: str) -> None:
        """Hear that a repository has another name than in the settings."""
        ...

    def replaced(self, name: str) -> None:
        """Hear that the name belongs to another repository than before."""
        ...


class Repositories:
    """Finds the repositories that the settings name: `owner/name`, `owner/*`, `owner/infra-*`.

    What becomes of a name is told once, to `hears`.
    """

    def __init__(self, api: GithubApi, names: Sequence[str], *, hears: Hears) -> None:
        self._api = api
        self._names = tuple(dict.fromkeys(names))
        self._hears = hears
        self._known: dict[str, Repository] = {}
        self._batches = Batches(api)

    def find(self, *, now: datetime) -> Watched:
        """Return the repositories; raises SourceError when GitHub cannot be asked at all."""
        found: dict[int, Repository] = {}
        failures: list[SourceError] = []
        for of_name in self._of_names(now):
            if isinstance(of_name, SourceError):
                if of_name.reason not in LOCAL:
                    raise of_name
                failures.append(of_name)
                continue
            # What is named twice, or was renamed to another that is named, counts once.
            for one in of_name:
                found.setdefault(one.id, one)
        return Watched(repositories=tuple(found.values()), failures=tuple(failures))

    def _of_names(self, now: datetime) -> Sequence[Sequence[Repository] | SourceError]:
        """Return what each name stands for, in the order of the settings."""
        plain = [name for name in self._names if "*" not in name]
        if len(plain) <= _ONE_BY_ONE_MAX:
            return side_by_side(lambda name: self._of(name, now=now), self._names, first_alone=True)
        named = self._of_many(plain, now=now)
        patterns = [name for name in self._names if name not in named]
        outcomes = side_by_side(lambda name: self._of(name, now=now), patterns)
        named |= dict(zip(patterns, outcomes, strict=True))
        return [named[name] for name in self._names]

    def _of(self, name: str, *, now: datetime) -> Sequence[Repository]:
        if "*" in name:
            return list(self._of_owner(name, now=now))
        answer = self._api.get(f"/repos/{name}", RepositoryAnswer, needs=METADATA_READ)
        return [self._known_as(name, Repository(id=answer.id, name=answer.full_name))]

    def _of_many(
        self, names: Sequence[str], *, now: datetime
    ) -> dict[str, Sequence[Repository] | SourceError]:
        """Return the repositories of many names, found by a few queries."""
        wanted = Pages(
            query=REPOSITORY,
            shape=ListedAnswer,
            needs=METADATA_READ,
            listed="pages",
            pages_max=1,
            follow=lambda _: None,
        )
        pages = self._batches.read(wanted, {Repository(id=0, name=name): {} for name in names})
        found: dict[str, Sequence[Repository] | SourceError] = {}
        for asked, outcome in pages.items():
            if isinstance(outcome, SourceError):
                found[asked.name] = outcome
                continue
            found[asked.name] = [
                self._known_as(
                    asked.name, Repository(id=one.id, name=one.name, quiet=_is_quiet(one, now=now))
                )
                for one in outcome
            ]
        return found

    def _known_as(self, name: str, answer: Repository) -> Repository:
        """Return the repository, after telling what became of its name."""
        before = self._known.get(name)
        self._known[name] = answer
        if before is not None and before.id != answer.id:
            self._hears.replaced(name)
        if answer.name.lower() != name.lower() and (before is None or before.name != answer.name):
            self._hears.renamed(name, answer.name)
        return answer

    def _of_owner(self, pattern: str, *, now: datetime) -> Iterator[Repository]:
        fits = account_matcher((pattern,))
        owner, seen = pattern.partition("/")[0], 0
        for one in self._listed(owner):
            # The commits of a fork are those of people elsewhere.
            if fits(one.name) and not one.archived and not one.fork:
                seen += 1
                yield Repository(id=one.id, name=one.name, quiet=_is_quiet(one, now=now))
        if not seen:
            raise SourceError(
                f"GitHub: the token sees no repository like {pattern:.200}",
                reason=GapReason.DENIED,
                hint="check the name, and which repositories the token (or the App) covers",
            )

    def _listed(self, owner: str) -> Iterator[ListedAnswer]:
        after: str | None = None
        for _ in range(_PAGES_MAX):
            answer = self._api.ask(
                REPOSITORIES,
                {"owner": owner, "after": after},
                Graph[OwnerData],
                what=owner,
                needs=METADATA_READ,
            )
            if answer.owner is None:
                return
            listing = answer.owner.repositories
            yield from listing.nodes
            if not listing.page.more:
                return
            if listing.page.cursor == after:
                break
            after = listing.page.cursor
        raise truncated(f"GitHub: {owner:.100} has more than {_PAGES_MAX} pages of repositories")


def _is_quiet(listed: ListedAnswer, *, now: datetime) -> bool:
    """Tell whether nothing in it can count: a pull request changes no later than it is opened."""
    since = now - FOUR_WEEKS
    touched = [one.updated_at for one in listed.updates.nodes]
    touched += [listed.pushed_at] if listed.pushed_at is not None else []
    return listed.opens.total == 0 and all(instant <= since for instant in touched)
