"""What GitHub tells of the team: IaC pull requests, people at work, conflicts."""

from xops_watch.sources.github.api import GithubApi
from xops_watch.sources.github.budget import Budget
from xops_watch.sources.github.collisions import Collisions
from xops_watch.sources.github.credentials import Credentials, SecretVariable, TokenCredentials
from xops_watch.sources.github.globs import account_matcher, path_matcher
from xops_watch.sources.github.pulls import PullReader
from xops_watch.sources.github.repositories import Hears, Repositories
from xops_watch.sources.github.runs import RunReader
from xops_watch.sources.github.source import SIGNALS, GithubSource, Readers

__all__ = [
    "SIGNALS",
    "Budget",
    "Collisions",
    "Credentials",
    "GithubApi",
    "GithubSource",
    "Hears",
    "PullReader",
    "Readers",
    "Repositories",
    "RunReader",
    "SecretVariable",
    "TokenCredentials",
    "account_matcher",
    "path_matcher",
]
