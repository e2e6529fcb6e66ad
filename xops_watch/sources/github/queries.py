"""The questions in GraphQL. Every connection has a size; a query costs a point or two of the hour.

What is asked of repositories is asked of many at once: each has a name of its own in the query
(`r0`, `r1`), and its own owner, name and page among the variables.
"""

import re
from dataclasses import dataclass
from typing import Final

_LIMITS = "rateLimit { limit remaining resetAt }"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfEach:
    """What is asked of each repository: `own` are its variables by name, `shared` those of all."""

    operation: str
    fields: str
    own: tuple[tuple[str, str], ...]
    shared: str = ""

    def of(self, count: int) -> str:
        """Return the query about so many repositories."""
        own = (("owner", "String!"), ("name", "String!"), *self.own)
        declared = [f"${name}{n}: {kind}" for n in range(count) for name, kind in own]
        declared += [self.shared] if self.shared else []
        numbered = re.compile(rf"\$({'|'.join(name for name, _ in own)})\b")
        asked = [
            numbered.sub(
                rf"$\g<1>{n}",
                f"  r{n}: repository(owner: $owner, name: $name) {{{self.fields}  }}",
            )
            for n in range(count)
        ]
        return "\n".join(
            [f"query {self.operation}({', '.join(declared)}) {{", f"  {_LIMITS}", *asked, "}"]
        )


PULL_REQUESTS: Final = OfEach(
    operation="PullRequests",
    own=(("after", "String"), ("open", "Boolean!")),
    fields="""
    databaseId
    recent: pullRequests(first: 50, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
      nodes { id createdAt author { __typename login } }
    }
    open: pullRequests(first: 100, states: OPEN) @include(if: $open) {
      pageInfo { hasNextPage endCursor }
      nodes { id mergeable }
    }
""",
)

OPEN_PULL_REQUESTS: Final = OfEach(
    operation="OpenPullRequests",
    own=(("after", "String"),),
    fields="""
    open: pullRequests(first: 100, after: $after, states: OPEN) {
      pageInfo { hasNextPage endCursor }
      nodes { id mergeable }
    }
""",
)

COMMITS: Final = OfEach(
    operation="Commits",
    own=(("after", "String"),),
    shared="$since: GitTimestamp!",
    fields="""
    databaseId
    isEmpty
    defaultBranchRef {
      target {
        ... on Commit {
          history(first: 100, since: $since, after: $after) {
            pageInfo { hasNextPage endCursor }
            nodes { committedDate author { email user { login } } }
          }
        }
      }
    }
""",
)

# The files of pull requests, which are the largest part of all: only of those that may count.
FILES = f"""
query Files($ids: [ID!]!) {{
  {_LIMITS}
  nodes(ids: $ids) {{
    ... on PullRequest {{
      id
      files(first: 100) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ path }} }}
    }}
  }}
}}
"""

MORE_FILES = f"""
query MoreFiles($id: ID!, $after: String) {{
  {_LIMITS}
  node(id: $id) {{
    ... on PullRequest {{
      files(first: 100, after: $after) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ path }} }}
    }}
  }}
}}
"""

MERGEABLE = f"""
query Mergeable($ids: [ID!]!) {{
  {_LIMITS}
  nodes(ids: $ids) {{ ... on PullRequest {{ id mergeable }} }}
}}
"""

# Who a repository is, and whether anything happened in it.
_ACTIVITY = """
    databaseId
    nameWithOwner
    isArchived
    isFork
    pushedAt
    latest: pullRequests(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) {
      nodes { updatedAt }
    }
    open: pullRequests(states: OPEN) { totalCount }
"""

REPOSITORY: Final = OfEach(operation="Repository", own=(), fields=_ACTIVITY)

REPOSITORIES = f"""
query Repositories($owner: String!, $after: String) {{
  {_LIMITS}
  repositoryOwner(login: $owner) {{
    repositories(first: 50, after: $after, ownerAffiliations: [OWNER]) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{
        {_ACTIVITY}
      }}
    }}
  }}
}}
"""
