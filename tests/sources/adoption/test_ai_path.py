"""Where the prompts of a layer go: one that leaves is enough."""

from typing import Any

import pytest

from tests.aws.bench import NOW
from tests.sources.adoption.adoption_scene import Stack, container, gap_of
from xops_watch.errors import GapReason
from xops_watch.sources.adoption import Declared

L5, L6 = ("ai.path", "l5"), ("ai.path", "l6")
DIRECT, IN_REGION, ELSEWHERE = 0, 1, 2
SONNET = "bedrock/anthropic.claude-3-5-sonnet-20241022-v2:0"
RUNTIME = "https://bedrock-runtime.ap-southeast-2.amazonaws.com"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (container(LITELLM_MODEL=SONNET), IN_REGION),
        (container(LITELLM_MODEL=SONNET, AWS_REGION="ap-southeast-2"), IN_REGION),
        (container(LITELLM_MODEL=SONNET, AWS_REGION="us-east-1"), ELSEWHERE),
        (container(LITELLM_MODEL=SONNET, AWS_REGION_NAME="not a region"), ELSEWHERE),
        (container(LITELLM_MODEL="bedrock/us-west-2/anthropic.claude-x"), ELSEWHERE),
        (container(LITELLM_MODEL="bedrock/apac.anthropic.claude-x"), ELSEWHERE),
        (container(LITELLM_MODEL="anthropic/claude-sonnet-4"), DIRECT),
        (container(LITELLM_MODEL=SONNET, LITELLM_FALLBACKS="openai/gpt-4o"), DIRECT),
        (container(LITELLM_MODEL=SONNET, LITELLM_FALLBACKS=SONNET), IN_REGION),
        (container(LITELLM_MODEL=SONNET, secrets=["LITELLM_FALLBACKS"]), GapReason.NOT_ENABLED),
        (container(secrets=["LITELLM_MODEL"]), GapReason.NOT_ENABLED),
        (container(LITELLM_MODEL="anthropic/x", secrets=["LITELLM_FALLBACKS"]), DIRECT),
        # LiteLLM is the way: a key that was left behind is none.
        (container(LITELLM_MODEL=SONNET, secrets=["ANTHROPIC_API_KEY"]), IN_REGION),
        (container(secrets=["ANTHROPIC_API_KEY"]), DIRECT),
        (container(ANTHROPIC_API_KEY="sk-hunter2"), DIRECT),
        (container(ANTHROPIC_API_KEY="k", ANTHROPIC_BASE_URL=RUNTIME), IN_REGION),
        (container(OPENAI_API_BASE_URL=RUNTIME, secrets=["OPENAI_API_KEY"]), IN_REGION),
        (container(OPENAI_API_BASE_URLS=f"{RUNTIME};https://api.openai.com/v1"), DIRECT),
        (container(OPENAI_API_BASE_URL="http://litellm.local:4000"), GapReason.NOT_ENABLED),
        (container(secrets=["OPENAI_API_KEY"]), DIRECT),
        (container(secrets=["OPENAI_API_KEY", "OPENAI_API_BASE_URL"]), GapReason.NOT_ENABLED),
        (container(ENABLE_OPENAI_API="False", OPENAI_API_KEY="k"), GapReason.NOT_ENABLED),
        (container(LITELLM_MODEL="bedrock/arn:aws:bedrock:x"), GapReason.NOT_ENABLED),
        (container(LITELLM_MODEL="bedrock/odd"), GapReason.NOT_ENABLED),
        (container(), GapReason.NOT_ENABLED),
        (container(files=True), GapReason.NOT_ENABLED),
    ],
)
def test_the_path_of_a_layer(given: dict[str, Any], expected: float | GapReason) -> None:
    assert Stack(fastapi=[given]).observe()[L5] == expected
    assert Stack(open_webui=[given]).observe()[L6] == expected


def test_the_two_layers_have_two_paths() -> None:
    stack = Stack(
        fastapi=[container(LITELLM_MODEL=SONNET)],
        open_webui=[container(secrets=["ANTHROPIC_API_KEY"])],
    )
    found = stack.observe()
    assert (found[L5], found[L6]) == (IN_REGION, DIRECT)


def test_one_service_of_the_layer_that_leaves_is_enough() -> None:
    inside, outside = container(LITELLM_MODEL=SONNET), container(ANTHROPIC_API_KEY="x")
    far = container(LITELLM_MODEL="us.anthropic.claude-x")
    assert Stack(fastapi=[inside], fastapi_2=[outside]).observe()[L5] == DIRECT
    assert Stack(fastapi=[inside], fastapi_2=[far]).observe()[L5] == ELSEWHERE


def test_what_is_declared_fills_in_what_is_hidden_and_nothing_else() -> None:
    declared = Declared(ai_paths={"l5": "bedrock_in_region", "l6": "bedrock_in_region"})
    stack = Stack(
        fastapi=[container(secrets=["LITELLM_MODEL"])], open_webui=[container(OPENAI_API_KEY="x")]
    )
    found = stack.observe(declared=declared)
    assert (found[L5], found[L6]) == (IN_REGION, DIRECT)


def test_the_gap_says_which_setting_declares_it() -> None:
    stack = Stack(open_webui=[container(OPENAI_API_BASE_URL="http://gateway:4000")])
    detail = gap_of(stack.source().observe(now=NOW), *L6).detail
    assert detail == (
        "prompts go to a host of the own network, whose way on is not seen:"
        " declare it, XOPS_WATCH_ADOPTION__AI_PATH_L6=STATE"
    )
