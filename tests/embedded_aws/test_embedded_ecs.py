from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mypy_boto3_ecs import ECSClient

from tests.embedded_aws.asking import refusal
from xops_watch.clock import SystemClock
from xops_watch.embedded_aws.control import EmbeddedAws

PREFIX = "arn:aws:ecs:ap-southeast-2:123456789012"
LOOPING = (
    "(service crew) is unable to consistently start tasks successfully. For more information, "
    "see the Troubleshooting section of the Amazon ECS Developer Guide."
)


@pytest.fixture
def main(aws: EmbeddedAws) -> EmbeddedAws:
    """A cluster with a healthy, a crash-looping and a draining service, and two lone tasks."""
    aws.put_cluster(
        "main",
        services=[
            {"name": "web", "desired": 3, "running": 2, "pending": 1, "tags": {"team": "x"}},
            {"name": "crew", "desired": 2, "failed_tasks": 12, "events": [LOOPING, "earlier"]},
            {"name": "old", "status": "DRAINING", "desired": 0, "running": 1},
            {"name": "gone", "status": "INACTIVE"},
        ],
        tasks=[
            {"id": "a" * 32, "task_definition": "job:7", "last_status": "PROVISIONING"},
            {
                "id": "b" * 32,
                "task_definition": "job:7",
                "last_status": "STOPPED",
                "stop_code": "EssentialContainerExited",
                "stopped_reason": "Essential container in task exited",
                "capacity_provider": "FARGATE_SPOT",
            },
        ],
        settings={"containerInsights": "enabled"},
        tags={"env": "prod"},
    )
    return aws


def service(ecs: ECSClient, name: str) -> dict[str, Any]:
    [found] = ecs.describe_services(cluster="main", services=[name])["services"]
    return dict(found)


def tasks(ecs: ECSClient, **filters: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any parameters of any call
    arns = ecs.list_tasks(cluster="main", **filters)["taskArns"]
    if not arns:
        return []
    return [dict(task) for task in ecs.describe_tasks(cluster="main", tasks=arns)["tasks"]]


def test_a_cluster_counts_all_its_tasks(main: EmbeddedAws, ecs: ECSClient) -> None:
    assert main.endpoint
    answer = ecs.describe_clusters(clusters=["main", f"{PREFIX}:cluster/main", "nope"])
    cluster = answer["clusters"][0]
    assert len(answer["clusters"]) == 2
    assert answer["failures"] == [{"arn": f"{PREFIX}:cluster/nope", "reason": "MISSING"}]
    assert cluster["clusterArn"] == f"{PREFIX}:cluster/main"
    assert cluster["activeServicesCount"] == 2
    assert cluster["runningTasksCount"] == 3
    assert cluster["pendingTasksCount"] == 2
    assert (cluster["statistics"], cluster["tags"], cluster["settings"]) == ([], [], [])


def test_include_adds_statistics_settings_and_tags(main: EmbeddedAws, ecs: ECSClient) -> None:
    assert main.endpoint
    [cluster] = ecs.describe_clusters(
        clusters=["main"], include=["STATISTICS", "SETTINGS", "TAGS"]
    )["clusters"]
    statistics = {pair["name"]: pair["value"] for pair in cluster["statistics"]}
    assert statistics["pendingFargateTasksCount"] == "2"
    assert statistics["runningFargateTasksCount"] == "3"
    assert statistics["activeFargateServiceCount"] == "2"
    assert statistics["drainingFargateServiceCount"] == "1"
    assert statistics["runningEC2TasksCount"] == "0"
    assert cluster["settings"] == [{"name": "containerInsights", "value": "enabled"}]
    assert cluster["tags"] == [{"key": "env", "value": "prod"}]


def test_without_a_name_it_is_the_default_cluster(aws: EmbeddedAws, ecs: ECSClient) -> None:
    assert ecs.describe_clusters()["failures"][0]["arn"] == f"{PREFIX}:cluster/default"
    assert refusal(ecs.list_services)[0] == "ClusterNotFoundException"
    aws.put_cluster("default", services=[{"name": "web", "running": 1}])
    assert ecs.list_services()["serviceArns"] == [f"{PREFIX}:service/default/web"]


def test_only_active_services_are_listed_but_all_are_described(
    main: EmbeddedAws, ecs: ECSClient
) -> None:
    assert main.endpoint
    names = ["web", "crew", "old", "gone"]
    arns = ecs.list_services(cluster=f"{PREFIX}:cluster/main")["serviceArns"]
    assert arns == [f"{PREFIX}:service/main/{name}" for name in names[:2]]
    answer = ecs.describe_services(cluster="main", services=names)
    statuses = [each["status"] for each in answer["services"]]
    assert statuses == ["ACTIVE", "ACTIVE", "DRAINING", "INACTIVE"]


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("web", True),
        (f"{PREFIX}:service/main/web", True),
        (f"{PREFIX}:service/web", True),
        (f"{PREFIX}:service/other/web", False),
        ("arn:aws:ecs:us-east-1:123456789012:service/main/web", False),
        ("arn:aws:ecs:ap-southeast-2:999999999999:service/main/web", False),
        ("Web", False),
    ],
)
def test_services_by_name_or_arn(
    main: EmbeddedAws, ecs: ECSClient, reference: str, *, found: bool
) -> None:
    assert main.endpoint
    answer = ecs.describe_services(cluster="main", services=[reference])
    assert len(answer["services"]) == int(found)
    assert [each["reason"] for each in answer["failures"]] == ([] if found else ["MISSING"])


