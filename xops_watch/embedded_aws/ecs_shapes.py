"""Clusters, services and tasks in the words of the ECS API."""

from collections.abc import Collection, Mapping
from typing import Any

from xops_watch.embedded_aws.ecs_state import Cluster, Deployment, Event, Service, Task, stable_id
from xops_watch.embedded_aws.requests import ACCOUNT

EVENTS_MAX = 100


def arn(region: str, kind: str, *parts: str) -> str:
    """Return the long ARN of a cluster, service or task."""
    return f"arn:aws:ecs:{region}:{ACCOUNT}:{kind}/{'/'.join(parts)}"


def cluster_shape(cluster: Cluster, region: str, include: Collection[str]) -> dict[str, Any]:
    """Return a Cluster structure; statistics, settings and tags only if `include` names them."""
    tasks = cluster.all_tasks
    settings = [{"name": name, "value": value} for name, value in cluster.settings.items()]
    return {
        "clusterArn": arn(region, "cluster", cluster.name),
        "clusterName": cluster.name,
        "status": cluster.status,
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": sum(task.is_running for task in tasks),
        "pendingTasksCount": sum(task.is_pending for task in tasks),
        "activeServicesCount": sum(service.status == "ACTIVE" for service in cluster.services),
        "statistics": _statistics(cluster) if "STATISTICS" in include else [],
        "tags": _tags(cluster.tags) if "TAGS" in include else [],
        "settings": settings if "SETTINGS" in include else [],
        "capacityProviders": list(cluster.capacity_providers),
        "defaultCapacityProviderStrategy": [],
    }


def _statistics(cluster: Cluster) -> list[dict[str, str]]:
    """Return counts by launch type, as the pairs of texts that ECS makes of them."""
    counts: dict[str, int] = {}
    for kind, name in (("EC2", "EC2"), ("FARGATE", "Fargate"), ("EXTERNAL", "External")):
        tasks = [task for task in cluster.all_tasks if task.launch_type == kind]
        services = [each for each in cluster.services if each.launch_type == kind]
        counts[f"running{name}TasksCount"] = sum(task.is_running for task in tasks)
        counts[f"pending{name}TasksCount"] = sum(task.is_pending for task in tasks)
        counts[f"active{name}ServiceCount"] = sum(each.status == "ACTIVE" for each in services)
        counts[f"draining{name}ServiceCount"] = sum(each.status == "DRAINING" for each in services)
    return [{"name": name, "value": str(count)} for name, count in counts.items()]


def service_shape(
    cluster: Cluster, service: Service, region: str, include: Collection[str]
) -> dict[str, Any]:
    """Return a Service structure; tags only if `include` names them."""
    shape: dict[str, Any] = {
        "serviceArn": arn(region, "service", cluster.name, service.name),
        "serviceName": service.name,
        "clusterArn": arn(region, "cluster", cluster.name),
        "loadBalancers": [
            {"targetGroupArn": group, "containerName": service.name, "containerPort": 8080}
            for group in service.target_groups
        ],
        "serviceRegistries": [],
        "status": service.status,
        "desiredCount": service.desired,
        "runningCount": service.running,
        "pendingCount": service.pending,
        "platformVersion": "LATEST",
        "platformFamily": "Linux",
        "taskDefinition": arn(region, "task-definition", service.task_definition),
        "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100},
        "deployments": [_deployment_shape(each, service, region) for each in service.deployments],
        "events": [_event_shape(each, service) for each in service.events[:EVENTS_MAX]],
        "createdAt": service.created_at,
        "placementConstraints": [],
        "placementStrategy": [],
        "schedulingStrategy": service.scheduling_strategy,
        "deploymentController": {"type": "ECS"},
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "enableExecuteCommand": False,
    }
    if "TAGS" in include:
        shape["tags"] = _tags(service.tags)
    return {**shape, **_launched_by(service)}


def _launched_by(service: Service) -> dict[str, Any]:
    """Return the launch type or the capacity provider strategy: a service has one of them."""
    if service.strategy:
        strategy = [
            {"capacityProvider": each.name, "weight": each.weight, "base": each.base}
            for each in service.strategy
        ]
        return {"capacityProviderStrategy": strategy}
    if service.capacity_provider is None:
        return {"launchType": service.launch_type}
    only = {"capacityProvider": service.capacity_provider, "weight": 1, "base": 0}
    return {"capacityProviderStrategy": [only]}


def _deployment_shape(deployment: Deployment, service: Service, region: str) -> dict[str, Any]:
    """Return a Deployment structure."""
    return {
        "id": deployment.id,
        "status": deployment.status,
        "taskDefinition": arn(region, "task-definition", deployment.task_definition),
        "desiredCount": deployment.desired,
        "pendingCount": deployment.pending,
        "runningCount": deployment.running,
        "failedTasks": deployment.failed_tasks,
        "createdAt": deployment.created_at,
        "updatedAt": deployment.updated_at,
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "rolloutState": deployment.rollout_state,
        "rolloutStateReason": deployment.rollout_state_reason,
        **_launched_by(service),
    }


def _event_shape(event: Event, service: Service) -> dict[str, Any]:
    """Return a ServiceEvent structure with an id that stays the same."""
    key = stable_id(service.name, event.at.isoformat(), event.message)
    return {
        "id": f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}",
        "createdAt": event.at,
        "message": event.message,
    }


def task_shape(
    cluster: Cluster, task: Task, region: str, include: Collection[str]
) -> dict[str, Any]:
    """Return a Task structure; what has not happened yet is left out, as ECS does."""
    shape: dict[str, Any] = {
        "taskArn": arn(region, "task", cluster.name, task.id),
        "clusterArn": arn(region, "cluster", cluster.name),
        "taskDefinitionArn": arn(region, "task-definition", task.task_definition),
        "group": task.group,
        "lastStatus": task.last_status,
        "desiredStatus": task.desired_status,
        "createdAt": task.created_at,
        "launchType": task.launch_type,
        "availabilityZone": f"{region}{task.availability_zone}",
        "cpu": task.cpu,
        "memory": task.memory,
        "connectivity": "CONNECTED" if task.is_running else None,
        "healthStatus": "UNKNOWN",
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "capacityProviderName": task.capacity_provider,
        "startedBy": task.started_by,
        "startedAt": task.started_at,
        "stoppedAt": task.stopped_at,
        "stopCode": task.stop_code,
        "stoppedReason": task.stopped_reason,
        "attachments": [],
        "attributes": [],
        "containers": [_container(cluster, task, region)],
        "overrides": {"containerOverrides": [], "inferenceAcceleratorOverrides": []},
        "tags": _tags(task.tags) if "TAGS" in include else [],
        "version": 1,
    }
    return {key: value for key, value in shape.items() if value is not None}


def _container(cluster: Cluster, task: Task, region: str) -> dict[str, Any]:
    """Return the one Container of a task; it is called like the task's family."""
    known = ("PENDING", "RUNNING", "STOPPED")
    return {
        "containerArn": arn(region, "container", cluster.name, task.id, stable_id(task.id)),
        "taskArn": arn(region, "task", cluster.name, task.id),
        "name": task.family,
        "image": f"{task.family}:latest",
        "lastStatus": task.last_status if task.last_status in known else "PENDING",
        "networkInterfaces": [],
        "healthStatus": "UNKNOWN",
        "cpu": "0",
    }


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]
