"""Where prompts go, by the name of a model and by the address of an API."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.aws.routes import region_of, route_of_address, route_of_model

SONNET = "anthropic.claude-3-5-sonnet-20241022-v2:0"
PROFILE = "arn:aws:bedrock:ap-southeast-2:123456789012:application-inference-profile/abc"


@pytest.mark.parametrize(
    ("model", "route"),
    [
        (f"bedrock/{SONNET}", "bedrock"),
        (f"bedrock/converse/{SONNET}", "bedrock"),
        (f"bedrock/ap-southeast-2/{SONNET}", "bedrock ap-southeast-2"),
        (f"bedrock/invoke/us-gov-west-1/{SONNET}", "bedrock us-gov-west-1"),
        (SONNET, "bedrock"),
        (f"bedrock/apac.{SONNET}", "cross_region"),
        (f"bedrock/au.{SONNET}", "cross_region"),
        (f"global.{SONNET}", "cross_region"),
        (f"bedrock/{PROFILE}", "profile"),
        (f"bedrock/converse/{PROFILE}", "profile"),
        ("bedrock/", "unclear"),
        ("bedrock/something", "unclear"),
        ("", "unclear"),
        ("/x", "unclear"),
        ("claude-sonnet-4", "outside"),
        ("anthropic/claude-sonnet-4", "outside"),
        ("openai/gpt-4o", "outside"),
        ("gpt-4.1", "outside"),
        ("vertex_ai/gemini-pro", "outside"),
        ("ollama/llama3", "inside"),
        ("litellm_proxy/main", "inside"),
    ],
)
def test_a_model(model: str, route: str) -> None:
    assert route_of_model(model) == route


@pytest.mark.parametrize(
    ("address", "route"),
    [
        ("https://api.anthropic.com", "outside"),
        ("https://api.openai.com/v1", "outside"),
        ("https://bedrock-runtime.ap-southeast-2.amazonaws.com", "bedrock ap-southeast-2"),
        (
            "https://vpce-1.bedrock-runtime.ap-southeast-2.vpce.amazonaws.com",
            "bedrock ap-southeast-2",
        ),
        ("https://bedrock-runtime-fips.us-east-1.amazonaws.com/", "bedrock us-east-1"),
        ("http://localhost:4000/v1", "inside"),
        ("http://litellm.xops.local:4000", "inside"),
        ("http://10.0.3.4/v1", "inside"),
        ("http://[fd00::1]/v1", "inside"),
        ("http://8.8.8.8/v1", "outside"),
        ("http://user:password@api.example.com.", "outside"),
        ("http://[", "unclear"),
        ("api.example.com", "unclear"),
        ("", "unclear"),
    ],
)
def test_an_address(address: str, route: str) -> None:
    assert route_of_address(address) == route


@given(st.text())
def test_anything_leads_somewhere(text: str) -> None:
    words = {"outside", "inside", "cross_region", "profile", "unclear", "bedrock"}
    assert route_of_model(text).partition(" ")[0] in words
    assert route_of_address(text).partition(" ")[0] in words


def test_a_region_is_told_from_any_other_text() -> None:
    assert region_of(" ap-southeast-6 ") == "ap-southeast-6"
    assert region_of("mx-central-1") == "mx-central-1"
    assert region_of("password-in-here") is None
