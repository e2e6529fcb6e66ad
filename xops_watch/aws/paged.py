"""The part of a boto3 client that listings need."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol


class Pages(Protocol):
    """A boto3 paginator."""

    def paginate(self, **params: Any) -> Iterable[Mapping[str, object]]:  # noqa: ANN401 - as boto3
        """Return the pages of one listing."""
        ...


class PagedClient(Protocol):
    """A client of which only listings are asked."""

    def get_paginator(self, operation_name: str, /) -> Pages:
        """Return the paginator of one operation."""
        ...
