"""From GitHub over the command to the advice: one look of the real daemon at a small GitHub."""

import json
from pathlib import Path
from typing import Any

from tests.cli.command import Outcome, xops_watch
from tests.sources.github.tiny_github import Repo, TinyGithub, pull, run, tiny_github
from tests.web.loopback import answer
from xops_watch.clock import machine_now


def look(github: TinyGithub, folder: Path) -> Outcome:
    (folder / "token").write_text(github.token, encoding="utf-8")
    return xops_watch(
        "once",
        "--json",
        XOPS_WATCH_GITHUB__REPOSITORIES="acme/infra",
        XOPS_WATCH_GITHUB__TOKEN_FILE=str(folder / "token"),
        XOPS_WATCH_GITHUB__API_URL=github.url,
        XOPS_WATCH_STATE_PATH=str(folder / "state.db"),
    )


def state_of(outcome: Outcome, rule: str) -> str | None:
    triggers: list[dict[str, Any]] = json.loads(outcome.out)["triggers"]
    states = [str(one["status"]) for one in triggers if one["rule"] == rule]
    return states[0] if states else None


def test_six_pull_requests_of_four_people_recommend_both_steps(tmp_path: Path) -> None:
    now = machine_now()
    with tiny_github(infra=Repo(1, open={"PR_1": "CONFLICTING"})) as github:
        repo = github.repos["acme/infra"]
        repo.pulls = [pull(n, at=now, by=f"author{n % 3}") for n in range(5)]
        quiet = look(github, tmp_path)
        repo.pulls.append(pull(6, at=now, by="author6"))
        fires = look(github, tmp_path)
    assert state_of(quiet, "iac-prs-above-5-per-week") == "inactive"
    assert state_of(quiet, "team-above-3") == "inactive"
    assert state_of(fires, "iac-prs-above-5-per-week") == "firing"
    assert state_of(fires, "team-above-3") == "firing"
    assert state_of(fires, "team-above-5") == "inactive"
    assert "author" not in json.dumps(json.loads(fires.out)["signals"])
    assert github.token not in f"{fires.out}{fires.err}"


def test_without_the_permission_nothing_fires_and_the_page_says_why(tmp_path: Path) -> None:
    denied = {"data": {"r0": None}, "errors": [{"type": "FORBIDDEN", "message": "no"}]}
    runs = [run(f"b{n}", at=machine_now()) for n in range(9)]
    with tiny_github(infra=Repo(1, runs=runs)) as github:
        github.faults["PullRequests"] = answer(json.dumps(denied))
        outcome = look(github, tmp_path)
    signals = {one["signal"]: one for one in json.loads(outcome.out)["signals"]}
    assert signals["github.iac_prs_7d"]["status"] == "denied"
    assert "Pull requests: read" in signals["github.iac_prs_7d"]["detail"]
    assert signals["github.iac_runs_7d"]["newest"]["value"] == 9
    assert state_of(outcome, "iac-prs-above-5-per-week") != "firing"


def test_repositories_without_a_token_are_refused_at_the_start() -> None:
    outcome = xops_watch("once", XOPS_WATCH_GITHUB__REPOSITORIES="acme/infra")
    assert outcome.code == 2
    what, hint = outcome.err.splitlines()
    assert what == (
        "xops-watch: XOPS_WATCH_GITHUB__REPOSITORIES needs a token, or a GitHub App with its"
        " private key"
    )
    assert hint == (
        "  hint: set XOPS_WATCH_GITHUB__TOKEN_FILE, or XOPS_WATCH_GITHUB__APP_ID and"
        " XOPS_WATCH_GITHUB__PRIVATE_KEY_FILE"
    )
