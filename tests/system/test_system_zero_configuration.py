"""`xops-watch run` in a task of ECS, with no setting that says where it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.aws.metadata_server import TASK, serving
from tests.cli.command import xops_watch
from tests.system.daemons import eventually, running
from xops_watch.embedded_aws.control import EmbeddedAws

NOWHERE = {"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}
UNSET = {"XOPS_WATCH_ECS__CLUSTERS": ""}


@pytest.fixture
def on_ecs() -> Iterator[dict[str, str]]:
    with serving() as server:
        yield {"ECS_CONTAINER_METADATA_URI_V4": server.variable, **NOWHERE, **UNSET}


def ecs_regions(aws: EmbeddedAws) -> set[str]:
    """Return where ECS was asked: the metrics of CloudFront are elsewhere by their nature."""
    return {call.region for call in aws.requests().last if call.service == "ecs"}


def test_a_daemon_without_settings_watches_its_own_cluster(
    aws: EmbeddedAws, on_ecs: dict[str, str], tmp_path: Path
) -> None:
    with running(aws, tmp_path, **on_ecs) as daemon:
        eventually(
            lambda: daemon.statuses().get(("ecs-cpu-sustained", "xops/open-webui")) == "firing",
            "the busy service of the own cluster fires",
        )
        (found,) = (line for line in daemon.log() if line["event"] == "ecs_task_found")
    assert found["cluster"] == "arn:aws:ecs:ap-southeast-2:123456789012:cluster/xops"
    assert found["service"] == "open-webui"
    assert ecs_regions(aws) == {"ap-southeast-2"}


def test_a_cluster_that_is_named_wins(aws: EmbeddedAws, on_ecs: dict[str, str]) -> None:
    aws.put_cluster("other", services=[{"name": "elsewhere", "desired": 1, "running": 1}])
    named = aws.environment() | on_ecs | {"XOPS_WATCH_ECS__CLUSTERS": "other"}
    outcome = xops_watch("once", **named)
    assert outcome.code == 0
    assert "other/elsewhere" in outcome.out
    assert "xops/open-webui" not in outcome.out


def test_a_region_that_is_named_wins(aws: EmbeddedAws, on_ecs: dict[str, str]) -> None:
    aws.clear_requests()
    outcome = xops_watch("once", **aws.environment() | on_ecs | {"AWS_REGION": "eu-west-1"})
    assert outcome.code == 0
    # CloudFront, which has no region, has its metrics in us-east-1.
    assert ecs_regions(aws) == {"eu-west-1"}


def test_with_everything_named_the_task_is_not_asked(aws: EmbeddedAws) -> None:
    with serving() as server:
        outcome = xops_watch(
            "once",
            **aws.environment(),
            XOPS_WATCH_ECS__CLUSTERS="xops",
            ECS_CONTAINER_METADATA_URI_V4=server.variable,
        )
        assert (outcome.code, server.asked) == (0, [])


def test_a_cluster_by_its_short_name_is_found(aws: EmbeddedAws) -> None:
    with serving({**TASK, "Cluster": "xops"}) as server:
        address = {"ECS_CONTAINER_METADATA_URI_V4": server.variable}
        outcome = xops_watch("once", **aws.environment() | NOWHERE | address)
    assert outcome.code == 0
    assert "xops/open-webui" in outcome.out


@pytest.mark.parametrize("command", ["run", "once"])
def test_a_task_that_is_not_told_what_it_is_ends_so_that_ecs_starts_it_again(
    command: str, aws: EmbeddedAws, tmp_path: Path
) -> None:
    outcome = xops_watch(
        command,
        **aws.environment(),
        ECS_CONTAINER_METADATA_URI_V4="http://127.0.0.1:1/v4/x",
        XOPS_WATCH_STATE_PATH=str(tmp_path / "state.db"),
        XOPS_WATCH_HTTP__LISTEN="127.0.0.1:0",
    )
    assert outcome.code == 3
    assert "the ECS metadata endpoint does not answer" in outcome.err
    assert "XOPS_WATCH_ECS__CLUSTERS" in outcome.err
    assert "Traceback" not in outcome.err
