"""One watched repository, and all of them."""

from dataclasses import dataclass

from xops_watch.errors import GapReason, SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """One repository by GitHub's number and its name now (`owner/name`).

    `quiet`: nothing has happened in it for four weeks, and nothing is open.
    """

    id: int
    name: str
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The repositories, each once, and why others could not be found."""

    repositories: tuple[Repository, ...]
    failures: tuple[SourceError, ...]


def truncated(why: str) -> SourceError:
    """Return the error for a list that goes on further than it can be read."""
    return SourceError(
        why, reason=GapReason.INVALID, hint="watch fewer repositories: name those that matter"
    )
