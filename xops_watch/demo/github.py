"""A small GitHub: one repository with Terraform in it, whose pull requests grow."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from xops_watch.demo.loopback import Asked, Document

REPOSITORY: Final = "xops/infrastructure"
TOKEN: Final = "demo"  # noqa: S105 - of a GitHub that has no secrets
_ENGINEERS = ("aroha", "ben", "chen")
_FILES = ("modules/l5/main.tf", "modules/l6/variables.tf")
_MERGED_AFTER = timedelta(minutes=1)


@dataclass(slots=True)
class Github:
    """The pull requests so far: when each was opened, the oldest first."""

    opened: list[datetime] = field(default_factory=list)

    def answer(self, asked: Asked) -> tuple[int, Document]:
        """Answer REST and GraphQL, as far as they are asked for."""
        if asked.authorization != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}
        if asked.target == f"/repos/{REPOSITORY}":
            return 200, {"id": 1, "full_name": REPOSITORY}
        if asked.target != "/graphql":
            return 404, {"message": "Not Found"}
        question = json.loads(asked.body)
        data = self._data(question.get("operationName"), question.get("variables", {}))
        if data is None:
            return 200, {"data": None, "errors": [{"message": "the demo does not know it"}]}
        return 200, {"data": {**data, "rateLimit": None}}

    def _data(self, operation: str, variables: Document) -> Document | None:
        """Return the data of a query. Many repositories may be asked of; here `r0` is the one."""
        match operation:
            case "PullRequests":
                return {"r0": {"databaseId": 1, "recent": self._recent(), "open": self._open()}}
            case "Commits":
                branch = {"target": {"history": self._history()}}
                return {"r0": {"databaseId": 1, "isEmpty": False, "defaultBranchRef": branch}}
            case "Files":
                files = _page([{"path": path} for path in _FILES])
                return {"nodes": [{"id": one, "files": files} for one in variables["ids"]]}
        return None

    def _recent(self) -> Document:
        pulls: list[Document] = [
            {
                "id": f"PR_{number}",
                "createdAt": _stamp(at),
                "author": {"__typename": "User", "login": _login(number)},
            }
            for number, at in enumerate(self.opened)
        ]
        return _page(pulls[::-1])

    def _open(self) -> Document:
        ids = [f"PR_{number}" for number in range(len(self.opened))]
        return _page([{"id": one, "mergeable": "MERGEABLE"} for one in ids])

    def _history(self) -> Document:
        """Every pull request is one commit."""
        commits: list[Document] = [
            {
                "committedDate": _stamp(at + _MERGED_AFTER),
                "author": {"email": None, "user": {"login": _login(number)}},
            }
            for number, at in enumerate(self.opened)
        ]
        return _page(commits[::-1])


def _page(nodes: list[Document]) -> Document:
    return {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": nodes}


def _login(number: int) -> str:
    return _ENGINEERS[number % len(_ENGINEERS)]


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
