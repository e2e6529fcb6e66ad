"""A real Prometheus server, asked by the command as people start it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Outcome, xops_watch
from tests.web.loopback import serving
from tests.web.prometheus_server import Recorded, needs_prometheus, prometheus_of
from xops_watch.clock import machine_now
from xops_watch.settings.prometheus import Prometheus

SETTING = "XOPS_WATCH_PROMETHEUS__"
PASSWORD = "correct horse"  # noqa: S105 - of a server that lives as long as the test
LOGIN = """
basic_auth_users:
  xops: $2b$04$wawyxrHIGqweMknfSOHxY./I88bIYBKdN2C1ac8k9fUQgNfYCp4hm
"""
RULES = """
queries:
- {signal: my.lag, query: lag_seconds, subject_label: queue, unit: seconds, help: Oldest message}
- {signal: my.queues, query: count(lag_seconds), unit: count, help: Queues}
- {signal: my.many, query: lag_seconds, unit: seconds, help: No label}
- {signal: my.nothing, query: no_such_metric, unit: count, help: Nothing}
- {signal: my.nan, query: 0 * lag_seconds / 0, subject_label: queue, unit: count, help: NaN}
- {signal: my.scalar, query: "42", unit: count, help: A scalar}
- {signal: my.range, query: "lag_seconds[5m]", unit: count, help: A range}
- {signal: my.typo, query: "sum(lag_seconds", unit: count, help: Not PromQL}
- {signal: my.clash, query: lag_seconds * on () lag_seconds, unit: count, help: Many to many}
rules:
- id: lag
  title: Behind
  layers: [L5]
  phase: BC1
  severity: info
  threshold_source: proposed
  when: {signal: my.lag, above: 1m}
  evolution: step
evolutions:
- id: step
  title: Add a worker
  component: Compute
  classification: Config Change
  classification_source: proposed
  phase: BC1
  how: Terraform
  lead_time: 1d
  first_steps: [one, two, three]
"""


def recorded(*queues: str) -> list[Recorded]:
    now = machine_now().timestamp()
    points = [(now - 60, 90.0), (now - 1, 95.5)]
    return [Recorded(series=f'lag_seconds{{queue="{queue}"}}', points=points) for queue in queues]


@pytest.fixture
def rules(tmp_path: Path) -> str:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "rules.yaml").write_text(RULES, "utf-8")
    return str(folder)


def once(rules: str, settings: Mapping[str, str]) -> Outcome:
    named = {f"{SETTING}{name}": value for name, value in settings.items()}
    return xops_watch(
        "once", "--json", XOPS_WATCH_RULES_PATH=rules, AWS_DEFAULT_REGION="eu-west-1", **named
    )


def signals(outcome: Outcome) -> dict[tuple[str, str | None], Any]:
    assert outcome.code == 0, outcome.err
    assert PASSWORD not in outcome.out + outcome.err
    return {
        (one["signal"], one["subject"]): (
            one["newest"]["value"] if one["status"] == "ok" else one["status"]
        )
        for one in json.loads(outcome.out)["signals"]
        if one["signal"].startswith("my.")
    }


def report(outcome: Outcome) -> str:
    """Return why the source is down."""
    (told,) = (r for r in json.loads(outcome.out)["sources"] if r["source"] == "prometheus")
    assert told["up"] is False
    return str(told["detail"])


@needs_prometheus
def test_every_kind_of_answer_of_a_real_server(tmp_path: Path, rules: str) -> None:
    with prometheus_of(tmp_path, recorded("a", "b/c")) as url:
        outcome = once(rules, {"URL": url})
    assert signals(outcome) == {
        ("my.lag", "a"): 95.5,
        ("my.lag", "b/c"): 95.5,
        ("my.queues", "xops"): 2,
        ("my.many", "xops"): "invalid",
        ("my.nothing", "xops"): "stale",
        ("my.nan", "a"): "stale",
        ("my.nan", "b/c"): "stale",
        ("my.scalar", "xops"): 42,
        ("my.range", "xops"): "invalid",
        ("my.typo", "xops"): "invalid",
        ("my.clash", "xops"): "invalid",
    }
    said = outcome.out
    assert "the query gives 2 series, and no label says what they are" in said
    assert "HTTP status 400, bad_data: " in said
    assert "HTTP status 422, execution: " in said


@needs_prometheus
def test_a_rule_fires_on_the_number_of_a_real_server(tmp_path: Path, rules: str) -> None:
    with prometheus_of(tmp_path, recorded("a")) as url:
        outcome = once(rules, {"URL": url})
    (trigger,) = json.loads(outcome.out)["triggers"]
    assert (trigger["rule"], trigger["subject"], trigger["status"]) == ("lag", "a", "firing")


@needs_prometheus
def test_a_server_that_wants_a_login_is_told_it(tmp_path: Path, rules: str) -> None:
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n", "utf-8")
    with prometheus_of(tmp_path, recorded("a"), web_config=LOGIN) as url:
        login = {"USERNAME": "xops", "PASSWORD_FILE": str(password)}
        assert signals(once(rules, {"URL": url, **login}))["my.lag", "a"] == 95.5
        password.write_text("battery staple", "utf-8")
        for settings in ({"URL": url, **login}, {"URL": url}):
            outcome = once(rules, settings)
            assert set(signals(outcome).values()) == {"denied"}
            assert report(outcome) == "Prometheus GET /api/v1/query: HTTP status 401"


def test_a_token_is_sent_as_a_bearer_s_with_the_tenant(tmp_path: Path, rules: str) -> None:
    token = tmp_path / "token"
    token.write_text("glsa-1\n", "utf-8")
    with serving() as server:
        outcome = once(rules, {"URL": server.url, "TOKEN_FILE": str(token), "TENANT": "team-a"})
    assert outcome.code == 0
    assert "glsa-1" not in outcome.out + outcome.err
    headers = server.asked[0].headers
    assert headers["authorization"] == "Bearer glsa-1"
    assert headers["x-scope-orgid"] == "team-a"


def test_nobody_there_is_a_gap_of_every_signal(rules: str) -> None:
    outcome = once(rules, {"URL": "http://127.0.0.1:1"})
    assert set(signals(outcome).values()) == {"unreachable"}
    assert {subject for _, subject in signals(outcome)} == {""}
    assert report(outcome).startswith("Prometheus GET /api/v1/query: no connection")


@needs_prometheus
def test_the_shipped_query_for_crews_counts_those_of_the_last_hour(tmp_path: Path) -> None:
    now = machine_now().timestamp()
    labels = 'cluster="xops",service="fastapi-crewai",instance="10.0.0.1"'
    # A crew each 5 minutes, and a restart that begins at 0 again.
    counts = [float((n // 20) % 9) for n in range(480)]
    points = [(now - 15 * (480 - n), count) for n, count in enumerate(counts)]
    series = Recorded(series=f"xops_crews_started_total{{{labels}}}", points=points)
    (tmp_path / "crews.yaml").write_text(
        "queries:\n- signal: my.crews\n  subject_label: service\n  unit: count\n  help: Crews\n"
        f"  query: {Prometheus().crews_query}\n{RULES[RULES.index('rules:') :]}".replace(
            "my.lag, above: 1m", "my.crews, above: 10"
        ),
        "utf-8",
    )
    with prometheus_of(tmp_path, [series]) as url:
        told = signals(once(str(tmp_path / "crews.yaml"), {"URL": url}))
    assert told == {("my.crews", "fastapi-crewai"): pytest.approx(11, abs=1)}
    assert told["my.crews", "fastapi-crewai"].is_integer()
