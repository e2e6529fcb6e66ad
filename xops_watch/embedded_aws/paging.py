"""Page tokens that say nothing to the caller and cannot be used for another request."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")

# A token that starts so stands for "the page before was empty on purpose" (the empty_pages fault).
_EMPTY = "empty-page."
_EMPTY_TOKEN = re.compile(r"empty-page\.\d+\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """One page of `items` and the token of the next, None on the last."""

    items: Sequence[Item]
    next_token: str | None


def digest(params: Mapping[str, Any], *, ignoring: frozenset[str]) -> str:
    """Return a short fingerprint of the request that a token belongs to."""
    kept = {key: value for key, value in params.items() if key not in ignoring}
    text = json.dumps(kept, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def encode(content: Mapping[str, Any]) -> str:
    """Return `content` as an opaque token."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def decode(token: str, fingerprint: str) -> dict[str, Any] | None:
    """Return the content of `token`, or None if it was not made for this request."""
    try:
        content = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (binascii.Error, ValueError):
        return None
    if not isinstance(content, dict) or content.get("request") != fingerprint:
        return None
    return content


def empty_page_token(token: str | None) -> str:
    """Return a token that leads to the same page as `token`, after an empty one.

    It differs from `token`: botocore's paginators end in an error if a token comes twice.
    """
    number = 0
    if token is not None and _EMPTY_TOKEN.match(token):
        number = int(token.split(".")[1])
    return f"{_EMPTY}{number + 1}.{without_empty_page(token) or ''}"


def without_empty_page(token: str | None) -> str | None:
    """Return the token that `empty_page_token` was made from."""
    if token is None or not _EMPTY_TOKEN.match(token):
        return token
    return _EMPTY_TOKEN.sub("", token) or None


def page_of(
    items: Sequence[Item], *, token: str | None, size: int, fingerprint: str
) -> Page[Item] | None:
    """Return the page of `items` that `token` asks for, or None if the token is not ours."""
    start = 0
    if token is not None:
        content = decode(token, fingerprint)
        if content is None:
            return None
        start = int(content["offset"])
    end = start + size
    following = encode({"request": fingerprint, "offset": end}) if end < len(items) else None
    return Page(items=items[start:end], next_token=following)
