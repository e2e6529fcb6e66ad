"""Which steps are done: shown by the stack, or attested."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.bench import MINUTE, NOW
from tests.sources.adoption.adoption_scene import Stack, container, gap_of, told
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.adoption import AdoptionSource, Declared

ABSENT, ADOPTED = 0, 1
INTERVAL = "DATABASE_USER_ACTIVE_STATUS_UPDATE_INTERVAL"
KEYCLOAK = {"OPENID_PROVIDER_URL": "https://sso/realms/xops", "SCIM_ENABLED": "true"}


@pytest.mark.parametrize(
    ("evolution", "layer", "environment", "expected"),
    [
        ("ease-sqlite-contention", "open_webui", {INTERVAL: "60"}, ADOPTED),
        ("ease-sqlite-contention", "open_webui", {INTERVAL: "59.9"}, ABSENT),
        ("ease-sqlite-contention", "open_webui", {INTERVAL: "often"}, ABSENT),
        ("ease-sqlite-contention", "open_webui", {}, ABSENT),
        ("pgvector-or-qdrant", "open_webui", {"VECTOR_DB": "qdrant"}, ADOPTED),
        ("pgvector-or-qdrant", "open_webui", {"VECTOR_DB": "chroma"}, ABSENT),
        ("pgvector-or-qdrant", "open_webui", {}, ABSENT),
        ("multi-provider-failover", "fastapi", {"LITELLM_FALLBACKS": "openai/gpt-4o"}, ADOPTED),
        ("multi-provider-failover", "fastapi", {"LITELLM_FALLBACKS": ""}, ABSENT),
        ("keycloak-and-scim", "open_webui", KEYCLOAK, ADOPTED),
        ("keycloak-and-scim", "open_webui", {**KEYCLOAK, "SCIM_ENABLED": "false"}, ABSENT),
        ("keycloak-and-scim", "open_webui", {"ENABLE_SCIM": "true"}, ABSENT),
        ("evaluate-eks-migration", "open_webui", {}, ABSENT),
    ],
)
def test_what_the_stack_shows(
    evolution: str, layer: str, environment: Mapping[str, str], expected: float
) -> None:
    described = container()
    described["environment"] = [{"name": n, "value": v} for n, v in environment.items()]
    stack = Stack(**{layer: [described]})
    assert stack.observe(evolution)["adoption.state", evolution] == expected


def test_a_step_that_half_the_services_took_is_not_done() -> None:
    done, not_yet = container(VECTOR_DB="qdrant"), container()
    stack = Stack(open_webui=[done], open_webui_2=[not_yet])
    assert stack.observe("pgvector-or-qdrant")["adoption.state", "pgvector-or-qdrant"] == ABSENT


@pytest.mark.parametrize(("count", "expected"), [(7, ABSENT), (8, ADOPTED)])
def test_eight_services_are_many(count: int, expected: float) -> None:
    others = {f"s{number}": [container()] for number in range(count)}
    found = Stack(**others, monitor=[container()]).observe("split-into-microservices")
    assert found["adoption.state", "split-into-microservices"] == expected


def test_what_is_attested_is_done_whatever_the_stack_shows() -> None:
    declared = Declared(attested=frozenset({"evaluate-eks-migration", "pgvector-or-qdrant"}))
    stack = Stack(open_webui=[container()])
    stack.ecs.client._operations["describe_task_definition"] = refuse
    found = stack.observe("evaluate-eks-migration", "pgvector-or-qdrant", declared=declared)
    assert found["adoption.state", "evaluate-eks-migration"] == ADOPTED
    assert found["adoption.state", "pgvector-or-qdrant"] == ADOPTED


def refuse(**_: object) -> Any:  # noqa: ANN401 - never returns
    message = "User: x is not authorized to perform: ecs:DescribeTaskDefinition on resource: y"
    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, "x")


def test_a_denied_action_is_named_and_proves_nothing() -> None:
    stack = Stack(open_webui=[container()], fastapi=[container()])
    stack.ecs.client._operations["describe_task_definition"] = refuse
    source = stack.source("pgvector-or-qdrant", "atlantis-on-k3s")
    observations = source.observe(now=NOW)
    for signal, subject in (
        ("database.kind", "xops"),
        ("openwebui.websocket_manager", "xops"),
        ("openwebui.version", "xops"),
        ("ai.path", "l5"),
        ("ai.path", "l6"),
        ("adoption.state", "pgvector-or-qdrant"),
    ):
        gap = gap_of(observations, signal, subject)
        assert gap.reason is GapReason.DENIED
        assert gap.detail == "missing IAM permission ecs:DescribeTaskDefinition"
    assert told(observations)["adoption.state", "atlantis-on-k3s"] == ABSENT


@pytest.mark.parametrize("answer", [None, {}, {"taskDefinition": {"containerDefinitions": 5}}])
def test_a_garbled_definition_is_invalid(answer: object) -> None:
    stack = Stack(open_webui=[container()])
    stack.ecs.client._operations["describe_task_definition"] = lambda **_: answer
    assert stack.observe()["database.kind", "xops"] is GapReason.INVALID


def test_without_the_services_of_ecs_the_source_fails() -> None:
    stack = Stack(open_webui=[container()])
    stack.ecs.broken = {"main"}
    with pytest.raises(SourceError) as caught:
        stack.source().observe(now=NOW)
    assert caught.value.reason is GapReason.THROTTLED


def test_a_cluster_that_was_never_read_may_hold_the_missing_layer() -> None:
    stack = Stack(web=[container()])
    stack.ecs.clusters["other"] = ["open-webui"]
    stack.ecs.broken = {"other"}
    gap = gap_of(stack.source().observe(now=NOW), "database.kind", "xops")
    assert gap.reason is GapReason.STALE
    assert "other" in gap.detail


def test_a_step_that_no_rule_asks_about_any_more_is_gone_once() -> None:
    stack = Stack(open_webui=[container()])
    source = stack.source("new", seen=[("adoption.state", "old"), ("ai.path", "l5")])
    states = [
        {s: v for (signal, s), v in told(observed).items() if signal == "adoption.state"}
        for observed in (source.observe(now=NOW), source.observe(now=NOW + MINUTE))
    ]
    assert states == [{"new": ABSENT, "old": GapReason.GONE}, {"new": ABSENT}]


def declared_only(*evolutions: str, declared: Declared) -> AdoptionSource:
    return AdoptionSource(
        None,
        interval=MINUTE,
        stack="portal",
        declared=declared,
        evolutions=lambda: evolutions,
    )


def test_without_ecs_what_is_declared_is_told_and_nothing_else() -> None:
    declared = Declared(
        database_kind="postgresql",
        ai_paths={"l6": "bedrock_elsewhere"},
        attested=frozenset({"portal-phases-1-2"}),
    )
    source = declared_only("portal-phases-1-2", "portal-phases-1-4", declared=declared)
    observations = source.observe(now=NOW)
    assert told(observations) == {
        ("database.kind", "portal"): 1,
        ("ai.path", "l6"): 2,
        ("adoption.state", "portal-phases-1-2"): ADOPTED,
        ("adoption.state", "portal-phases-1-4"): ABSENT,
    }
    assert names(declared_only(declared=Declared()).observe(now=NOW)) == []


def names(observations: Sequence[Any]) -> list[str]:
    return [observation.signal for observation in observations]


def test_no_secret_of_the_environment_is_told() -> None:
    stack = Stack(
        open_webui=[
            container(
                DATABASE_URL="mysql://u:hunter2@h",
                WEBSOCKET_MANAGER="hunter2",
                LITELLM_MODEL="hunter2",
                OPENAI_API_BASE_URL="https://hunter2",
                OPENID_PROVIDER_URL="hunter2",
                VECTOR_DB="hunter2",
                AWS_REGION="hunter2",
            )
        ]
    )
    observations = stack.source("keycloak-and-scim", "pgvector-or-qdrant").observe(now=NOW)
    assert "hunter2" not in repr(observations)
