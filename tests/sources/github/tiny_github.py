"""A small GitHub over real HTTP: repositories as a test sets them up, faults as it wants them."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.web.loopback import Answer, Asked, Loopback, answer, asked_of, serving

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TOKEN = "ghp_0123456789abcdef"  # noqa: S105 - what must not show up anywhere
Node = dict[str, Any]


def stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def pull(
    number: int,
    *,
    at: datetime = NOW - DAY,
    by: str | None = "alice",
    kind: str = "User",
    files: int | tuple[str, ...] = ("main.tf",),
) -> Node:
    paths = files if isinstance(files, tuple) else tuple(f"docs/{n}.md" for n in range(files))
    author = None if by is None else {"__typename": kind, "login": by}
    return {"id": f"PR_{number}", "createdAt": stamp(at), "author": author, "paths": paths}


def commit(*, at: datetime = NOW - DAY, login: str | None = None, email: str = "") -> Node:
    user = None if login is None else {"login": login}
    return {"committedDate": stamp(at), "author": {"email": email, "user": user}}


def run(branch: str, *, at: datetime = NOW - DAY, repository: int = 1, **fields: object) -> Node:
    return {
        "head_branch": branch,
        "head_repository": {"id": repository},
        "event": "pull_request",
        "created_at": stamp(at),
        "name": "Terraform",
        "actor": {"login": "alice", "type": "User"},
        **fields,
    }


@dataclass(slots=True)
class Repo:
    """One repository; `open` is whether each open pull request conflicts, by node id."""

    id: int
    pulls: list[Node] = field(default_factory=list)
    commits: list[Node] | None = field(default_factory=list)
    open: dict[str, str] = field(default_factory=dict)
    runs: list[Node] = field(default_factory=list)
    archived: bool = False
    fork: bool = False
    pushed_at: datetime | None = NOW - DAY
    updated_at: datetime | None = None


@dataclass(slots=True)
class TinyGithub:
    """The repositories by name, what is asked, and `faults`: answers in the place of good ones.

    A fault is found by the path of REST, or by the operation of GraphQL; `parts` are errors of
    GraphQL that one repository has, whatever is asked of it; `moved` are new names. `page` is how
    many pull requests a page has.
    """

    loopback: Loopback
    repos: dict[str, Repo] = field(default_factory=dict)
    faults: dict[str, Answer] = field(default_factory=dict)
    parts: dict[str, Node] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    limits: dict[str, str] = field(default_factory=dict)
    rate_limit: Node | None = None
    page: int = 50
    settled: dict[str, str] = field(default_factory=dict)
    token: str = TOKEN

    @property
    def url(self) -> str:
        return self.loopback.url

    def asked(self, what: str) -> list[Asked]:
        """Return the requests of a path, or of an operation of GraphQL."""
        return [one for one in self.loopback.asked if what in (_path(one), _operation(one))]

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        asked = asked_of(handler)
        fault = self.faults.get(_operation(asked)) or self.faults.get(_path(asked))
        if fault is not None:
            fault(handler)
        elif asked.headers.get("authorization") != f"Bearer {self.token}":
            answer('{"message": "Bad credentials"}', status=401)(handler)
        elif _path(asked) == "/graphql":
            self._graphql(json.loads(asked.body), handler)
        else:
            self._rest(asked, handler)

    def _rest(self, asked: Asked, handler: BaseHTTPRequestHandler) -> None:
        name, _, rest = _path(asked).removeprefix("/repos/").partition("/actions/")
        repo = self.repos.get(name)
        if repo is None:
            answer('{"message": "Not Found"}', status=404)(handler)
            return
        body: object = {"id": repo.id, "full_name": name}
        if rest:
            body = self._runs(repo, parse_qs(urlsplit(asked.target).query))
        text = json.dumps(body)
        tag = f'W/"{hash(text)}"'
        if asked.headers.get("if-none-match") == tag:
            answer("", status=304, headers={"etag": tag})(handler)
            return
        answer(text, headers={"etag": tag, **self.limits})(handler)

    def _runs(self, repo: Repo, query: Mapping[str, list[str]]) -> object:
        created, page, size = query["created"][0], int(query["page"][0]), int(query["per_page"][0])
        days = [one["created_at"][:10] for one in repo.runs]
        found = [
            one
            for one, day in zip(repo.runs, days, strict=True)
            if (day >= created[2:] if created.startswith(">=") else day == created)
        ]
        listed = found[:1000][(page - 1) * size : page * size]
        return {"total_count": len(found), "workflow_runs": listed}

    def _graphql(self, question: Node, handler: BaseHTTPRequestHandler) -> None:
        variables = question["variables"]
        of_each = _OF_EACH.get(question["operationName"])
        if of_each is None:
            told: Node = {"data": _OPERATIONS[question["operationName"]](self, variables)}
        else:
            told = self._each(question, of_each)
        cost = {} if self.rate_limit is None else {"rateLimit": self.rate_limit}
        answer(json.dumps({**told, "data": told["data"] | cost}), headers=self.limits)(handler)

    def _each(self, question: Node, of_each: "OfEach") -> Node:
        """Answer each part of the query (`r0`, `r1`) with the variables of its number."""
        asked: Node = question["variables"]
        data: dict[str, Node | None] = {}
        errors: list[Node] = []
        for number in range(question["query"].count(": repository(")):
            assert f" r{number}: repository(owner: $owner{number}, " in question["query"]
            own = {
                name: asked.get(f"{name}{number}", asked.get(name))
                for name in ("owner", "name", "after", "open", "since")
            }
            place = f"r{number}"
            fault = self.parts.get(f"{own['owner']}/{own['name']}")
            repo = self._repo(own)
            if fault is not None:
                data[place] = None
                errors.append({"path": [place], **fault})
            elif repo is None:
                data[place] = None
                errors.append({"path": [place], "type": "NOT_FOUND", "message": "no"})
            else:
                data[place] = of_each(self, repo, own)
        return {"data": data, "errors": errors} if errors else {"data": data}

    def _repo(self, variables: Node) -> Repo | None:
        return self.repos.get(f"{variables['owner']}/{variables['name']}")

    def _repository(self, _: Repo, own: Node) -> Node:
        name = f"{own['owner']}/{own['name']}"
        return _activity(self.moved.get(name, name), self.repos[name])

    def _pull_requests(self, repo: Repo, own: Node) -> Node:
        newest = sorted(repo.pulls, key=lambda one: str(one["createdAt"]), reverse=True)
        page = _paged(newest, own["after"], self.page)
        page["nodes"] = [_without_paths(one) for one in page["nodes"]]
        told: Node = {"databaseId": repo.id, "recent": page}
        if own["open"]:
            told["open"] = _paged(_opens(repo), None, 100)
        return told

    def _open_pull_requests(self, repo: Repo, own: Node) -> Node:
        return {"open": _paged(_opens(repo), own["after"], 100)}

    def _commits(self, repo: Repo, own: Node) -> Node:
        if repo.commits is None:
            return {"databaseId": repo.id, "isEmpty": True, "defaultBranchRef": None}
        fresh = [one for one in repo.commits if one["committedDate"] >= own["since"]]
        branch = {"target": {"history": _paged(fresh, own["after"], 100)}}
        return {"databaseId": repo.id, "isEmpty": False, "defaultBranchRef": branch}

    def _files(self, variables: Node) -> Node:
        pulls = {one["id"]: one for repo in self.repos.values() for one in repo.pulls}
        return {
            "nodes": [
                {"id": one, "files": _paths(pulls[one], None)} if one in pulls else None
                for one in variables["ids"]
            ]
        }

    def _more_files(self, variables: Node) -> Node:
        pulls = {one["id"]: one for repo in self.repos.values() for one in repo.pulls}
        return {"node": {"files": _paths(pulls[variables["id"]], variables["after"])}}

    def _mergeable(self, variables: Node) -> Node:
        """What was UNKNOWN is what `settled` says from the second question on."""
        for repo in self.repos.values():
            repo.open |= {one: s for one, s in self.settled.items() if one in repo.open}
        known = {one: state for repo in self.repos.values() for one, state in repo.open.items()}
        ids = variables["ids"]
        return {"nodes": [{"id": i, "mergeable": known[i]} if i in known else None for i in ids]}

    def _repositories(self, variables: Node) -> Node:
        owner = variables["owner"].lower()
        mine = [(name, repo) for name, repo in self.repos.items() if name.startswith(f"{owner}/")]
        nodes = [_activity(name, repo) for name, repo in mine]
        if not mine:
            return {"repositoryOwner": None}
        return {"repositoryOwner": {"repositories": _paged(nodes, variables["after"], 2)}}


OfEach = Callable[[TinyGithub, Repo, Node], Node]
_OF_EACH: Mapping[str, OfEach] = {
    "Repository": TinyGithub._repository,
    "PullRequests": TinyGithub._pull_requests,
    "OpenPullRequests": TinyGithub._open_pull_requests,
    "Commits": TinyGithub._commits,
}
_OPERATIONS: Mapping[str, Callable[[TinyGithub, Node], Node]] = {
    "Files": TinyGithub._files,
    "MoreFiles": TinyGithub._more_files,
    "Mergeable": TinyGithub._mergeable,
    "Repositories": TinyGithub._repositories,
}


@contextmanager
def tiny_github(**repos: Repo) -> Iterator[TinyGithub]:
    """Serve repositories of `acme` while the block runs."""
    with serving() as loopback:
        github = TinyGithub(loopback=loopback)
        github.repos = {f"acme/{name}": repo for name, repo in repos.items()}
        loopback.fallback = github.serve
        yield github


def named(asked: Asked) -> list[str]:
    """Return the repositories that a query is about."""
    own = json.loads(asked.body)["variables"]
    count = sum(name.startswith("owner") for name in own)
    return [f"{own[f'owner{n}']}/{own[f'name{n}']}" for n in range(count)]


def _path(asked: Asked) -> str:
    return asked.target.partition("?")[0]


def _operation(asked: Asked) -> str:
    if not asked.body or asked.method != "POST":
        return ""
    return str(json.loads(asked.body).get("operationName", ""))


def _opens(repo: Repo) -> list[Node]:
    return [{"id": one, "mergeable": state} for one, state in repo.open.items()]


def _activity(name: str, repo: Repo) -> Node:
    latest = [{"updatedAt": stamp(repo.updated_at)}] if repo.updated_at else []
    return {
        "databaseId": repo.id,
        "nameWithOwner": name,
        "isArchived": repo.archived,
        "isFork": repo.fork,
        "pushedAt": stamp(repo.pushed_at) if repo.pushed_at else None,
        "latest": {"nodes": latest},
        "open": {"totalCount": len(repo.open)},
    }


def _without_paths(one: Node) -> Node:
    return {name: value for name, value in one.items() if name != "paths"}


def _paths(one: Node, after: str | None) -> Node:
    return _paged([{"path": path} for path in one["paths"]], after, 100)


def _paged(nodes: list[Any], after: str | None, size: int) -> Node:
    start = int(after or 0)
    page = {"hasNextPage": start + size < len(nodes), "endCursor": str(start + size)}
    return {"pageInfo": page, "nodes": nodes[start : start + size]}
