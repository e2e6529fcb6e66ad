"""Parameter Store as a script: what it lists, and who wrote what."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests.aws.bench import ScriptedClient
from tests.sources.mandates.mandates_scene import Scene
from xops_watch.sources.mandates import ParameterPlace

PREFIX = "/xops/mandates/"
AT = datetime(2026, 2, 1, tzinfo=UTC)
SOVEREIGNTY = "/xops/mandates/sovereignty"
ROLE = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_1a2b"
DENIED = ClientError(
    {
        "Error": {
            "Code": "AccessDeniedException",
            "Message": "User: arn:aws:sts::123456789012:assumed-role/watch/1 is not authorized to"
            " perform: ssm:GetParametersByPath on resource:"
            " arn:aws:ssm:ap-southeast-2:123456789012:parameter/xops/mandates",
        },
    },
    "GetParametersByPath",
)
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException"}}, "GetParametersByPath")


def stored(value: str, *, name: str = SOVEREIGNTY, version: int = 1, **more: Any) -> Any:  # noqa: ANN401 - as boto3
    """Return a parameter as GetParametersByPath has it."""
    return {
        "Name": name,
        "Type": "String",
        "Value": value,
        "Version": version,
        "LastModifiedDate": AT,
        "ARN": f"arn:aws:ssm:ap-southeast-2:123456789012:parameter{name}",
        "DataType": "text",
        **more,
    }


def version(value: str, number: int, writer: str) -> Mapping[str, Any]:
    """Return a version as GetParameterHistory has it."""
    return {
        "Name": SOVEREIGNTY,
        "Type": "String",
        "LastModifiedDate": AT,
        "LastModifiedUser": writer,
        "Value": value,
        "Version": number,
        "Labels": ["reviewed"],
        "Tier": "Standard",
        "Policies": [],
        "DataType": "text",
    }


def scripted(folder: Path, *parameters: Any, history: Any = ()) -> tuple[Scene, ScriptedClient]:  # noqa: ANN401 - as boto3
    """Return a scene whose parameters and history are these, or errors."""

    def answer(told: Any) -> Any:  # noqa: ANN401 - as boto3
        def say(**_: object) -> Any:  # noqa: ANN401 - as boto3
            if isinstance(told, Exception):
                raise told
            return [{"Parameters": list(told)}]

        return say

    refused = [one for one in parameters if isinstance(one, Exception)]
    client = ScriptedClient(
        get_parameters_by_path=answer(refused[0] if refused else parameters),
        get_parameter_history=answer(history),
    )
    return Scene(folder, ParameterPlace(client, PREFIX)), client
