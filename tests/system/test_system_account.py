"""What is asked about the whole account, by the command itself, against an embedded AWS."""

import json
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.cli.command import Outcome, xops_watch
from tests.system.daemons import eventually, running
from xops_watch.clock import machine_now
from xops_watch.embedded_aws.control import EmbeddedAws

DAY = timedelta(days=1)
ACCOUNT = "123456789012"


def client(aws: EmbeddedAws, service: str, region: str = "ap-southeast-2") -> Any:  # noqa: ANN401 - the stubs know few services
    session = boto3.session.Session(
        aws_access_key_id="x",
        aws_secret_access_key="x",  # noqa: S106 - nobody checks it
        region_name=region,
    )
    return session.client(service, endpoint_url=aws.endpoint)  # type: ignore[call-overload]  # wants a literal name


def look(aws: EmbeddedAws, **settings: str) -> tuple[Outcome, dict[tuple[str, str], Any]]:
    outcome = xops_watch("once", "--json", **(aws.environment() | settings))
    signals = json.loads(outcome.out)["signals"]
    return outcome, {(s["signal"], s["subject"]): s for s in signals}


def put_costs(aws: EmbeddedAws, now: datetime) -> None:
    """Queue one answer of Cost Explorer, which moto gives to whoever asks first."""
    days = [now - n * DAY for n in range(9, 2, -1)]
    amount = {"UnblendedCost": {"Amount": "12.5", "Unit": "USD"}}
    result = {
        "ResultsByTime": [
            {
                "TimePeriod": {"Start": f"{day:%Y-%m-%d}", "End": f"{day + DAY:%Y-%m-%d}"},
                "Groups": [{"Keys": ["BoxUsage"], "Metrics": amount}],
                "Estimated": False,
            }
            for day in days
        ]
    }
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{aws.endpoint}/moto-api/static/ce/cost-and-usage-results",
        data=json.dumps({"results": [result]}).encode(),
        method="POST",
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - as above
        assert answer.status == 201


def test_secrets_certificates_and_the_log_are_seen(aws: EmbeddedAws) -> None:
    client(aws, "secretsmanager").create_secret(Name="xops/db", SecretString="do not read")
    authority = f"arn:aws:acm-pca:us-east-1:{ACCOUNT}:certificate-authority/1"
    client(aws, "acm", "us-east-1").request_certificate(
        DomainName="cdn.example", CertificateAuthorityArn=authority
    )
    logs = client(aws, "logs")
    logs.create_log_group(logGroupName="/ecs/webui")
    logs.create_log_stream(logGroupName="/ecs/webui", logStreamName="1")
    written = int((machine_now() - timedelta(minutes=20)).timestamp() * 1000)
    events = [{"timestamp": written, "message": f"{n} database is locked"} for n in range(3)]
    logs.put_log_events(logGroupName="/ecs/webui", logStreamName="1", logEvents=events)
    outcome, signals = look(
        aws,
        XOPS_WATCH_GOVERNANCE__SECRETS="xops/*",
        XOPS_WATCH_GOVERNANCE__CERTIFICATES="*",
        XOPS_WATCH_APP_LOG__GROUP="/ecs/webui",
    )
    assert outcome.code == 0
    assert signals["secrets.age", "xops/db"]["status"] == "ok"
    [certificate] = [s for name, s in signals if name == "certificates.expires_in"]
    assert certificate.startswith("us-east-1/cdn.example/")
    assert signals["sqlite.lock_errors_1h", "xops/webui.db"]["newest"]["value"] == 3
    assert signals["sqlite.disk_errors_1h", "xops/webui.db"]["newest"]["value"] == 0


def test_a_budget_is_a_run_rate_and_the_stage_is_as_declared(aws: EmbeddedAws) -> None:
    spend = {"ActualSpend": {"Amount": "90", "Unit": "USD"}}
    client(aws, "budgets").create_budget(
        AccountId=ACCOUNT,
        Budget={
            "BudgetName": "xops",
            "BudgetLimit": {"Amount": "180", "Unit": "USD"},
            "TimeUnit": "MONTHLY",
            "BudgetType": "COST",
            "CalculatedSpend": spend,
        },
    )
    outcome, signals = look(
        aws,
        XOPS_WATCH_COST__BUDGET="xops",
        XOPS_WATCH_COST__STAGE="bc1-prod",
        XOPS_WATCH_COST__EXTERNAL="anthropic=250",
    )
    assert outcome.code == 0
    elapsed = machine_now().day - 1
    rate = signals["cost.run_rate", "xops"]
    if elapsed < 3:
        assert rate["status"] == "stale"
    else:
        assert 90 / (elapsed + 1) * 30.4 < rate["newest"]["value"] <= 90 / elapsed * 30.4
        assert signals["cost.budget_used", "xops"]["newest"]["value"] == pytest.approx(
            rate["newest"]["value"] / 180
        )
    assert signals["cost.data_transfer", "xops"]["status"] == "not_enabled"
    assert signals["stage.declared", "xops"]["newest"]["value"] == 0
    assert signals["cost.external", "anthropic"]["newest"]["value"] == 250


