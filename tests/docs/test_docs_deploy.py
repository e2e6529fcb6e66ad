"""The deployment how-to against the AWS models that botocore ships, and against the code."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from xops_watch.bootstrap import IAM_ACTIONS
from xops_watch.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs/how-to/deploy-ecs-sidecar.md").read_text("utf-8")
SERVICES = (
    "acm",
    "application-autoscaling",
    "autoscaling",
    "budgets",
    "ce",
    "cloudfront",
    "cloudwatch",
    "config",
    "ecs",
    "elbv2",
    "logs",
    "rds",
    "secretsmanager",
    "sns",
    "ssm",
    "sts",
)
# What IAM calls a service, or an operation, where that is not the API's own name.
IAM_SERVICES = {"elbv2": "elasticloadbalancing"}
IAM_ACTION_OF = {"budgets:DescribeBudget": "budgets:ViewBudget"}
NEEDS_NO_PERMISSION = {"sts:GetCallerIdentity"}


@cache
def model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def file(name: str) -> Any:  # noqa: ANN401 - any JSON
    return json.loads((DEPLOY / name).read_text("utf-8"))


def sidecar() -> dict[str, Any]:
    (found,) = (
        container
        for container in file("task-definition.json")["containerDefinitions"]
        if container["name"] == "xops-watch"
    )
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("name", ["iam-policy.json", "task-definition.json"])
def test_the_page_shows_the_file(name: str) -> None:
    shown = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    assert file(name) in shown


def problems(task_definition: Any) -> str:  # noqa: ANN401 - any JSON
    shape = model("ecs").operation_model("RegisterTaskDefinition").input_shape
    assert shape is not None
    return str(ParamValidator().validate(task_definition, shape).generate_report())


def test_ecs_takes_the_task_definition() -> None:
    assert problems(file("task-definition.json")) == ""


def test_a_misspelt_field_would_be_found() -> None:
    assert "familly" in problems({**file("task-definition.json"), "familly": "x"})


def test_the_sidecar_can_hurt_nobody() -> None:
    container = sidecar()
    assert container["essential"] is False
    assert container["readonlyRootFilesystem"] is True
    assert container["user"] == "10001:10001"
    assert container["linuxParameters"] == {"capabilities": {"drop": ["ALL"]}}
    assert container["memory"] == 256
    assert container["healthCheck"]["command"] == ["CMD", "xops-watch", "healthcheck"]


def test_the_sidecar_is_the_image() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    container = sidecar()
    assert f"USER {container['user']}" in dockerfile
    (mount,) = (each for each in container["mountPoints"] if not each.get("readOnly"))
    assert f"VOLUME {mount['containerPath']}" in dockerfile
    (port,) = container["portMappings"]
    assert f"EXPOSE {port['containerPort']}" in dockerfile
    assert Settings.model_fields["state_path"].default.parent == Path(mount["containerPath"])


def test_the_sidecar_reads_the_database_by_the_volume_of_open_webui_and_cannot_write_there() -> (
    None
):
    (app,) = (
        container
        for container in file("task-definition.json")["containerDefinitions"]
        if container["name"] == "open-webui"
    )
    (theirs,) = app["mountPoints"]
    ours = {each["sourceVolume"]: each for each in sidecar()["mountPoints"]}[theirs["sourceVolume"]]
    assert ours["readOnly"] is True
    told = {each["name"]: each["value"] for each in sidecar()["environment"]}
    database = f"{ours['containerPath']}/webui.db"
    assert told["XOPS_WATCH_SQLITE__PATH"] == database
    assert told["XOPS_WATCH_OPENWEBUI__DATABASE_PATH"] == database


def test_the_sidecar_is_told_nothing_that_ecs_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    container = sidecar()
    named = [pair["name"] for pair in container["environment"] + container["secrets"]]
    for pair in container["environment"]:
        monkeypatch.setenv(pair["name"], pair["value"])
    monkeypatch.setenv("XOPS_WATCH_SNS__TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:pages")
    settings = Settings()
    assert settings.stack == "xops-prod"
    assert settings.ecs.clusters == ()
    assert [name for name in named if not name.startswith("XOPS_WATCH_")] == []


def test_the_policy_allows_what_the_code_calls_and_nothing_else() -> None:
    allowed = {
        action
        for statement in file("iam-policy.json")["Statement"]
        for action in statement["Action"]
    }
    # The example names its cluster; who watches every cluster lists them.
    assert allowed | {"ecs:ListClusters"} == IAM_ACTIONS
    assert called() - NEEDS_NO_PERMISSION == IAM_ACTIONS
    assert not [action for action in allowed if "*" in action]


def called() -> set[str]:
    """Return the IAM actions of every boto3 call in the daemon's code.

    Some calls name their operation, such as "list_tasks". Of a name that two services have, it is
    that of the action which is in the policy.
    """
    by_method: dict[str, set[str]] = {}
    for service in SERVICES:
        for name in model(service).operation_names:
            by_method.setdefault(xform_name(name), set()).add(iam_action(service, name))
    found = set()
    for folder in ("aws", "sources", "notify"):
        for path in (ROOT / "xops_watch" / folder).rglob("*.py"):
            text = path.read_text("utf-8")
            methods = re.findall(r'client\.(\w+)\(|"([a-z]+_[a-z_]+)"', text)
            for name in {called or named for called, named in methods} & by_method.keys():
                found |= by_method[name] & IAM_ACTIONS or by_method[name]
    return found


def iam_action(service: str, operation: str) -> str:
    """Return what IAM calls an operation."""
    action = f"{IAM_SERVICES.get(service, service)}:{operation}"
    return IAM_ACTION_OF.get(action, action)
