import pytest

from tests.cli.command import xops_watch
from xops_watch import __version__


def test_version_is_one_line() -> None:
    outcome = xops_watch("--version")
    assert (outcome.code, outcome.out) == (0, f"xops-watch {__version__}\n")


def test_help_names_every_command_with_a_sentence() -> None:
    outcome = xops_watch("--help")
    assert outcome.code == 0
    for command in ("run", "demo", "once", "rules", "healthcheck", "iam-policy", "doctor"):
        assert f"\n  {command} " in outcome.out
    assert "XOPS_WATCH_" in outcome.out


@pytest.mark.parametrize(
    "command", ["run", "demo", "once", "rules", "healthcheck", "iam-policy", "doctor"]
)
def test_each_command_explains_itself(command: str) -> None:
    outcome = xops_watch(command, "--help")
    assert outcome.code == 0
    assert outcome.out.startswith("Usage: xops-watch")
    assert outcome.err == ""


def test_an_unknown_command_is_a_usage_error() -> None:
    outcome = xops_watch("wacth")
    assert outcome.code == 2
    assert "wacth" in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("command", ["run", "once"])
def test_with_nothing_configured_it_says_how_to_begin(command: str) -> None:
    outcome = xops_watch(command)
    assert outcome.code == 2
    assert outcome.out == ""
    what, hint = outcome.err.splitlines()
    assert what == "xops-watch: nothing to watch: no source is configured"
    assert "XOPS_WATCH_ECS__CLUSTERS" in hint
    assert "run in a task of ECS" in hint
    assert "xops-watch demo" in hint


def test_a_misspelt_setting_is_refused_with_the_right_spelling() -> None:
    outcome = xops_watch("run", XOPS_WATCH_TICK_SECOND="5")
    assert outcome.code == 2
    assert "XOPS_WATCH_TICK_SECOND is not a setting" in outcome.err
    assert "did you mean XOPS_WATCH_TICK_SECONDS?" in outcome.err


def test_a_wrong_value_names_its_variable_and_never_shows_it() -> None:
    outcome = xops_watch("run", XOPS_WATCH_SNS__TOPIC_ARN="hunter2")
    assert outcome.code == 2
    assert outcome.err.startswith("xops-watch: XOPS_WATCH_SNS__TOPIC_ARN: ")
    assert "hunter2" not in outcome.err
    assert "Traceback" not in outcome.err


def test_healthcheck_of_nobody_is_unreachable() -> None:
    outcome = xops_watch("healthcheck", XOPS_WATCH_HTTP__LISTEN="127.0.0.1:1")
    assert outcome.code == 3
    assert "no answer from 127.0.0.1:1" in outcome.err
    assert "hint:" in outcome.err


def test_healthcheck_of_a_nonsense_address_is_a_configuration_error() -> None:
    outcome = xops_watch("healthcheck", XOPS_WATCH_HTTP__LISTEN="nowhere")
    assert outcome.code == 2
    assert "is not an address and a port" in outcome.err
