"""Which distributions of CloudFront fetch from which hosts."""

from collections.abc import Collection

from pydantic import Field

from xops_watch.aws.answers import Answer, read_pages
from xops_watch.aws.distributions import CloudFrontClient

ORIGINS_ACTION = "cloudfront:ListDistributions"
PAGES_MAX = 10  # of 100 each


class _Origin(Answer):
    host: str = Field(alias="DomainName", max_length=300)


class _Origins(Answer):
    items: list[_Origin] = Field(default=[], alias="Items")


class _Distribution(Answer):
    id: str = Field(alias="Id", pattern=r"^[A-Z0-9]{1,64}$")
    origins: _Origins = Field(alias="Origins")


class _List(Answer):
    items: list[_Distribution] = Field(default=[], alias="Items")


class _ListPage(Answer):
    list: _List = Field(alias="DistributionList")


def distributions_of(client: CloudFrontClient, hosts: Collection[str]) -> frozenset[str]:
    """Return the ids of the distributions that fetch from one of the hosts; raises SourceError."""
    known = frozenset(hosts)
    pages = client.get_paginator("list_distributions").paginate()
    return frozenset(
        distribution.id
        for page in read_pages(pages, _ListPage, action=ORIGINS_ACTION, pages_max=PAGES_MAX)
        for distribution in page.list.items
        if any(origin.host.lower() in known for origin in distribution.origins.items)
    )
