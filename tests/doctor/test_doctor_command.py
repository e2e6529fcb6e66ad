"""`xops-watch doctor` against an embedded AWS, in order and with faults."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.aws.metadata_server import serving
from tests.cli.command import Outcome, xops_watch
from tests.system.daemons import eventually, running
from xops_watch.demo.stage import Pager
from xops_watch.embedded_aws.control import EmbeddedAws


@pytest.fixture
def settings(aws: EmbeddedAws, pager: Pager, tmp_path: Path) -> dict[str, str]:
    return aws.environment() | {
        "XOPS_WATCH_ECS__CLUSTERS": "xops",
        "XOPS_WATCH_SNS__TOPIC_ARN": pager.topic_arn,
        "XOPS_WATCH_STATE_PATH": str(tmp_path / "state.db"),
        "XOPS_WATCH_HTTP__LISTEN": "127.0.0.1:0",
    }


def line(outcome: Outcome, name: str) -> str:
    """Return the first line of a check."""
    assert "Traceback" not in outcome.err + outcome.out
    found = [text for text in outcome.out.splitlines() if text[9:].startswith(f"{name} ")]
    assert found, outcome.out
    return found[0]


def test_all_is_well(settings: dict[str, str], tmp_path: Path) -> None:
    outcome = xops_watch("doctor", **settings)
    assert (outcome.code, outcome.err) == (0, "")
    healthy = ("rules", "state", "port", "region", "credentials", "clock", "source ecs", "cost")
    for name in healthy:
        assert line(outcome, name).startswith("ok "), outcome.out
    assert line(outcome, "credentials").endswith("in account 123456789012")
    assert " a month for " in line(outcome, "cost")
    # The embedded AWS counts no subscribers.
    assert "xops-oncall: 0 subscribed" in line(outcome, "topic")
    assert "failed" not in outcome.out
    assert list(tmp_path.iterdir()) == []


def test_a_cost_that_was_not_read_in_full_says_so(
    aws: EmbeddedAws, settings: dict[str, str]
) -> None:
    aws.add_fault("access_denied", service="cloudwatch")
    outcome = xops_watch("doctor", **settings)
    assert line(outcome, "cost").startswith("warning ")
    assert "and for what was not read" in line(outcome, "cost")


def test_nothing_is_sent_and_nothing_is_changed(aws: EmbeddedAws, settings: dict[str, str]) -> None:
    aws.clear_requests()
    xops_watch("doctor", **settings)
    made = {operation for _, operation in aws.requests().counts}
    assert not [each for each in made if not each.startswith(("Get", "List", "Describe"))]


def test_programs_get_json(settings: dict[str, str]) -> None:
    document = json.loads(xops_watch("doctor", "--json", **settings).out)
    assert (document["sees"], document["passed"]) == (True, True)
    ecs = [check for check in document["checks"] if check["name"] == "source ecs"]
    assert [set(check) for check in ecs] == [{"name", "health", "found", "fix"}]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("access_denied", "missing IAM permission ecs:ListServices"),
        ("throttle", "ThrottlingException"),
        ("internal_error", "ecs:ListServices"),
        ("malformed", "ecs:ListServices"),
    ],
)
def test_a_source_that_fails_is_told_and_the_others_are_looked_at(
    fault: str, said: str, aws: EmbeddedAws, settings: dict[str, str]
) -> None:
    aws.add_fault(fault, service="ecs", operation="ListServices")
    outcome = xops_watch("doctor", **settings)
    assert outcome.code in (1, 3)
    found = line(outcome, "source ecs")
    assert found.startswith("failed ")
    assert said in found
    assert "; fix: " in found
    assert "xops-oncall" in line(outcome, "topic")


def test_a_denied_metric_names_the_permission_and_the_rest_is_seen(
    aws: EmbeddedAws, settings: dict[str, str]
) -> None:
    for operation in ("GetMetricData", "GetMetricStatistics"):
        aws.add_fault("access_denied", service="cloudwatch", operation=operation)
    outcome = xops_watch("doctor", **settings)
    assert outcome.code == 1
    assert "missing IAM permission cloudwatch:GetMetric" in outcome.out
    assert "`xops-watch iam-policy`" in outcome.out
    assert line(outcome, "source ecs").startswith("ok ")


@pytest.mark.parametrize("fault", ["expired_token", "access_denied", "throttle"])
def test_when_nothing_can_be_read_it_is_exit_3(
    fault: str, aws: EmbeddedAws, settings: dict[str, str]
) -> None:
    aws.add_fault(fault, service="*")
    outcome = xops_watch("doctor", **settings)
    assert outcome.code == 3
    assert line(outcome, "credentials").startswith("failed ")
    assert line(outcome, "source ecs").startswith("failed ")
    # A refusal is an answer, and an answer has a time.
    assert line(outcome, "clock").startswith("ok ")


def test_an_aws_that_hangs_is_not_waited_for(aws: EmbeddedAws, settings: dict[str, str]) -> None:
    aws.add_fault("hang", service="*", seconds=60)
    outcome = xops_watch("doctor", **settings | {"XOPS_WATCH_AWS__READ_TIMEOUT_SECONDS": "0.3"})
    assert outcome.code == 3
    assert "Read timeout" in line(outcome, "source ecs")
    assert line(outcome, "clock").startswith("warning ")


def test_an_endpoint_that_is_not_there_is_exit_3(settings: dict[str, str]) -> None:
    outcome = xops_watch("doctor", **settings | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    assert outcome.code == 3
    assert "AWS_ENDPOINT_URL" in line(outcome, "credentials")
    assert line(outcome, "rules").startswith("ok ")


def test_no_region_is_told_with_the_variable(settings: dict[str, str]) -> None:
    nowhere = {"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}
    outcome = xops_watch("doctor", **settings | nowhere)
    assert outcome.code == 3
    assert "set AWS_REGION" in line(outcome, "region")


def test_a_profile_that_is_not_there_is_told(settings: dict[str, str]) -> None:
    outcome = xops_watch("doctor", **settings | {"AWS_PROFILE": "nobody"})
    assert outcome.code == 3
    assert "nobody" in line(outcome, "region")
    assert "AWS_PROFILE" in line(outcome, "region")


def test_a_topic_that_is_not_there_has_to_be_mended(settings: dict[str, str]) -> None:
    gone = settings["XOPS_WATCH_SNS__TOPIC_ARN"] + "-gone"
    outcome = xops_watch("doctor", **settings | {"XOPS_WATCH_SNS__TOPIC_ARN": gone})
    assert outcome.code == 1
    assert line(outcome, "topic").startswith("failed ")
    assert "NotFound" in line(outcome, "topic")


def test_a_topic_that_does_not_let_look_is_a_warning(
    aws: EmbeddedAws, settings: dict[str, str]
) -> None:
    aws.add_fault("access_denied", service="sns")
    outcome = xops_watch("doctor", **settings)
    assert outcome.code == 0
    assert line(outcome, "topic").startswith("warning ")
    assert "missing IAM permission sns:GetTopicAttributes" in line(outcome, "topic").replace(
        "SNS:", "sns:"
    )


def test_rules_that_are_none_are_one_line_and_the_rest_is_looked_at(
    settings: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "bad.yaml").write_text("rules: [{id: 5}]\nnope: 1\n")
    wrong = {"XOPS_WATCH_RULES_PATH": str(tmp_path / "rules")}
    outcome = xops_watch("doctor", **settings | wrong)
    assert outcome.code == 1
    assert "bad.yaml:" in line(outcome, "rules")
    assert "rules check" in line(outcome, "rules")
    assert line(outcome, "source ecs").startswith("ok ")


def test_a_daemon_that_runs_is_no_stranger_on_its_port(
    aws: EmbeddedAws, settings: dict[str, str], tmp_path: Path
) -> None:
    with running(aws, tmp_path) as daemon:
        listen = {"XOPS_WATCH_HTTP__LISTEN": f"127.0.0.1:{daemon.port}"}
        eventually(lambda: bool(daemon.snapshot()), "the first tick is done")
        outcome = xops_watch("doctor", **settings | listen)
    assert "a daemon answers" in line(outcome, "port")
    assert line(outcome, "state").startswith("ok ")
    assert outcome.code == 0


def test_on_ecs_it_says_which_task_it_is(settings: dict[str, str]) -> None:
    with serving() as server:
        told = {"ECS_CONTAINER_METADATA_URI_V4": server.variable, "XOPS_WATCH_ECS__CLUSTERS": ""}
        outcome = xops_watch("doctor", **settings | told)
    assert outcome.code == 0
    assert "service open-webui, account 123456789012" in line(outcome, "task")


def test_a_task_that_is_not_told_what_it_is_cannot_see(settings: dict[str, str]) -> None:
    lost: dict[str, Any] = {
        "ECS_CONTAINER_METADATA_URI_V4": "http://127.0.0.1:1/v4",
        "XOPS_WATCH_ECS__CLUSTERS": "",
    }
    outcome = xops_watch("doctor", **settings | lost)
    assert outcome.code == 3
    assert line(outcome, "task").startswith("failed ")


def test_with_nothing_to_watch_it_says_how_to_begin(settings: dict[str, str]) -> None:
    outcome = xops_watch("doctor", **settings | {"XOPS_WATCH_ECS__CLUSTERS": ""})
    assert (outcome.code, outcome.out) == (2, "")
    assert "nothing to watch" in outcome.err


def test_without_anything_of_aws_no_region_is_needed(tmp_path: Path) -> None:
    database = tmp_path / "app" / "webui.db"
    database.parent.mkdir()
    with sqlite3.connect(database) as db:
        db.execute("CREATE TABLE chat (id INTEGER)")
    db.close()
    outcome = xops_watch(
        "doctor",
        XOPS_WATCH_SQLITE__PATH=str(database),
        XOPS_WATCH_STATE_PATH=str(tmp_path / "state.db"),
        XOPS_WATCH_HTTP__LISTEN="127.0.0.1:0",
    )
    assert outcome.code == 0, outcome.out
    assert line(outcome, "database").startswith("ok ")
    assert "rollback journal" in line(outcome, "database")
    assert "source sqlite_wal" in outcome.out
    for name in ("region", "credentials", "cost"):
        assert f" {name} " not in outcome.out


def test_a_wrong_clock_is_told_by_every_source_that_is_refused_for_it(
    aws: EmbeddedAws, settings: dict[str, str]
) -> None:
    aws.add_fault("clock_skew", service="*", seconds=1200)
    outcome = xops_watch("doctor", **settings)
    assert outcome.code == 3
    assert line(outcome, "clock").startswith("failed ")
    assert "s behind AWS" in line(outcome, "clock")
    assert "; fix: set the clock of this host" in line(outcome, "source ecs")


def test_expired_credentials_are_not_told_to_be_a_missing_permission(
    aws: EmbeddedAws, settings: dict[str, str]
) -> None:
    aws.add_fault("expired_token", service="ecs")
    outcome = xops_watch("doctor", **settings)
    assert "check the credentials" in line(outcome, "source ecs")


def test_a_vantage_in_a_region_that_is_off_says_how_to_enable_it(
    aws: EmbeddedAws, settings: dict[str, str]
) -> None:
    aws.add_fault("region_disabled", service="*", region="ap-southeast-6")
    vantage = {"XOPS_WATCH_EDGE__VANTAGES": "nz=canary:edge/first-byte@ap-southeast-6"}
    outcome = xops_watch("doctor", **settings, **vantage)
    assert outcome.code == 0
    there = line(outcome, "source edge_latency_ap_southeast_6")
    assert there.startswith("warning ")
    assert "aws account enable-region --region-name ap-southeast-6" in there
    assert "syd" not in there
    # The other vantage is that of who says that it is not set.
    assert "XOPS_WATCH_EDGE__VANTAGES=syd=" in line(outcome, "source edge_latency")
    assert line(outcome, "credentials").startswith("ok ")
