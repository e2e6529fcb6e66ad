"""GitHub: what the token may do, and how much may still be asked."""

from collections.abc import Iterator
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from xops_watch.bootstrap.github import credentials_of
from xops_watch.doctor.check import Check, failed, fine, warning
from xops_watch.errors import ConfigurationError, SourceError
from xops_watch.settings.github import Github
from xops_watch.sources.github import Credentials, TokenCredentials
from xops_watch.sources.github.answers import GrantAnswer
from xops_watch.sources.github.refusals import demand_answered
from xops_watch.web.client import Web
from xops_watch.web.reply import Limits, Reply

_LEFT_MIN = 0.1  # of an hour's requests
# Scopes of classic tokens that let nobody write.
_READS = frozenset({"public_repo:read", "read:org", "read:project", "read:user", "repo:status"})
# What an App needs, as GitHub's interface and as its pages name it.
_NEEDED = {"metadata": "Metadata", "pull_requests": "Pull requests", "contents": "Contents"}
_LEVELS = frozenset({"read", "write", "admin"})
_LIMITS = Limits(total=timedelta(seconds=8))


class _Allowance(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    limit: int = Field(ge=0)
    remaining: int = Field(ge=0)


class _Resources(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    core: _Allowance
    graphql: _Allowance | None = None


class _RateLimit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    resources: _Resources


def look_at_github(wanted: Github) -> Iterator[Check]:
    """Yield the checks of the token; asking for the limits costs none of them."""
    if not wanted.asked_for:
        return
    web = Web(wanted.api_url, what="GitHub", limits=_LIMITS, proxied=True)
    try:
        credentials = credentials_of(wanted, web)
        granted = None if isinstance(credentials, TokenCredentials) else _granted(credentials)
        reply = _asked(web, credentials.token())
        limits = reply.parsed(_RateLimit).resources
    except (SourceError, ConfigurationError) as error:
        yield failed("github token", error.what, fix=error.hint)
        return
    if granted is None:
        yield _scopes(reply.headers.get("x-oauth-scopes"))
    else:
        yield _permissions(granted, runs_wanted=wanted.workflow_runs == "always")
    yield _budget(limits)


def _asked(web: Web, token: str) -> Reply:
    headers = {"accept": "application/vnd.github+json", "authorization": f"Bearer {token}"}
    reply = web.get("/rate_limit", headers=headers)
    demand_answered(reply, needs="nothing but a token")
    return reply


def _granted(credentials: Credentials) -> GrantAnswer | None:
    from xops_watch.sources.github.app import AppCredentials  # noqa: PLC0415 - 9 MiB, for Apps only

    return credentials.grant() if isinstance(credentials, AppCredentials) else None


def _permissions(granted: GrantAnswer, *, runs_wanted: bool) -> Check:
    """Tell which permission the App's installation lacks, by the name that GitHub shows."""
    if granted.suspended_at is not None:
        fix = "unsuspend it: settings of the organisation, GitHub Apps"
        return failed("github token", "the installation of the GitHub App is suspended", fix=fix)
    missing = [name for name in _NEEDED if granted.permissions.get(name) not in _LEVELS]
    if missing:
        names = ", ".join(f"{_NEEDED[name]}: read" for name in missing)
        return failed(
            "github token",
            f"a GitHub App whose installation lacks {names}",
            fix="add it in the App's settings, and accept it as the organisation's owner",
        )
    runs = granted.permissions.get("actions") in _LEVELS
    if runs_wanted and not runs:
        fix = "add it, or set XOPS_WATCH_GITHUB__WORKFLOW_RUNS=fallback"
        found = "a GitHub App whose installation lacks Actions: read"
        return warning("github token", found, fix=fix)
    writes = sorted(n for n, level in granted.permissions.items() if level in _LEVELS - {"read"})
    if writes:
        found = f"a GitHub App that may write: {', '.join(name[:50] for name in writes[:10])}"
        fix = "reading contents, pull requests and metadata is enough"
        return warning("github token", found, fix=fix)
    without = "" if runs else "; not workflow runs (Actions: read), the fallback"
    found = f"a GitHub App that reads contents, pull requests and metadata{without}"
    return fine("github token", found)


def _scopes(told: str | None) -> Check:
    """Only classic tokens have scopes; GitHub does not tell what a fine-grained one may do."""
    if told is None:
        found = "a fine-grained token; whether it may read is told by the source"
        return fine("github token", found)
    scopes = sorted(scope.strip()[:50] for scope in told.split(",") if scope.strip())
    found = f"a classic token with the scopes: {', '.join(scopes) or 'none'}"
    if set(scopes) - _READS:
        fix = "a fine-grained token that reads contents, pull requests and metadata is enough"
        return warning("github token", f"{found}; it may write", fix=fix)
    return fine("github token", found)


def _budget(limits: _Resources) -> Check:
    told = [("REST", limits.core)]
    if limits.graphql is not None:
        told.append(("GraphQL", limits.graphql))
    found = "; ".join(f"{name}: {a.remaining} of {a.limit} requests left" for name, a in told)
    if any(a.remaining < a.limit * _LEFT_MIN for _, a in told):
        fix = "give the daemon a token of its own, or raise XOPS_WATCH_GITHUB__INTERVAL_SECONDS"
        return warning("github budget", found, fix=fix)
    return fine("github budget", found)
