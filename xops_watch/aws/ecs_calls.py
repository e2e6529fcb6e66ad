"""The calls by which ECS is read, one function each: checked answers, or SourceError."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xops_watch.aws.answers import (
    ClusterAnswer,
    ClusterPage,
    DescribedClusters,
    DescribedServices,
    ServiceAnswer,
    ServicePage,
    parse_answer,
    read_pages,
)
from xops_watch.aws.failures import invalid_answer, translated
from xops_watch.errors import GapReason, SourceError

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

DESCRIBE_SERVICES_MAX = 10  # AWS refuses more in one call
PAGE_SIZE = 100  # the largest page that ListServices gives
PAGES_MAX = 1000  # 100,000 services: past that the listing is broken, not large

_MISSING = "MISSING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The services of a cluster by ARN; `cut_short` is why the listing ended before its end."""

    arns: tuple[str, ...]
    cut_short: SourceError | None = None


def list_clusters(client: "ECSClient") -> tuple[str, ...]:
    """Return the ARNs of all clusters; that there is none is an error."""
    action = "ecs:ListClusters"
    pages = client.get_paginator("list_clusters").paginate()
    listed = read_pages(pages, ClusterPage, action=action, pages_max=PAGES_MAX)
    arns = tuple(arn for page in listed for arn in page.arns)
    if not arns:
        # Silence would look as if all were well.
        raise SourceError(
            f"{action}: there is no cluster in this region and account",
            reason=GapReason.INVALID,
            hint="check AWS_REGION and whose credentials these are",
        )
    return arns


def list_services(client: "ECSClient", cluster: str) -> Listing:
    """Return what is listed, also when a later page fails; raises if the first does.

    A refusal is the cluster's own, and returned: another cluster may well be allowed.
    """
    action = "ecs:ListServices"
    paginator = client.get_paginator("list_services")
    pages = paginator.paginate(cluster=cluster, PaginationConfig={"PageSize": PAGE_SIZE})
    arns: dict[str, None] = {}
    try:
        for page in read_pages(pages, ServicePage, action=action, pages_max=PAGES_MAX):
            arns |= dict.fromkeys(page.arns)
    except SourceError as error:
        if arns or error.reason is GapReason.DENIED:
            return Listing(arns=tuple(arns), cut_short=error)
        raise
    return Listing(arns=tuple(arns))


def describe_services(
    client: "ECSClient", cluster: str, services: Sequence[str]
) -> Sequence[ServiceAnswer]:
    """Return those of at most DESCRIBE_SERVICES_MAX services that are still there."""
    action = "ecs:DescribeServices"
    with translated(action):
        answer = client.describe_services(cluster=cluster, services=list(services))
    described = parse_answer(DescribedServices, answer, action=action)
    for failure in described.failures:
        # What is missing was deleted; whatever else failed must not look as if it were.
        if failure.reason != _MISSING:
            raise invalid_answer(action, f"a listed service failed: {failure.reason!r:.50}")
    return described.services


def count_tasks(client: "ECSClient", cluster: str) -> ClusterAnswer | None:
    """Return the counts of a cluster, None when there is no active one of the name."""
    action = "ecs:DescribeClusters"
    with translated(action):
        answer = client.describe_clusters(clusters=[cluster])
    found = parse_answer(DescribedClusters, answer, action=action).clusters
    return None if not found or found[0].status == "INACTIVE" else found[0]


def no_active_cluster(name: str) -> SourceError:
    """Return the error for a name that no active cluster has."""
    return SourceError(
        f"ecs:DescribeClusters: there is no active cluster {name}",
        reason=GapReason.INVALID,
        hint="name existing clusters in XOPS_WATCH_ECS__CLUSTERS",
    )
