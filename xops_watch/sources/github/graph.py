"""The parts of GraphQL's answers that are read: one class for the data of each query."""

from typing import Generic, Literal, TypeVar

from pydantic import ConfigDict, Field, JsonValue

from xops_watch.sources.github.answers import Answer, Count, FullName, Id, Instant, Number, Text


class GraphExtensions(Answer):
    """What a server adds to an error of a query that it does not understand."""

    code: Text | None = None


class GraphProblem(Answer):
    """One of the errors of a GraphQL answer."""

    type: Text | None = None
    message: Text = ""
    extensions: GraphExtensions | None = None
    path: JsonValue = None

    @property
    def kind(self) -> str:
        """Name of the kind of error, empty where none is told."""
        code = self.extensions.code if self.extensions is not None else None
        return self.type or code or ""

    @property
    def place(self) -> str:
        """Name of the part of the query that has the error, empty where it is all of it."""
        first = self.path[0] if isinstance(self.path, list) and self.path else None
        return first if isinstance(first, str) else ""


class GraphProblems(Answer):
    """What went wrong with a GraphQL query: it is answered with status 200 all the same."""

    errors: list[GraphProblem] = Field(default=[])


class RateLimitAnswer(Answer):
    """What is left of the points of this hour."""

    limit: Count
    remaining: Count
    resets_at: Instant = Field(alias="resetAt")


class GraphData(Answer):
    """What every query asks for beside its own; None on servers without limits."""

    rate_limit: RateLimitAnswer | None = Field(default=None, alias="rateLimit")


DataT = TypeVar("DataT", bound=GraphData)


class Graph(Answer, Generic[DataT]):
    """What stands around the data of a GraphQL answer that came without errors."""

    data: DataT


class EachData(GraphData):
    """The answer to a query about several repositories: each has a part of its own (`r0`, `r1`)."""

    model_config = ConfigDict(extra="allow")

    def part(self, place: str) -> object:
        """Return what the part of the query was answered, None for nothing."""
        return (self.model_extra or {}).get(place)


class EachGraph(Answer):
    """What stands around it; there is no data at all where GitHub refuses all parts."""

    data: EachData | None = None


class PageInfo(Answer):
    """Whether more follows, and after what."""

    more: bool = Field(alias="hasNextPage")
    cursor: Text | None = Field(default=None, alias="endCursor")


class AuthorAnswer(Answer):
    """Who opened a pull request."""

    kind: Text = Field(alias="__typename")
    login: Text


class FileAnswer(Answer):
    """One changed file."""

    path: Text


class FilesAnswer(Answer):
    """One page of the changed files."""

    page: PageInfo = Field(alias="pageInfo")
    nodes: list[FileAnswer]


class PullRequestAnswer(Answer):
    """One pull request; its author is null when the account is no more."""

    id: Id
    created_at: Instant = Field(alias="createdAt")
    author: AuthorAnswer | None


class PullRequestsAnswer(Answer):
    """One page of pull requests, newest first."""

    page: PageInfo = Field(alias="pageInfo")
    nodes: list[PullRequestAnswer]


Mergeable = Literal["MERGEABLE", "CONFLICTING", "UNKNOWN"]


class OpenAnswer(Answer):
    """One open pull request; whether it conflicts is computed after the first question."""

    id: Id
    mergeable: Mergeable


class OpensAnswer(Answer):
    """One page of open pull requests."""

    page: PageInfo = Field(alias="pageInfo")
    nodes: list[OpenAnswer]


class PullsOfRepository(Answer):
    """The pull requests of a repository: those opened lately, and those that are open."""

    id: Number = Field(alias="databaseId")
    recent: PullRequestsAnswer
    opens: OpensAnswer | None = Field(default=None, alias="open")


class OpensOfRepository(Answer):
    """More open pull requests of a repository."""

    opens: OpensAnswer = Field(alias="open")


class MoreFilesOfPullRequest(Answer):
    """More files of a pull request; null where GitHub does not show the difference."""

    files: FilesAnswer | None = None


class FilesOfPullRequest(MoreFilesOfPullRequest):
    """The first files of a pull request."""

    id: Id


class FilesData(GraphData):
    """The answer to `Files`; a pull request that is no more is null."""

    nodes: list[FilesOfPullRequest | None]


class MoreFilesData(GraphData):
    """The answer to `MoreFiles`."""

    node: MoreFilesOfPullRequest | None


class MergeableData(GraphData):
    """The answer to `Mergeable`; a pull request that is no more is null."""

    nodes: list[OpenAnswer | None]


class UserAnswer(Answer):
    """The account that an address belongs to."""

    login: Text


class GitActor(Answer):
    """Who wrote a commit."""

    email: Text | None = None
    user: UserAnswer | None = None


class CommitAnswer(Answer):
    """One commit."""

    committed_at: Instant = Field(alias="committedDate")
    author: GitActor | None


class HistoryAnswer(Answer):
    """One page of commits, newest first."""

    page: PageInfo = Field(alias="pageInfo")
    nodes: list[CommitAnswer]


class CommitTarget(Answer):
    """The newest commit of a branch."""

    history: HistoryAnswer


class BranchAnswer(Answer):
    """The default branch."""

    target: CommitTarget


class CommitsOfRepository(Answer):
    """The default branch of a repository, None while nothing was ever committed."""

    id: Number = Field(alias="databaseId")
    is_empty: bool = Field(alias="isEmpty")
    branch: BranchAnswer | None = Field(alias="defaultBranchRef")


class UpdatedAnswer(Answer):
    """When a pull request last changed."""

    updated_at: Instant = Field(alias="updatedAt")


class UpdatesAnswer(Answer):
    """The pull request that changed last."""

    nodes: list[UpdatedAnswer]


class TotalAnswer(Answer):
    """How many there are."""

    total: Count = Field(alias="totalCount")


class ListedAnswer(Answer):
    """One repository of an owner, with what tells whether anything happened in it."""

    id: Number = Field(alias="databaseId")
    name: FullName = Field(alias="nameWithOwner")
    archived: bool = Field(alias="isArchived")
    fork: bool = Field(alias="isFork")
    pushed_at: Instant | None = Field(alias="pushedAt")
    updates: UpdatesAnswer = Field(alias="latest")
    opens: TotalAnswer = Field(alias="open")


class ListingAnswer(Answer):
    """One page of an owner's repositories."""

    page: PageInfo = Field(alias="pageInfo")
    nodes: list[ListedAnswer]


class OwnerAnswer(Answer):
    """An organisation or a user."""

    repositories: ListingAnswer


class OwnerData(GraphData):
    """The answer to `Repositories`; None where there is no such owner."""

    owner: OwnerAnswer | None = Field(alias="repositoryOwner")