def test_counts_of_a_service(main: EmbeddedAws, ecs: ECSClient) -> None:
    assert main.endpoint
    web = service(ecs, "web")
    assert (web["desiredCount"], web["runningCount"], web["pendingCount"]) == (3, 2, 1)
    assert web["deployments"][0]["status"] == "PRIMARY"
    assert web["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    assert "tags" not in web


def test_tags_of_a_service(main: EmbeddedAws, ecs: ECSClient) -> None:
    assert main.endpoint
    [web] = ecs.describe_services(cluster="main", services=["web"], include=["TAGS"])["services"]
    assert web["tags"] == [{"key": "team", "value": "x"}]


def test_a_service_that_crashes_in_a_loop(main: EmbeddedAws, ecs: ECSClient) -> None:
    assert main.endpoint
    crew = service(ecs, "crew")
    assert crew["deployments"][0]["failedTasks"] == 12
    assert [event["message"] for event in crew["events"]] == [LOOPING, "earlier"]
    assert crew["events"][0]["createdAt"] > crew["events"][1]["createdAt"]


def test_deployments_and_events_as_given(aws: EmbeddedAws, ecs: ECSClient) -> None:
    old, new = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
    aws.put_cluster(
        "main",
        services=[
            {
                "name": "web",
                "running": 4,
                "deployments": [
                    {
                        "status": "PRIMARY",
                        "running": 1,
                        "rollout_state": "FAILED",
                        "created_at": new,
                    },
                    {"status": "ACTIVE", "running": 3, "task_definition": "web:1"},
                ],
                "events": [{"message": "old", "at": old}, {"message": "new", "at": new}],
            }
        ],
    )
    web = service(ecs, "web")
    assert [each["runningCount"] for each in web["deployments"]] == [1, 3]
    assert web["deployments"][0]["rolloutState"] == "FAILED"
    assert web["deployments"][0]["createdAt"] == new
    assert [(each["message"], each["createdAt"]) for each in web["events"]] == [
        ("new", new),
        ("old", old),
    ]


def test_at_most_100_events(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.put_cluster("main", services=[{"name": "web", "events": [f"e{i}" for i in range(150)]}])
    assert [each["message"] for each in service(ecs, "web")["events"]] == [
        f"e{index}" for index in range(100)
    ]


def test_tasks_of_a_service_keep_identity_and_times(main: EmbeddedAws, ecs: ECSClient) -> None:
    before = {task["taskArn"]: task for task in tasks(ecs, serviceName="web")}
    [pending] = [each for each in before.values() if each["lastStatus"] == "PENDING"]
    assert "startedAt" not in pending
    assert pending["desiredStatus"] == "RUNNING"
    assert pending["group"] == "service:web"
    main.put_cluster("main", services=[{"name": "web", "running": 3}])
    after = {task["taskArn"]: task for task in tasks(ecs, serviceName="web")}
    assert set(after) == set(before)
    came_up = after[pending["taskArn"]]
    assert came_up["lastStatus"] == "RUNNING"
    assert came_up["createdAt"] == pending["createdAt"]
    assert came_up["startedAt"] > pending["createdAt"]


def test_lone_tasks(main: EmbeddedAws, ecs: ECSClient) -> None:
    assert main.endpoint
    [coming] = tasks(ecs, family="job")
    assert coming["lastStatus"] == "PROVISIONING"
    assert coming["group"] == "family:job"
    assert coming["taskDefinitionArn"] == f"{PREFIX}:task-definition/job:7"
    [stopped] = tasks(ecs, desiredStatus="STOPPED")
    assert stopped["stopCode"] == "EssentialContainerExited"
    assert stopped["stoppedReason"] == "Essential container in task exited"
    assert stopped["capacityProviderName"] == "FARGATE_SPOT"
    assert stopped["stoppedAt"] >= stopped["createdAt"]


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, 5),
        ({"desiredStatus": "RUNNING"}, 5),
        ({"desiredStatus": "PENDING"}, 0),
        ({"desiredStatus": "STOPPED"}, 1),
        ({"serviceName": "web"}, 3),
        ({"serviceName": f"{PREFIX}:service/main/web"}, 3),
        ({"serviceName": "crew"}, 0),
        ({"family": "job"}, 1),
        ({"family": "web"}, 3),
        ({"launchType": "EC2"}, 0),
        ({"startedBy": "nobody"}, 0),
    ],
)
def test_tasks_that_are_listed(
    main: EmbeddedAws, ecs: ECSClient, filters: dict[str, Any], count: int
) -> None:
    assert main.endpoint
    assert len(tasks(ecs, **filters)) == count


