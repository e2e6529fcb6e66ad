"""Which sources of the account the settings ask for, and what they may call."""

from typing import Any

import pytest

from xops_watch.bootstrap.account import WIRINGS, unnamed
from xops_watch.settings import Settings


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, set()),
        ({"governance": {"secrets": ("x",)}}, {"secrets"}),
        ({"governance": {"certificates": ("x",)}}, {"certificates"}),
        ({"governance": {"conformance_packs": ("x",)}}, {"compliance"}),
        ({"cost": {"stage": "bc1-prod"}}, {"declared"}),
        ({"cost": {"external": ("anthropic=1",)}}, {"declared"}),
        ({"cost": {"budget": "x"}}, {"budgets"}),
        ({"cost": {"explorer": True}}, {"cost_explorer", "own_cost"}),
        # Two that tell the same would contradict each other.
        ({"cost": {"budget": "x", "explorer": True}}, {"cost_explorer", "own_cost"}),
        ({"app_log": {"group": "auto"}}, {"app_logs"}),
        ({"ecs": {"clusters": ("x",)}}, {"own_cost"}),
    ],
)
def test_a_source_runs_when_its_settings_are_there(given: dict[str, Any], names: set[str]) -> None:
    settings = Settings(**given)
    assert {wiring.name for wiring in WIRINGS if wiring.enabled(settings)} == names
    assert settings.watches_something is bool(given)


def test_what_is_not_named_says_which_setting_names_it() -> None:
    given: dict[str, Any] = {"governance": {"secrets": ("x",)}}
    fixes = unnamed(Settings(**given))
    assert fixes["certificates.expires_in"] == "XOPS_WATCH_GOVERNANCE__CERTIFICATES"
    assert fixes["compliance.score"] == "XOPS_WATCH_GOVERNANCE__CONFORMANCE_PACKS"
    assert fixes["sqlite.lock_errors_1h"] == "XOPS_WATCH_APP_LOG__GROUP"
    assert not [signal for signal in fixes if signal.startswith(("secrets.", "cost.", "stage."))]
