"""Where tasks run, as the description of a service tells it."""

from collections.abc import Sequence
from typing import Any

import pytest

from xops_watch.aws.answers import ServiceAnswer, parse_answer
from xops_watch.aws.launch import Launch, read_launch

COUNTS = {"desiredCount": 1, "runningCount": 1, "pendingCount": 0}


def launch(**fields: object) -> Launch:
    answer = {"serviceName": "web", "status": "ACTIVE", **COUNTS, **fields}
    return read_launch(parse_answer(ServiceAnswer, answer, action="ecs:DescribeServices"))


def strategy(*weights: tuple[str, int | None]) -> list[dict[str, Any]]:
    return [
        {"capacityProvider": name, "base": 1} | ({} if weight is None else {"weight": weight})
        for name, weight in weights
    ]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("FARGATE", "fargate"),
        ("EC2", "ec2"),
        ("MANAGED_INSTANCES", "ec2"),
        ("EXTERNAL", "external"),
        ("MOON", "MOON"),
        (None, ""),
    ],
)
def test_a_launch_type(word: str | None, kind: str) -> None:
    assert launch(launchType=word).kind == kind


@pytest.mark.parametrize(
    ("providers", "kind"),
    [
        (["FARGATE"], "fargate"),
        (["FARGATE_SPOT"], "fargate"),
        (["FARGATE", "FARGATE_SPOT"], "fargate"),
        (["my-scaling-group"], "ec2"),
        (["one-group", "other-group"], "ec2"),
    ],
)
def test_a_strategy_stands_in_for_the_launch_type(providers: Sequence[str], kind: str) -> None:
    weights = strategy(*((name, 1) for name in providers))
    assert launch(capacityProviderStrategy=weights).kind == kind


@pytest.mark.parametrize(
    ("weights", "share"),
    [
        (strategy(("FARGATE_SPOT", 3), ("FARGATE", 1)), 0.75),
        (strategy(("FARGATE", 1), ("FARGATE_SPOT", 1)), 0.5),
        (strategy(("FARGATE_SPOT", 1)), 1.0),
        (strategy(("FARGATE", 1)), 0.0),
        (strategy(("FARGATE_SPOT", 0), ("FARGATE", 2)), 0.0),
        (strategy(("FARGATE_SPOT", None)), None),  # no weight at all places nothing beyond a base
        (strategy(("my-scaling-group", 1)), None),
    ],
)
def test_the_share_of_spot_is_one_of_the_weights(
    weights: list[dict[str, Any]], share: float | None
) -> None:
    assert launch(capacityProviderStrategy=weights).spot_share == share


@pytest.mark.parametrize(("word", "share"), [("FARGATE", 0.0), ("EC2", None), ("EXTERNAL", None)])
def test_without_a_strategy_fargate_is_on_demand(word: str, share: float | None) -> None:
    assert launch(launchType=word).spot_share == share


@pytest.mark.parametrize(
    ("wanted", "deployed", "version"),
    [
        ("1.4.0", [], "1.4.0"),
        ("1.3.0", [("PRIMARY", "1.4.0")], "1.3.0"),
        ("LATEST", [("PRIMARY", "1.4.0")], "1.4.0"),
        (None, [("PRIMARY", "1.4.0")], "1.4.0"),
        ("LATEST", [("ACTIVE", "1.3.0"), ("PRIMARY", "1.4.0")], "1.4.0"),
        ("LATEST", [("ACTIVE", "1.3.0")], None),
        ("LATEST", [("PRIMARY", "LATEST")], None),
        ("LATEST", [("PRIMARY", None)], None),
        ("LATEST", [], None),
    ],
)
def test_the_platform_is_the_version_that_latest_came_to(
    wanted: str | None, deployed: Sequence[tuple[str, str | None]], version: str | None
) -> None:
    deployments = [{"status": status, "platformVersion": text} for status, text in deployed]
    said = launch(launchType="FARGATE", platformVersion=wanted, deployments=deployments)
    assert said.platform == version


def test_ec2_has_no_platform_version() -> None:
    assert launch(launchType="EC2", platformVersion="1.4.0").platform is None
