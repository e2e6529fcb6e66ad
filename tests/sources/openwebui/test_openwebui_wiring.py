"""From settings to numbers, with the command as people start it."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Outcome, xops_watch
from tests.sources.openwebui.database_scene import app, footprint, make_database
from tests.web.loopback import answer, serving
from xops_watch.clock import machine_now

USAGE = json.dumps({"model_ids": [], "user_count": 57})
VECTOR = {"resultType": "vector", "result": [{"metric": {}, "value": [1772420660.781, "56"]}]}
SAID = json.dumps({"status": "success", "data": VECTOR})
TOKEN = "sk-5a8e7d6c4b3a29181716151413121110"  # noqa: S105 - a made-up one
GROUP = "XOPS_WATCH_OPENWEBUI__"


@pytest.fixture
def token(tmp_path: Path) -> str:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    path.chmod(stat.S_IRUSR)
    return str(path)


def once(*others: tuple[str, str], **settings: str) -> Outcome:
    named = {f"{GROUP}{name.upper()}": value for name, value in settings.items()}
    environment = {**dict(others), **named}
    return xops_watch("once", "--json", AWS_DEFAULT_REGION="eu-west-1", **environment)


def signals(outcome: Outcome) -> dict[str, Any]:
    assert outcome.code == 0, outcome.err
    assert TOKEN not in outcome.out + outcome.err
    return {
        one["signal"].removeprefix("openwebui.users_"): (
            one["newest"]["value"] if one["status"] == "ok" else one["status"]
        )
        for one in json.loads(outcome.out)["signals"]
        if one["signal"].startswith("openwebui.users_")
    }


def test_open_webui_and_its_database_tell_all_numbers(tmp_path: Path, token: str) -> None:
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "webui.db"
    make_database(path)
    with app(path) as running, serving(**{"chat/api/usage": answer(USAGE)}) as server:
        running.update("last_active_at", int(machine_now().timestamp()))
        before = footprint(path.parent)
        told = signals(once(url=f"{server.url}/chat", token_file=token, database_path=str(path)))
        assert footprint(path.parent) == before
    assert told == {
        "registered": 6,
        "active_7d": 6,
        "active_24h": 6,
        "active_3m": 57,
        "active_3m_basis": 1,
        "active_3m_window": 180,
    }
    (asked,) = server.asked
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"


def test_telemetry_is_asked_first(token: str) -> None:
    with serving(**{"api/usage": answer(USAGE), "api/v1/query": answer(SAID)}) as server:
        told = signals(
            once(
                ("XOPS_WATCH_PROMETHEUS__URL", server.url),
                prometheus_query="max(webui_users_active)",
                url=server.url,
                token_file=token,
            )
        )
    assert (told["active_3m"], told["active_3m_basis"]) == (56, 0)
    assert told["active_24h"] == "not_enabled"
    asked = [one.target.partition("&")[0] for one in server.asked]
    assert "/api/v1/query?query=max%28webui_users_active%29" in asked
    assert not [target for target in asked if target.startswith("/api/usage")]


def test_a_key_in_the_environment_will_do() -> None:
    with serving(**{"api/usage": answer(USAGE)}) as server:
        told = signals(once(url=server.url, token=TOKEN, account_id="6f1c"))
    assert (told["active_3m"], told["active_3m_basis"]) == (56, 1)


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"url": "http://localhost:8080"}, f"{GROUP}URL is set, and {GROUP}TOKEN_FILE is not"),
        (
            {"url": "http://localhost:8080", "token": TOKEN, "token_file": "/x"},
            f"{GROUP}TOKEN and {GROUP}TOKEN_FILE are both set",
        ),
        (
            {"prometheus_query": "max(users)"},
            f"{GROUP}PROMETHEUS_QUERY is set, and XOPS_WATCH_PROMETHEUS__URL is not",
        ),
        (
            {"database_path": "/var/lib/xops-watch/../xops-watch/state.db"},
            f"{GROUP}DATABASE_PATH is the state file of xops-watch itself",
        ),
    ],
)
def test_settings_that_cannot_be_followed_are_refused(settings: dict[str, str], what: str) -> None:
    outcome = once(**settings)
    assert outcome.code == 2
    assert what in outcome.err
    assert "Traceback" not in outcome.err
    assert TOKEN not in outcome.err


def test_a_key_that_is_refused_is_a_gap_with_its_reason(token: str) -> None:
    with serving(**{"api/usage": answer('{"detail": "no"}', status=403)}) as server:
        outcome = once(url=server.url, token_file=token)
    assert signals(outcome)["active_3m"] == "denied"
    assert "ENABLE_PUBLIC_ACTIVE_USERS_COUNT" in outcome.out
