"""Which log group the task definition of a service names, and no other word of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from tests.aws.bench import MINUTE
from tests.aws.tiny_ecs import TinyEcs
from tests.contract.source_promises import assert_line
from tests.sources.hostile import damaged
from xops_watch.aws.inventory import EcsInventory
from xops_watch.aws.log_groups import ServiceLogGroup
from xops_watch.errors import GapReason, SourceError

NOW = datetime(2026, 1, 5, 12, 6, 30, tzinfo=UTC)


def container(**changes: object) -> dict[str, Any]:
    log = {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/webui"}}
    return {"name": "web", "essential": True, "logConfiguration": log, **changes}


SIDECAR = container(
    essential=False,
    logConfiguration={"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/xops-watch"}},
)
SPLUNK = container(
    logConfiguration={"logDriver": "splunk", "options": {"splunk-token": "secret-token"}}
)


def discovered(*containers: dict[str, Any]) -> tuple[ServiceLogGroup, TinyEcs]:
    tiny = TinyEcs({"main": ["open-webui", "fastapi"]})
    tiny.changes["open-webui"] = {"taskDefinition": "arn:x/webui:1"}
    tiny.changes["fastapi"] = {"taskDefinition": "arn:x/fastapi:1"}
    answer = {"taskDefinition": {"containerDefinitions": list(containers)}}
    tiny.client._operations["describe_task_definition"] = lambda **_: answer
    inventory = EcsInventory(tiny.client, clusters=("main",))
    return ServiceLogGroup(inventory, tiny.client, services=("*open-webui*",)), tiny


def test_the_log_group_is_the_one_of_l6s_essential_containers_and_asked_for_once() -> None:
    group, tiny = discovered(container(), SIDECAR, SPLUNK)
    assert group(NOW) == "/ecs/webui"
    assert group(NOW + MINUTE) == "/ecs/webui"
    asked = [params for name, params in tiny.client.calls if name == "describe_task_definition"]
    assert asked == [{"taskDefinition": "arn:x/webui:1"}]


@pytest.mark.parametrize(
    ("containers", "words"),
    [
        ((SPLUNK, SIDECAR), "no log group of CloudWatch Logs"),
        ((), "no log group of CloudWatch Logs"),
        (({"name": "web"},), "no log group of CloudWatch Logs"),
        ((container(), {**SIDECAR, "essential": True}), "several log groups"),
    ],
)
def test_without_exactly_one_log_group_it_has_to_be_named(
    containers: tuple[dict[str, Any], ...], words: str
) -> None:
    group, _ = discovered(*containers)
    with pytest.raises(SourceError) as caught:
        group(NOW)
    assert caught.value.reason is GapReason.NOT_ENABLED
    assert caught.value.what == (
        f"the task definition of L6 names {words}: name it in XOPS_WATCH_APP_LOG__GROUP"
    )
    assert "secret-token" not in f"{caught.value.what}{caught.value.hint}"


@pytest.mark.parametrize("clusters", [("main",), ("main", "other")])
def test_a_cluster_that_cannot_be_read_is_the_reason_and_not_its_services(
    clusters: tuple[str, ...],
) -> None:
    _, tiny = discovered(container())
    tiny.clusters["other"] = []
    tiny.broken.add("main")
    inventory = EcsInventory(tiny.client, clusters=clusters)
    group = ServiceLogGroup(inventory, tiny.client, services=("*open-webui*",))
    with pytest.raises(SourceError) as caught:
        group(NOW)
    assert caught.value.reason is not GapReason.NOT_ENABLED


@given(answer=damaged({"taskDefinition": {"containerDefinitions": [container(), SIDECAR, SPLUNK]}}))
def test_any_task_definition(answer: object) -> None:
    group, tiny = discovered()
    tiny.client._operations["describe_task_definition"] = lambda **_: answer
    try:
        said = group(NOW)
    except SourceError as error:
        said = error.what
    assert_line(said)
    assert "secret-token" not in said
