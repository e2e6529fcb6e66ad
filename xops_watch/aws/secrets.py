"""Secrets Manager: when each secret was last rotated. What is in one is never asked for."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from xops_watch.aws.answers import Answer, read_pages
from xops_watch.aws.paged import PagedClient
from xops_watch.aws.standing import matches
from xops_watch.errors import GapReason, SourceError

LIST_SECRETS = "secretsmanager:ListSecrets"
SECRETS_MAX = 200  # each is a label
PAGES_MAX = 50  # of 100 secrets

_PREFIX = re.compile(r"[A-Za-z0-9/_+=.@-]*")
_PREFIXES_MAX = 10  # AWS takes no more values in a filter


class _Secret(Answer):
    name: Annotated[str, Field(alias="Name", pattern=r"^[\x21-\x7e]{1,256}$")]
    rotated: AwareDatetime | None = Field(default=None, alias="LastRotatedDate")
    changed: AwareDatetime | None = Field(default=None, alias="LastChangedDate")
    created: AwareDatetime | None = Field(default=None, alias="CreatedDate")
    deleted: AwareDatetime | None = Field(default=None, alias="DeletedDate")


class _Page(Answer):
    secrets: list[_Secret] = Field(alias="SecretList")


def read_secrets(client: PagedClient, patterns: Sequence[str]) -> Mapping[str, datetime | None]:
    """Return when each secret that fits a glob pattern was rotated, changed, or created at least.

    None is a secret that names no date. Raises SourceError, for more than SECRETS_MAX as well.
    """
    asked: dict[str, Any] = {}
    if prefixes := _prefixes(patterns):
        asked = {"Filters": [{"Key": "name", "Values": prefixes}]}
    pages = client.get_paginator("list_secrets").paginate(**asked)
    found: dict[str, datetime | None] = {}
    for page in read_pages(pages, _Page, action=LIST_SECRETS, pages_max=PAGES_MAX):
        for secret in page.secrets:
            if secret.deleted is None and matches(secret.name, patterns):
                found[secret.name] = secret.rotated or secret.changed or secret.created
    if len(found) > SECRETS_MAX:
        raise SourceError(
            f"{len(found)} secrets are named like that; at most {SECRETS_MAX} are watched",
            reason=GapReason.INVALID,
            hint="name fewer in XOPS_WATCH_GOVERNANCE__SECRETS",
        )
    return found


def _prefixes(patterns: Sequence[str]) -> list[str]:
    """Return what names begin with, which AWS can filter by; nothing if one may begin anyhow."""
    found = []
    for pattern in patterns:
        match = _PREFIX.match(pattern)
        if match is None or not match.group():
            return []
        found.append(match.group())
    return found if len(found) <= _PREFIXES_MAX else []
