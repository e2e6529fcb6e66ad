"""boto3 clients that lead to the embedded AWS and check every answer against botocore's model."""

from typing import Any

import boto3
from botocore.config import Config
from botocore.model import OperationModel
from botocore.validate import ParamValidator

REGION = "ap-southeast-2"


def _check_shape(parsed: dict[str, Any], model: OperationModel, **_: object) -> None:
    """Fail a test whose answer, parsed by botocore, is not what botocore's model promises."""
    shape = model.output_shape
    if "Error" in parsed or shape is None:
        return
    content = {key: value for key, value in parsed.items() if key != "ResponseMetadata"}
    report = ParamValidator().validate(content, shape)
    assert not report.has_errors(), report.generate_report()


def make_client(endpoint: str, service: str, *, read_timeout: float = 5.0) -> Any:  # noqa: ANN401  (any client)
    session = boto3.session.Session()
    client = session.client(  # type: ignore[call-overload]  # the stubs want the name as a literal
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="embedded",
        aws_secret_access_key="embedded",  # noqa: S106  (not a secret: nobody checks it)
        config=Config(
            retries={"total_max_attempts": 1, "mode": "standard"}, read_timeout=read_timeout
        ),
    )
    client.meta.events.register("after-call", _check_shape)
    return client