def test_a_task_that_stopped_over_an_hour_ago_is_gone(aws: EmbeddedAws, ecs: ECSClient) -> None:
    now = SystemClock().now()
    aws.put_cluster(
        "main",
        tasks=[
            {
                "id": f"t{minutes}",
                "last_status": "STOPPED",
                "stopped_at": now - timedelta(minutes=minutes),
            }
            for minutes in (59, 61)
        ],
    )
    assert ecs.list_tasks(cluster="main", desiredStatus="STOPPED")["taskArns"] == [
        f"{PREFIX}:task/main/t59"
    ]
    answer = ecs.describe_tasks(cluster="main", tasks=["t59", "t61"])
    assert answer["failures"] == [{"arn": f"{PREFIX}:task/main/t61", "reason": "MISSING"}]


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("list_services", {"cluster": "nope"}, "ClusterNotFoundException"),
        ("describe_services", {"cluster": "nope", "services": ["x"]}, "ClusterNotFoundException"),
        ("describe_tasks", {"cluster": "nope", "tasks": ["x"]}, "ClusterNotFoundException"),
        ("list_tasks", {"serviceName": "nope"}, "ServiceNotFoundException"),
        ("describe_services", {"services": []}, "InvalidParameterException"),
        ("describe_services", {"services": ["x"] * 11}, "InvalidParameterException"),
        ("describe_tasks", {"tasks": []}, "InvalidParameterException"),
        ("describe_tasks", {"tasks": ["x"] * 101}, "InvalidParameterException"),
        ("describe_clusters", {"clusters": ["x"] * 101}, "InvalidParameterException"),
        ("list_services", {"maxResults": 0}, "InvalidParameterException"),
        ("list_services", {"maxResults": 101}, "InvalidParameterException"),
        ("list_tasks", {"nextToken": "foreign"}, "InvalidParameterException"),
        ("list_tasks", {"desiredStatus": "UP"}, "InvalidParameterException"),
        ("list_tasks", {"containerInstance": "x"}, "InvalidParameterException"),
        ("list_clusters", {"maxResults": -1}, "InvalidParameterException"),
    ],
)
def test_refused(
    main: EmbeddedAws, ecs: ECSClient, operation: str, arguments: dict[str, Any], code: str
) -> None:
    assert main.endpoint
    if operation not in {"describe_clusters", "list_clusters"}:
        arguments = {"cluster": "main", **arguments}
    assert refusal(lambda: getattr(ecs, operation)(**arguments))[0] == code


def test_capacity_providers_stand_in_for_the_launch_type(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.put_cluster(
        "main", services=[{"name": "web", "running": 1, "capacity_provider": "FARGATE_SPOT"}]
    )
    web = service(ecs, "web")
    assert "launchType" not in web
    assert web["capacityProviderStrategy"][0]["capacityProvider"] == "FARGATE_SPOT"
    assert tasks(ecs)[0]["capacityProviderName"] == "FARGATE_SPOT"
