"""Whether open pull requests conflict: GitHub begins to compute it when it is first asked."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from xops_watch.errors import SourceError
from xops_watch.sources.github.api import GithubApi
from xops_watch.sources.github.graph import Graph, Mergeable, MergeableData
from xops_watch.sources.github.queries import MERGEABLE
from xops_watch.sources.github.refusals import PULLS_READ
from xops_watch.sources.github.side_by_side import side_by_side

# After one and after two seconds; what is unknown then is asked at the next poll.
_WAITS = (timedelta(seconds=1), timedelta(seconds=2))
_AT_ONCE = 100  # as many as GitHub takes


def settle(
    api: GithubApi, opens: Mapping[str, Mergeable], *, pause: Callable[[timedelta], None]
) -> tuple[Mapping[str, Mergeable], SourceError | None]:
    """Return what is known of the open pull requests after asking again for the unknown ones.

    What is closed meanwhile drops out; what could not be asked stays unknown, with the first
    failure beside it. `pause` waits, in real time.
    """
    known = dict(opens)
    for wait in _WAITS:
        unknown = [one for one, state in known.items() if state == "UNKNOWN"]
        if not unknown:
            break
        pause(wait)
        batches = [unknown[at : at + _AT_ONCE] for at in range(0, len(unknown), _AT_ONCE)]
        outcomes = side_by_side(lambda ids: _asked(api, ids), batches)
        for batch, outcome in zip(batches, outcomes, strict=True):
            if not isinstance(outcome, SourceError):
                for one in batch:
                    del known[one]
                known |= outcome
        failures = [one for one in outcomes if isinstance(one, SourceError)]
        if failures:
            return known, failures[0]
    return known, None


def _asked(api: GithubApi, ids: Sequence[str]) -> Mapping[str, Mergeable]:
    data = api.ask(
        MERGEABLE,
        {"ids": list(ids)},
        Graph[MergeableData],
        what="open pull requests",
        needs=PULLS_READ,
        gone_is_null=True,
    )
    return {node.id: node.mergeable for node in data.nodes if node is not None}