def test_cost_explorer_is_a_run_rate_and_a_cost_of_its_own(aws: EmbeddedAws) -> None:
    now = machine_now()
    put_costs(aws, now)
    outcome, signals = look(
        aws, XOPS_WATCH_COST__EXPLORER="true", XOPS_WATCH_COST__STAGE="bc1-peak"
    )
    assert outcome.code == 0
    assert signals["cost.run_rate", "xops"]["newest"]["value"] == pytest.approx(12.5 * 30.4)
    assert signals["cost.data_transfer", "xops"]["newest"]["value"] == 0
    assert aws.requests().counts["ce", "GetCostAndUsage"] == 1


def test_cost_explorer_is_paid_for_once_though_the_daemon_starts_again(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    put_costs(aws, machine_now())
    settings = {
        "XOPS_WATCH_COST__EXPLORER": "true",
        "XOPS_WATCH_STATE_PATH": str(tmp_path / "state.db"),
    }
    for _ in range(2):
        with running(aws, tmp_path, **settings) as daemon:
            eventually(
                lambda: daemon.signal_status("cost.run_rate", "xops") == "ok", "the cost is known"
            )
            metrics = daemon.read("/metrics")[1]
            paid = 'xops_watch_aws_cost_dollars_per_month{operation="GetCostAndUsage",service="ce"}'
            assert f"{paid} 0.304" in metrics
    assert aws.requests().counts["ce", "GetCostAndUsage"] == 1


def test_a_tag_for_a_budget_is_refused_with_what_to_do(aws: EmbeddedAws) -> None:
    outcome = xops_watch(
        "once",
        **aws.environment(),
        XOPS_WATCH_COST__BUDGET="xops",
        XOPS_WATCH_COST__TAG="stack=xops",
    )
    assert outcome.code == 2
    assert "XOPS_WATCH_COST__TAG is set, and Cost Explorer is not asked" in outcome.err
    assert "XOPS_WATCH_COST__EXPLORER=true" in outcome.err


def test_the_log_group_of_nobody_knows_which_cluster_is_refused(aws: EmbeddedAws) -> None:
    outcome = xops_watch("once", **aws.environment(), XOPS_WATCH_APP_LOG__GROUP="auto")
    assert outcome.code == 2
    assert "XOPS_WATCH_APP_LOG__GROUP is auto, and no cluster of ECS is watched" in outcome.err


def test_the_log_tells_of_the_database_that_is_watched(aws: EmbeddedAws, tmp_path: Path) -> None:
    client(aws, "logs").create_log_group(logGroupName="/ecs/webui")
    one = {
        "XOPS_WATCH_APP_LOG__GROUP": "/ecs/webui",
        "XOPS_WATCH_SQLITE__PATH": str(tmp_path / "chat.db"),
    }
    _, signals = look(aws, **one)
    assert signals["sqlite.lock_errors_1h", "xops/chat.db"]["newest"]["value"] == 0
    two = one | {"XOPS_WATCH_SQLITE__PATH": f"{tmp_path}/a.db,{tmp_path}/b.db"}
    outcome = xops_watch("once", **aws.environment(), **two)
    assert outcome.code == 2
    assert "set XOPS_WATCH_APP_LOG__DATABASE, such as xops/a.db" in outcome.err


def test_the_policy_allows_what_the_settings_ask_for_and_no_more(aws: EmbeddedAws) -> None:
    asked = {
        "XOPS_WATCH_GOVERNANCE__SECRETS": "secretsmanager:ListSecrets",
        "XOPS_WATCH_GOVERNANCE__CERTIFICATES": "acm:ListCertificates",
        "XOPS_WATCH_GOVERNANCE__CONFORMANCE_PACKS": "config:ListConformancePackComplianceScores",
        "XOPS_WATCH_COST__BUDGET": "budgets:ViewBudget",
        "XOPS_WATCH_APP_LOG__GROUP": "logs:FilterLogEvents",
    }
    for variable, action in asked.items():
        outcome = xops_watch("iam-policy", **aws.environment(), **{variable: "x"})
        statements = json.loads(outcome.out)["Statement"]
        assert [a for s in statements for a in s["Action"]] == [action]
