"""Where mandates and the ledger are, as the settings say it."""

from pathlib import Path

import pytest

from tests.settings.conftest import WriteConfig
from xops_watch.errors import ConfigurationError
from xops_watch.settings import read_settings
from xops_watch.settings.mandates import Ledger, Mandates


@pytest.mark.parametrize(
    ("given", "asked_for", "reads_ssm"),
    [
        ({}, False, False),
        ({"interval_seconds": 60}, False, False),
        ({"path": Path("m.yaml")}, True, False),
        ({"ssm": True}, True, True),
        ({"ssm_prefix": "/xops/mandates/"}, True, True),
    ],
)
def test_nothing_is_read_unless_it_is_named(
    given: dict[str, object], *, asked_for: bool, reads_ssm: bool
) -> None:
    settings = Mandates.model_validate(given)
    assert (settings.asked_for, settings.reads_ssm) == (asked_for, reads_ssm)


def test_the_ledger_lies_beside_the_state_file() -> None:
    state = Path("/var/lib/xops-watch/state.db")
    assert Ledger().beside(state) == Path("/var/lib/xops-watch/state.ledger.jsonl")
    assert Ledger(path=Path("/ledger/l")).beside(state) == Path("/ledger/l")


@pytest.mark.parametrize("prefix", ["xops/mandates", "/", "/a b", "/a//b", "/a" * 15])
def test_a_prefix_is_a_path_of_parameter_store(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XOPS_WATCH_MANDATES__SSM_PREFIX", prefix)
    with pytest.raises(ConfigurationError) as caught:
        read_settings()
    assert caught.value.what == (
        "XOPS_WATCH_MANDATES__SSM_PREFIX: must be a path of Parameter Store, such as"
        " /xops/mandates/"
    )


@pytest.mark.parametrize("name", ["mandates", "ledger"])
def test_no_path_has_the_character_nul(name: str, write_config: WriteConfig) -> None:
    write_config(f'{name}:\n  path: "a\\0b"\n')
    with pytest.raises(ConfigurationError, match="no path has the character NUL"):
        read_settings()
