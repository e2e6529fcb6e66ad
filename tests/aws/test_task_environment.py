"""What is kept of the environment of a task: a word, and never a secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.aws.environment import ENVIRONMENT_READ, keep, only_allowed


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("sqlite:////app/backend/data/webui.db", "sqlite"),
        ("sqlite+sqlcipher:///x", "sqlite"),
        ("postgres://webui:hunter2@db/webui", "postgresql"),
        ("postgresql+psycopg2://webui:hunter2@db/webui", "postgresql"),
        (" POSTGRESQL://webui:hunter2@db", "postgresql"),
        ("mysql://u:p@h/d", "mysql"),
        ("hunter2", "other"),
        ("hunter2://webui@db", "other"),
        ("hunter2:x", "other"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_of_a_database_only_a_known_scheme_is_kept(value: str, kept: str) -> None:
    assert keep("DATABASE_URL", value) == kept


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("ANTHROPIC_API_KEY", "sk-hunter2", "set"),
        ("ANTHROPIC_API_KEY", " ", ""),
        ("REDIS_URL", "redis://:hunter2@cache", "set"),
        ("WEBSOCKET_MANAGER", "Redis", "redis"),
        ("WEBSOCKET_MANAGER", "hunter2", "other"),
        ("VECTOR_DB", "pgvector", "pgvector"),
        ("ENABLE_SCIM", "True", "true"),
        ("AWS_REGION", "ap-southeast-2", "ap-southeast-2"),
        ("AWS_REGION", "hunter2", "other"),
        ("AWS_REGION", "", ""),
        ("OPENID_PROVIDER_URL", "https://u:p@sso.x/realms/x/.well-known", "keycloak"),
        ("OPENID_PROVIDER_URL", "https://hunter2", "other"),
        ("OPENID_PROVIDER_URL", "", ""),
        ("DATABASE_USER_ACTIVE_STATUS_UPDATE_INTERVAL", "60.0", "60.0"),
        ("DATABASE_USER_ACTIVE_STATUS_UPDATE_INTERVAL", "hunter2", "other"),
        ("LITELLM_MODEL", "bedrock/anthropic.claude-x-v1:0", "bedrock"),
        ("LITELLM_MODEL", "", ""),
        (
            "LITELLM_FALLBACKS",
            '[{"main": ["bedrock/us.anthropic.claude-x", "openai/gpt-4o"]}]',
            "outside,cross_region",
        ),
        (
            "OPENAI_API_BASE_URLS",
            "http://gateway:4000/v1;https://api.openai.com/v1",
            "inside,outside",
        ),
    ],
)
def test_of_the_others_a_word_is_kept(name: str, value: str, kept: str) -> None:
    assert keep(name, value) == kept


def test_a_list_that_is_cut_off_could_lead_anywhere() -> None:
    assert keep("LITELLM_FALLBACKS", "bedrock/meta.x," * 51) == "bedrock,unclear"


@given(st.sampled_from(sorted(ENVIRONMENT_READ - {"UVICORN_WORKERS"})), st.text(max_size=40))
def test_no_value_is_kept_whatever_it_is(name: str, secret: str) -> None:
    marked = f"Zq7{secret}Zq7"
    for value in (marked, f"https://{marked}@host/{marked}", f"postgres://u:{marked}@h/d"):
        assert "zq7" not in keep(name, value).lower()


def test_what_may_not_be_read_is_dropped_before_anything_looks_at_it() -> None:
    entries = [
        {"name": "SECRET", "value": "hunter2"},
        {"name": ["hunter2"], "value": "hunter2"},
        {"name": "DATABASE_URL", "value": "postgres://a:hunter2@b"},
        {"name": "REDIS_URL", "valueFrom": "arn:hunter2"},
        {"value": "hunter2"},
    ]
    assert only_allowed(entries) == [
        {"name": "DATABASE_URL", "value": "postgresql"},
        {"name": "REDIS_URL", "value": ""},
    ]
    assert only_allowed("x") == "x"
    assert only_allowed([5]) == [5]
