"""Asking GitHub, within its limits and ours; from several threads, if need be.

Nothing here sleeps for a limit: a request that has to wait is refused at once, and the watch goes
on. An answer that has not changed (304) costs nothing; its tag holds for the token that got it.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from xops_watch.clock import machine_now
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.github.answers import Answer
from xops_watch.sources.github.budget import CORE, GRAPHQL, Budget
from xops_watch.sources.github.credentials import Credentials
from xops_watch.sources.github.graph import (
    DataT,
    EachGraph,
    Graph,
    GraphProblem,
    GraphProblems,
    RateLimitAnswer,
)
from xops_watch.sources.github.refusals import (
    demand_answered,
    is_limit,
    is_not_modified,
    is_of_all,
    is_unauthorized,
    parse_part,
    refusal,
)
from xops_watch.web.reply import Reply

if TYPE_CHECKING:
    from xops_watch.web.client import Web

REQUESTS_MAX = 1500  # of one poll; an organisation of 500 busy repositories asks for as many
SECONDS_MAX = 240.0  # of one poll, in real time
_TAGGED_WEIGHT_MAX = 20_000  # of answers that are kept for their tags: about as many KiB
_ACCEPT = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}

AnswerT = TypeVar("AnswerT", bound=Answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tagged:
    """What was read, and the tag by which GitHub says that it still holds."""

    tag: str
    answer: Answer


class GithubApi:
    """Reads GitHub's REST and GraphQL interfaces. `monotonic` gives real seconds."""

    def __init__(
        self,
        web: "Web",
        credentials: Credentials,
        budget: Budget,
        *,
        graphql_url: str,
        monotonic: Callable[[], float],
        tagged_weight_max: int = _TAGGED_WEIGHT_MAX,
    ) -> None:
        self.budget = budget
        self._web = web
        self._credentials = credentials
        self._graphql_url = graphql_url
        self._monotonic = monotonic
        self._tagged: OrderedDict[str, _Tagged] = OrderedDict()
        self._tagged_for = ""
        self._tagged_weight = 0
        self._tagged_weight_max = tagged_weight_max
        self._read: set[str] = set()  # in this poll, of those that are tagged
        self._requests = 0
        self._began = monotonic()
        self._lock = threading.RLock()  # of everything here but the waiting for an answer

    def begin(self) -> None:
        """Begin a poll: its requests and its time count from here."""
        self.budget.begin()
        self._read.clear()
        self._requests = 0
        self._began = self._monotonic()

    @property
    def elapsed(self) -> float:
        """Real seconds since the poll began."""
        return self._monotonic() - self._began

    def get(
        self,
        path: str,
        shape: type[AnswerT],
        *,
        needs: str,
        params: Mapping[str, str] | None = None,
    ) -> AnswerT:
        """Return what is at the path, from memory if GitHub says that it has not changed.

        `needs` names the permission that it takes. Raises SourceError.
        """
        key = f"{path}?{sorted((params or {}).items())}"

        def send(headers: dict[str, str]) -> Reply:
            with self._lock:
                known = self._tagged.get(key)
            tag = {} if known is None else {"if-none-match": known.tag}
            return self._web.get(path, params=params, headers=headers | tag)

        reply = self._asked(CORE, send)
        with self._lock:
            known = self._tagged.get(key)
            if is_not_modified(reply) and known is not None and isinstance(known.answer, shape):
                self._tagged.move_to_end(key)
                self._read.add(key)
                return known.answer
        demand_answered(reply, needs=needs)
        answer = reply.parsed(shape)
        if tag := reply.headers.get("etag"):
            self._keep(key, _Tagged(tag=tag, answer=answer))
        return answer

    def _keep(self, key: str, tagged: _Tagged) -> None:
        with self._lock:
            self._drop(key)
            most = self._tagged_weight_max - tagged.answer.weight
            # What this poll has read is not given up for more of it: that would go round and
            # round, and nothing would be there when it is read again.
            while (
                self._tagged_weight > most
                and (oldest := next(iter(self._tagged))) not in self._read
            ):
                self._drop(oldest)
            if self._tagged_weight <= most:
                self._tagged[key] = tagged
                self._tagged_weight += tagged.answer.weight
                self._read.add(key)

    def _drop(self, key: str) -> None:
        tagged = self._tagged.pop(key, None)
        self._tagged_weight -= 0 if tagged is None else tagged.answer.weight

    def ask(
        self,
        query: str,
        variables: Mapping[str, object],
        shape: type[Graph[DataT]],
        *,
        what: str,
        needs: str,
        gone_is_null: bool = False,
    ) -> DataT:
        """Return the data of a GraphQL query; raises SourceError. `what` is named in errors.

        `gone_is_null`: what is no more is a null in the data, and no error.
        """
        reply, problems = self._answered(query, variables, needs=needs)
        if gone_is_null:
            problems = [one for one in problems if one.kind != "NOT_FOUND"]
        if problems:
            raise self._refused(reply, problems, f"GitHub {_operation(query)} of {what}", needs)
        data = reply.parsed(shape).data
        self._note_left(data.rate_limit)
        return data

    def ask_each(
        self,
        query: str,
        variables: Mapping[str, object],
        shape: type[AnswerT],
        *,
        names: Sequence[str],
        needs: str,
    ) -> Sequence[AnswerT | SourceError]:
        """Return the answer to each part of a GraphQL query (`r0`, `r1`), or why it has none.

        `names` are what the parts are about, in order. Raises SourceError when all of it failed.
        """
        reply, problems = self._answered(query, variables, needs=needs)
        what = {
            f"r{number}": f"GitHub {_operation(query)} of {n}" for number, n in enumerate(names)
        }
        own = {place: [one for one in problems if one.place == place] for place in what}
        shared = [one for one in problems if one.place not in what or is_of_all(one)]
        if shared:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            raise self._refused(reply, shared, f"{what['r0']}{more}", needs)
        data = reply.parsed(EachGraph).data
        if data is not None:
            self._note_left(data.rate_limit)
        parts: list[AnswerT | SourceError] = []
        for place, about in what.items():
            if own[place]:
                parts.append(refusal(own[place], what=about, needs=needs))
            else:
                parts.append(parse_part(data and data.part(place), shape, what=about))
        return parts

    def _answered(
        self, query: str, variables: Mapping[str, object], *, needs: str
    ) -> tuple[Reply, Sequence[GraphProblem]]:
        operation = _operation(query)
        body = {"query": query, "operationName": operation, "variables": dict(variables)}
        reply = self._asked(
            GRAPHQL, lambda headers: self._web.post(self._graphql_url, body=body, headers=headers)
        )
        demand_answered(reply, needs=needs)
        return reply, reply.parsed(GraphProblems).errors

    def _refused(
        self, reply: Reply, problems: Sequence[GraphProblem], what: str, needs: str
    ) -> SourceError:
        error = refusal(problems, what=what, needs=needs)
        if error.reason is GapReason.THROTTLED:
            with self._lock:
                self.budget.keep_quiet(reply.headers, GRAPHQL)
        return error

    def _note_left(self, left: RateLimitAnswer | None) -> None:
        if left is not None:
            wait = left.resets_at - machine_now()
            with self._lock:
                self.budget.note_left(limit=left.limit, remaining=left.remaining, wait=wait)

    def _asked(self, resource: str, send: Callable[[dict[str, str]], Reply]) -> Reply:
        """Send one request, once more with a new token if that was refused."""
        token = self._admitted(resource)
        reply = self._sent(resource, send, token)
        if is_unauthorized(reply) and self._has_other(token):
            reply = self._sent(resource, send, self._admitted(resource))
        return reply

    def _admitted(self, resource: str) -> str:
        """Return the token to ask with, if asking is right now; raises SourceError."""
        with self._lock:
            self._demand_within_limits()
            self.budget.demand(resource)
            token = self._credentials.token()
            self._forget_tags_of_other(token)
            self._requests += 1
            return token

    def _has_other(self, refused: str) -> bool:
        """Tell whether there is another token; of several requests only one forgets the old."""
        with self._lock:
            return self._credentials.token() != refused or self._credentials.renew()

    def _sent(self, resource: str, send: Callable[[dict[str, str]], Reply], token: str) -> Reply:
        reply = send({**_ACCEPT, "authorization": f"Bearer {token}"})
        with self._lock:
            self.budget.note(resource, reply.headers)
            if is_limit(reply):
                self.budget.keep_quiet(reply.headers, resource)
        return reply

    def _demand_within_limits(self) -> None:
        if self._requests >= REQUESTS_MAX or self.elapsed > SECONDS_MAX:
            raise SourceError(
                f"GitHub: one poll takes more than {REQUESTS_MAX} requests or {SECONDS_MAX:.0f} s",
                reason=GapReason.TIMEOUT,
                hint="watch fewer repositories: name those with infrastructure",
            )

    def _forget_tags_of_other(self, token: str) -> None:
        """Drop the tags when the token has changed: they were given to the one before."""
        holder = hashlib.sha256(token.encode()).hexdigest()
        if holder != self._tagged_for:
            self._tagged.clear()
            self._tagged_weight = 0
            self._tagged_for = holder


def _operation(query: str) -> str:
    return query.partition("(")[0].split()[-1]
