"""The six ECS reads: clusters, services and tasks, listed in pages and described in batches."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from xops_watch.embedded_aws import paging
from xops_watch.embedded_aws.ecs_shapes import arn, cluster_shape, service_shape, task_shape
from xops_watch.embedded_aws.ecs_state import Cluster, ClusterStore, Task
from xops_watch.embedded_aws.errors import AwsError, invalid_parameter
from xops_watch.embedded_aws.requests import Request

PAGE_MAX = 100
SERVICES_PAGE = 10
DESCRIBED_SERVICES_MAX = 10
DESCRIBED_MAX = 100
# Documented: stopped tasks are shown for at least an hour; here for exactly one.
STOPPED_SHOWN = timedelta(hours=1)

_NOT_PART_OF_REQUEST = frozenset({"nextToken", "maxResults"})


def list_clusters(request: Request, store: ClusterStore) -> dict[str, Any]:
    """Answer ListClusters."""
    arns = [arn(request.region, "cluster", each.name) for each in store.listed(request.region)]
    return _page(request, "clusterArns", arns, size=PAGE_MAX)


def describe_clusters(request: Request, store: ClusterStore) -> dict[str, Any]:
    """Answer DescribeClusters; without names it describes the cluster "default"."""
    given = request.params.get("clusters") or ["default"]
    _check_count(given, "Clusters", DESCRIBED_MAX)
    include = request.params.get("include", [])
    found, failures = [], []
    for reference in dict.fromkeys(given):
        name = _name_in(reference, "cluster", request.region)
        cluster = None if name is None else store.find(name, request.region)
        if cluster is None:
            failures.append(_missing(reference, "cluster", request.region))
        else:
            found.append(cluster_shape(cluster, request.region, include))
    return {"clusters": found, "failures": failures}


def list_services(request: Request, store: ClusterStore) -> dict[str, Any]:
    """Answer ListServices: services that drain or are gone are not listed, as on AWS."""
    params = request.params
    cluster = _cluster(request, store)
    arns = [
        arn(request.region, "service", cluster.name, service.name)
        for service in cluster.services
        if service.status == "ACTIVE"
        and params.get("launchType", service.launch_type) == service.launch_type
        and params.get("schedulingStrategy", service.scheduling_strategy)
        == service.scheduling_strategy
        and params.get("resourceManagementType", "CUSTOMER") == "CUSTOMER"
    ]
    return _page(request, "serviceArns", arns, size=SERVICES_PAGE)


def describe_services(request: Request, store: ClusterStore) -> dict[str, Any]:
    """Answer DescribeServices for at most ten names or ARNs."""
    given = request.params["services"]
    _check_count(given, "Services", DESCRIBED_SERVICES_MAX)
    cluster = _cluster(request, store)
    services = {service.name: service for service in cluster.services}
    include = request.params.get("include", [])
    found, failures = [], []
    for reference in dict.fromkeys(given):
        service = services.get(_child_name(reference, "service", cluster, request.region) or "")
        if service is None:
            failures.append(_missing(reference, f"service/{cluster.name}", request.region))
        else:
            found.append(service_shape(cluster, service, request.region, include))
    return {"services": found, "failures": failures}


def list_tasks(request: Request, store: ClusterStore) -> dict[str, Any]:
    """Answer ListTasks; without a desiredStatus it lists those that ECS wants to run."""
    params = request.params
    for unsupported in ("containerInstance", "daemonName"):
        if unsupported in params:
            message = f"{unsupported} is not supported by the embedded AWS"
            raise invalid_parameter(message)
    cluster = _cluster(request, store)
    arns = [
        arn(request.region, "task", cluster.name, task.id)
        for task in _candidates(request, cluster)
        if _wanted(task, request)
    ]
    return _page(request, "taskArns", arns, size=PAGE_MAX)


def describe_tasks(request: Request, store: ClusterStore) -> dict[str, Any]:
    """Answer DescribeTasks for at most a hundred ids or ARNs."""
    given = request.params["tasks"]
    _check_count(given, "Tasks", DESCRIBED_MAX)
    cluster = _cluster(request, store)
    tasks = {task.id: task for task in cluster.all_tasks if _is_shown(task, request)}
    include = request.params.get("include", [])
    found, failures = [], []
    for reference in dict.fromkeys(given):
        task = tasks.get(_child_name(reference, "task", cluster, request.region) or "")
        if task is None:
            failures.append(_missing(reference, f"task/{cluster.name}", request.region))
        else:
            found.append(task_shape(cluster, task, request.region, include))
    return {"tasks": found, "failures": failures}


def _candidates(request: Request, cluster: Cluster) -> Sequence[Task]:
    """Return the tasks of the named service, or all; raises ServiceNotFoundException."""
    if "serviceName" not in request.params:
        return cluster.all_tasks
    name = _child_name(request.params["serviceName"], "service", cluster, request.region)
    for service in cluster.services:
        if service.name == name:
            return service.tasks
    raise AwsError("ServiceNotFoundException", "Service not found.")


def _wanted(task: Task, request: Request) -> bool:
    """Tell whether a task passes the filters of ListTasks.

    desiredStatus PENDING finds nothing: ECS wants a task that comes up to be RUNNING.
    """
    params = request.params
    return (
        task.desired_status == params.get("desiredStatus", "RUNNING")
        and _is_shown(task, request)
        and params.get("family", task.family) == task.family
        and params.get("startedBy", task.started_by) == task.started_by
        and params.get("launchType", task.launch_type) == task.launch_type
    )


def _is_shown(task: Task, request: Request) -> bool:
    """Tell whether ECS still shows a task: one that stopped long ago is gone."""
    return task.stopped_at is None or request.now - task.stopped_at <= STOPPED_SHOWN


def _cluster(request: Request, store: ClusterStore) -> Cluster:
    """Return the cluster of the request ("default" if it names none).

    Raises AwsError(ClusterNotFoundException).
    """
    name = _name_in(request.params.get("cluster", "default"), "cluster", request.region)
    cluster = None if name is None else store.find(name, request.region)
    if cluster is None:
        raise AwsError("ClusterNotFoundException", "Cluster not found.")
    return cluster


def _name_in(reference: str, kind: str, region: str) -> str | None:
    """Return what a name or ARN of this account, region and `kind` names, else None."""
    if not reference.startswith("arn:"):
        return reference
    prefix = arn(region, kind, "")
    return reference.removeprefix(prefix) if reference.startswith(prefix) else None


def _child_name(reference: str, kind: str, cluster: Cluster, region: str) -> str | None:
    """Return the name of a service or task of `cluster`, from its name or either form of ARN."""
    name = _name_in(reference, kind, region)
    if name is None or not reference.startswith("arn:"):
        return name
    owner, slash, child = name.partition("/")
    if not slash:
        return owner
    return child if owner == cluster.name else None


def _missing(reference: str, kind: str, region: str) -> dict[str, str]:
    """Return a Failure; ECS writes the ARN even if it was asked for a name."""
    whole = reference if reference.startswith("arn:") else arn(region, kind, reference)
    return {"arn": whole, "reason": "MISSING"}


def _check_count(given: Sequence[str], what: str, most: int) -> None:
    """Refuse an empty batch and one that is too long."""
    if not given:
        message = f"{what} cannot be empty."
        raise invalid_parameter(message)
    if len(given) > most:
        message = f"{what} cannot have more than {most} elements."
        raise invalid_parameter(message)


def _page(request: Request, name: str, arns: Sequence[str], *, size: int) -> dict[str, Any]:
    """Return one page of ARNs; raises AwsError for a wrong size or a foreign token."""
    size = request.params.get("maxResults", size)
    if not 1 <= size <= PAGE_MAX:
        message = f"maxResults must be from 1 to {PAGE_MAX}."
        raise invalid_parameter(message)
    token = request.params.get("nextToken")
    if "empty_pages" in request.faults:
        return {name: [], "nextToken": paging.empty_page_token(token)}
    page = paging.page_of(
        arns,
        token=paging.without_empty_page(token),
        size=size,
        fingerprint=paging.digest(request.params, ignoring=_NOT_PART_OF_REQUEST),
    )
    if page is None:
        message = "The nextToken is not of this request."
        raise invalid_parameter(message)
    answer: dict[str, Any] = {name: list(page.items)}
    if page.next_token is not None:
        answer["nextToken"] = page.next_token
    return answer
