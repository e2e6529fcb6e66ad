"""Reading the same of each repository, as far as it goes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from xops_watch.errors import SourceError
from xops_watch.sources.github.repository import Repository
from xops_watch.sources.github.side_by_side import side_by_side

ReadT = TypeVar("ReadT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Generic[ReadT]):
    """What was read of each repository, and why it is not all."""

    read: Mapping[Repository, ReadT]
    failures: tuple[SourceError, ...]


def part_of(
    outcomes: Mapping[Repository, ReadT | SourceError], failures: Sequence[SourceError]
) -> Part[ReadT]:
    """Return what was read, and all failures; `failures` are those of finding repositories."""
    failed = [one for one in outcomes.values() if isinstance(one, SourceError)]
    return Part(
        read={
            repository: outcome
            for repository, outcome in outcomes.items()
            if not isinstance(outcome, SourceError)
        },
        failures=(*failures, *failed),
    )


def read_each(
    repositories: Sequence[Repository],
    read: Callable[[Repository], ReadT],
    failures: Sequence[SourceError],
) -> Part[ReadT]:
    """Return what `read` returns of each, a few at a time.

    After a failure that the next repository would share (no connection, too many requests) no
    other is asked.
    """
    outcomes = side_by_side(read, repositories)
    return part_of(dict(zip(repositories, outcomes, strict=True)), failures)
