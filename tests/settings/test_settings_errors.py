"""What is wrong is named with its place and without its value; nothing but one kind of error."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.settings.conftest import WriteConfig
from xops_watch.errors import ConfigurationError
from xops_watch.settings import CONFIG_VARIABLE, PREFIX, read_settings

SECRET = "hunter2-is-my-password"  # noqa: S105 - made up, to be looked for


def _error() -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_settings()
    assert caught.value.hint
    return caught.value.what


WRONG = [
    ("STACK", "-x", "must be 1 to 63 letters"),
    ("STACK", "a" * 64, "must be 1 to 63 letters"),
    ("TICK_SECONDS", "0.9", "greater than or equal to 1"),
    ("TICK_SECONDS", "3601", "less than or equal to 3600"),
    ("TICK_SECONDS", "nan", "less than or equal to 3600"),
    ("TICK_SECONDS", "inf", "less than or equal to 3600"),
    ("TICK_SECONDS", "15s", "valid number"),
    ("RETENTION_DAYS", "0", "greater than or equal to 1"),
    ("RETENTION_DAYS", "456", "less than or equal to 455"),
    ("RUNBOOKS_URL", "a b", "a URL or a path"),
    ("HTTP__LISTEN", "9923", "an address and a port, such as"),
    ("HTTP__LISTEN", "::1:9923", "an address and a port, such as"),
    ("HTTP__LISTEN", "localhost:http", "an address and a port, such as"),
    ("HTTP__LISTEN", "localhost:-1", "an address and a port, such as"),
    ("HTTP__LISTEN", ":65536", "the last port is 65535"),
    ("HTTP__LISTEN", "[::]:99999", "the last port is 65535"),
    ("SNS__TOPIC_ARN", "oncall", "the ARN of a topic, such as"),
    ("SNS__TOPIC_ARN", "arn:aws:sqs:eu-west-1:123456789012:q", "the ARN of a topic"),
    ("SNS__BODY", "html", "'text', 'json' or 'chat'"),
    ("SNS__INTERVAL_SECONDS", "0", "greater than or equal to 1"),
    ("SNS__INTERVAL_SECONDS", "301", "less than or equal to 300"),
    ("ECS__INTERVAL_SECONDS", "9", "greater than or equal to 10"),
    ("CLOUDWATCH__INTERVAL_SECONDS", "3601", "less than or equal to 3600"),
    ("CLOUDWATCH__SETTLE_SECONDS", "-1", "greater than or equal to 0"),
    ("CLOUDWATCH__SETTLE_SECONDS", "901", "less than or equal to 900"),
    ("CLOUDWATCH__SUBJECTS", "finops-*", "each must be NAMESPACE=PATTERN"),
    ("CLOUDWATCH__SUBJECTS", "AWS/S3=", "each must be NAMESPACE=PATTERN"),
    ("CLOUDWATCH__BUDGET_DOLLARS_PER_MONTH", "0", "greater than 0"),
    ("GOVERNANCE__INTERVAL_SECONDS", "299", "greater than or equal to 300"),
    ("COST__STAGE", "bc3", "must be one of bc1-prod, bc1-peak, bc2-growth"),
    ("COST__BUDGET", "a:b", "must be the name of a budget"),
    ("COST__TAG", "xops", "must be KEY=VALUE, such as stack=xops-prod"),
    ("COST__TAG", "a$b=c", "must be KEY=VALUE, such as stack=xops-prod"),
    ("COST__EXTERNAL", "anthropic", "each must be PAYEE=DOLLARS, such as anthropic=250"),
    ("COST__EXTERNAL", "anthropic=-1", "each must be PAYEE=DOLLARS, such as anthropic=250"),
    ("APP_LOG__GROUP", "a b", "must be the name of a log group"),
    ("APP_LOG__DATABASE", "a b", "must be a name without blanks"),
    ("AWS__CONNECT_TIMEOUT_SECONDS", "0", "greater than 0"),
    ("AWS__READ_TIMEOUT_SECONDS", "10.1", "less than or equal to 10"),
    ("LOG__LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
    ("LOG__FORMAT", "xml", "'auto', 'json' or 'console'"),
    ("CLOCK__SPEED", "0", "greater than 0"),
    ("CLOCK__SPEED", "3601", "less than or equal to 3600"),
    ("CLOCK__ANCHOR", "2026-01-01T00:00:00", "timezone"),
    ("CLOCK__ANCHOR", "yesterday", "valid datetime"),
]


@pytest.mark.parametrize(("name", "text", "said"), WRONG)
def test_a_wrong_variable_is_named_with_what_it_may_be(
    name: str, text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + name, text)
    error = _error()
    assert error.startswith(f"{PREFIX}{name}: ")
    assert said in error
    assert "\n" not in error


def test_every_wrong_setting_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, write_config: WriteConfig
) -> None:
    path = write_config("stack: a b\necs:\n  clusters:\n  - one\n  - 2\n")
    monkeypatch.setenv("XOPS_WATCH_TICK_SECONDS", "no")
    told = sorted(line.split(": ")[0] for line in _error().splitlines())
    assert told == sorted([f"{path}:1:8", f"{path}:5:5", "XOPS_WATCH_TICK_SECONDS"])


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("stack: [a]\n", "1:8", "stack: Input should be a valid string"),
        ("http:\n  listen: nowhere\n", "2:11", "http.listen: must be an address and a port"),
        ("http:\n  listen: ':70000'\n", "2:11", "http.listen: the last port is 65535"),
        ("ecs: 5\n", "1:6", "ecs: must be a mapping of settings"),
        ("ecs: {clusters: 5}\n", "1:17", "ecs.clusters: must be a list of names"),
        ("ecs:\n  clusters: [a, 5]\n", "2:17", "ecs.clusters.1: Input should be a valid string"),
        ('state_path: "\\ud800"\n', "1:13", "surrogate"),
        ('state_path: "a\\0b"\n', "1:13", "state_path: no path has the character NUL"),
        ("tock_seconds: 5\n", "1:1", "tock_seconds is not a setting; did you mean tick_seconds?"),
        ("http:\n  listn: x\n", "2:3", "listn is not a setting; did you mean listen?"),
        ("sns: {topicArn: x}\n", "1:7", "topicArn is not a setting; did you mean topic_arn?"),
        ("zzz: 1\n", "1:1", "zzz: zzz is not a setting"),
        ("1: 1\n", "1:1", "the key `1` is not text"),
        ("stack: a\nstack: b\n", "2:1", "stack"),
        ("stack: &a x\n", "1:8", "anchor"),
        ("stack: !!python/name:os.system x\n", "1:8", "tag"),
        ("stack: 'x\n", "1:8", "never closed"),
    ],
)
def test_a_wrong_file_is_told_with_line_and_column(
    text: str, place: str, said: str, write_config: WriteConfig
) -> None:
    path = write_config(text)
    error = _error()
    assert error.startswith(f"{path}:{place}: ")
    assert said in error


@pytest.mark.parametrize("text", ["- a\n", "just text\n", "5\n"])
def test_a_file_that_is_no_mapping_is_refused(text: str, write_config: WriteConfig) -> None:
    path = write_config(text)
    assert _error() == f"{path}: is not a mapping of settings"


@pytest.mark.parametrize(
    ("name", "said"),
    [("nowhere.yaml", "cannot be read: No such file"), ("", "is not a file")],
)
def test_a_file_that_cannot_be_read_is_named(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / name))
    assert _error().startswith(f"{(tmp_path / name)}: {said}")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("XOPS_WATCH_TICK_SECOND", "XOPS_WATCH_TICK_SECONDS"),
        ("XOPS_WATCH_ECS__CLUSTER", "XOPS_WATCH_ECS__CLUSTERS"),
        ("XOPS_WATCH_ECS_CLUSTERS", "XOPS_WATCH_ECS__CLUSTERS"),
        ("XOPS_WATCH_TOPIC_ARN", "XOPS_WATCH_SNS__TOPIC_ARN"),
        ("XOPS_WATCH_HTTP", "XOPS_WATCH_HTTP__LISTEN"),
        ("XOPS_WATCH_STACK__X", "XOPS_WATCH_STACK"),
        ("XOPS_WATCH_CONFIG_FILE", "XOPS_WATCH_CONFIG"),
        ("xops_watch_stack", "XOPS_WATCH_STACK"),
        ("Xops_Watch_Config", "XOPS_WATCH_CONFIG"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_one_that_was_meant(
    name: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "{")
    assert _error() == f"{name} is not a setting; did you mean {meant}?"


def test_an_unknown_variable_like_no_other_is_refused_without_a_guess(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XOPS_WATCH_", "1")
    monkeypatch.setenv("XOPS_WATCH_\x1b[2J\n" + "z" * 200, "1")
    first, second = _error().splitlines()
    assert first.startswith("XOPS_WATCH_ is not a setting")
    assert second.startswith("XOPS_WATCH_\\x1b[2J\\nzzz")
    assert len(second) < 120


@pytest.mark.parametrize("name", sorted({name for name, _, _ in WRONG}))
def test_a_value_is_never_repeated(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value = f"{SECRET} :" if name != "STACK" else f"{SECRET}!"
    monkeypatch.setenv(PREFIX + name, value)
    assert SECRET not in _error()


def test_a_value_of_the_file_is_never_repeated(write_config: WriteConfig) -> None:
    write_config(f"stack: {SECRET}!\nsns: {{topic_arn: {SECRET}, body: {SECRET}}}\necs: {SECRET}\n")
    error = _error()
    assert len(error.splitlines()) == 4
    assert SECRET not in error


# Bytes of an environment that are no text arrive as lone surrogates.
variable_texts = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"])
    | st.sampled_from(["\udc80", "\udcff"]),
    max_size=60,
) | st.sampled_from(["1e999", "-0", "0x10", "٣", "1_0", "[1", "{", "null", "true", "9" * 400])
setting_names = st.sampled_from(
    sorted({name for name, _, _ in WRONG} | {"STATE_PATH", "RULES_PATH"})
)


@given(st.dictionaries(setting_names, variable_texts, min_size=1, max_size=3))
def test_any_text_in_any_variable_is_a_setting_or_one_clear_error(texts: dict[str, str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, text in texts.items():
            patch.setenv(PREFIX + name, text)
        _settings_or_one_error()


@given(st.text(st.characters(exclude_characters="\0=", exclude_categories=["Cs"]), max_size=30))
def test_any_variable_with_the_prefix_is_known_or_one_clear_error(name: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PREFIX + name, "1")
        _settings_or_one_error()


# JSON is YAML, but for numbers that are none and characters that take two escapes.
yaml_texts = st.text(st.characters(max_codepoint=0xFFFF), max_size=10)
yaml_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | yaml_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(yaml_texts, inner, max_size=3),
    max_leaves=5,
)
yaml_keys = st.sampled_from(["stack", "state_path", "ecs", "http", "sns", "clock", "log", "nope"])
yaml_groups = st.dictionaries(
    st.sampled_from(["clusters", "listen", "topic_arn", "anchor", "speed", "level", "nope"]),
    yaml_values,
    max_size=3,
)


@given(st.dictionaries(yaml_keys, yaml_values | yaml_groups, max_size=4))
def test_any_file_is_settings_or_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, object]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(json.dumps(content), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CONFIG_VARIABLE, str(path))
        _settings_or_one_error()


def _settings_or_one_error() -> None:
    try:
        settings = read_settings()
    except ConfigurationError as error:
        said = error.what
    else:
        # What is accepted can be used: paths can be named, the address can be taken apart.
        os.fsencode(settings.state_path)
        said = f"a port: {settings.http.port}"
    assert said
    assert all(line.isprintable() for line in said.splitlines())
