"""Mandates in Parameter Store: as moto keeps them, and as AWS answers where moto does not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber
from hypothesis import given
from moto import mock_aws

from tests.aws.bench import CannedAws, ScriptedClient, make_client
from tests.contract.source_promises import assert_promises_kept
from tests.sources.hostile import JSON_LIKE, damaged, for_json
from tests.sources.mandates.mandates_scene import (
    JANE,
    NOW,
    WITHDRAWN,
    Scene,
    attestation,
    parameter,
)
from tests.sources.mandates.parameters_scene import (
    DENIED,
    PREFIX,
    ROLE,
    SOVEREIGNTY,
    THROTTLED,
    scripted,
    stored,
    version,
)
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.mandates import ParameterPlace


@pytest.fixture
def ssm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "moto")
    with mock_aws():
        yield boto3.client("ssm", "ap-southeast-2")


def test_moto_mandates_on_several_pages_are_all_read(ssm: Any, tmp_path: Path) -> None:  # noqa: ANN401 - as boto3
    names = [f"m{number}" for number in range(23)]
    for name in names:
        value = parameter(name, attestation())
        ssm.put_parameter(Name=f"{PREFIX}{name}", Type="String", Value=value)
    ssm.put_parameter(Name=f"{PREFIX}deeper/m99", Type="String", Value="{}")
    look = Scene(tmp_path, ParameterPlace(ssm, PREFIX), asked=names).look()
    assert {look.state(name) for name in names} == {"declared"}
    assert all(one.subject != "m99" for one in look.observations)


def test_moto_a_path_without_parameters_declares_nothing(ssm: Any, tmp_path: Path) -> None:  # noqa: ANN401 - as boto3
    assert Scene(tmp_path, ParameterPlace(ssm, PREFIX)).look().state("sovereignty") == "none"


def test_moto_a_new_version_counts_and_is_told_the_ledger(ssm: Any, tmp_path: Path) -> None:  # noqa: ANN401 - as boto3
    scene = Scene(tmp_path, ParameterPlace(ssm, PREFIX))
    for base in (attestation(), attestation(WITHDRAWN)):
        value = parameter("sovereignty", base)
        ssm.put_parameter(Name=SOVEREIGNTY, Type="String", Value=value, Overwrite=True)
        look = scene.look()
    assert look.state("sovereignty") == "withdrawn"
    entries = scene.ledger.verify().entries
    assert [(one.fields["state"], one.fields["version"]) for one in entries] == [
        ("declared", "1"),
        ("withdrawn", "2"),
    ]
    assert entries[1].fields["place"] == "/xops/mandates/sovereignty:2"


def test_the_requests_are_those_that_aws_takes_and_its_answers_are_understood(
    tmp_path: Path,
) -> None:
    client = make_client("ssm", "http://127.0.0.1:1")
    value = parameter("sovereignty", attestation())
    listing = {"Path": "/xops/mandates", "Recursive": False, "WithDecryption": False}
    with Stubber(client) as stub:
        empty = {"Parameters": [], "NextToken": "more"}
        stub.add_response("get_parameters_by_path", empty, {**listing, "MaxResults": 10})
        page = {"Parameters": [stored(value, version=3)]}
        asked = {**listing, "MaxResults": 10, "NextToken": "more"}
        stub.add_response("get_parameters_by_path", page, asked)
        history = {"Parameters": [version(value, 3, f"{ROLE}/ravi@example.com")]}
        asked = {"Name": SOVEREIGNTY, "WithDecryption": False, "MaxResults": 50}
        stub.add_response("get_parameter_history", history, asked)
        look = Scene(tmp_path, ParameterPlace(client, PREFIX)).look()
        stub.assert_no_pending_responses()
    assert look.state("sovereignty") == "declared"
    assert look.approval("sovereignty") == "self_approved"


def test_the_history_is_asked_once_for_each_version(tmp_path: Path) -> None:
    value = parameter("sovereignty", attestation())
    scene, client = scripted(
        tmp_path, stored(value), history=[version(value, 1, f"{ROLE}/jane@example.com")]
    )
    assert scene.look().approval("sovereignty") == "four_eyes"
    scene.look()
    assert [name for name, _ in client.calls].count("get_parameter_history") == 1
    client._operations["get_parameters_by_path"] = lambda **_: [
        {"Parameters": [stored(value, version=2)]}
    ]
    scene.look()
    assert [name for name, _ in client.calls].count("get_parameter_history") == 2


def test_only_who_wrote_exactly_this_counts(tmp_path: Path) -> None:
    value = parameter("sovereignty", attestation())
    history = [
        version("{}", 1, f"{ROLE}/jane@example.com"),
        version(value, 2, f"{ROLE}/ravi@example.com"),
    ]
    scene, _ = scripted(tmp_path, stored(value, version=2), history=history)
    assert scene.look().approval("sovereignty") == "self_approved"
    history.append(version(value, 3, f"{ROLE}/jane@example.com"))
    scene, _ = scripted(tmp_path, stored(value, version=3), history=history)
    assert scene.look().approval("sovereignty") == "four_eyes"
    writers = scene.ledger.verify().entries[-1].fields["writers"]
    assert writers == f"{ROLE}/jane@example.com {ROLE}/ravi@example.com"


def test_a_denied_history_makes_a_gap_of_the_approval_alone(tmp_path: Path) -> None:
    denied = ClientError(
        {
            "Error": {
                "Code": "AccessDeniedException",
                "Message": "x is not authorized to perform: ssm:GetParameterHistory on resource: y",
            }
        },
        "GetParameterHistory",
    )
    scene, client = scripted(
        tmp_path, stored(parameter("sovereignty", attestation())), history=denied
    )
    look = scene.look()
    assert look.state("sovereignty") == "declared"
    gap = look.gap("mandate.approval", "sovereignty")
    assert gap.reason is GapReason.DENIED
    assert "ssm:GetParameterHistory" in gap.detail
    assert_promises_kept(scene.source, look.observations, now=NOW)
    # It is asked again: the permission may come.
    value = parameter("sovereignty", attestation())
    client._operations["get_parameter_history"] = lambda **_: [
        {"Parameters": [version(value, 1, f"{ROLE}/jane@example.com")]}
    ]
    assert scene.look().approval("sovereignty") == "four_eyes"


@pytest.mark.parametrize(
    ("error", "reason", "said"),
    [
        (DENIED, GapReason.DENIED, "ssm:GetParametersByPath"),
        (THROTTLED, GapReason.THROTTLED, "ThrottlingException"),
        (EndpointConnectionError(endpoint_url="https://x"), GapReason.UNREACHABLE, "https://x"),
    ],
)
def test_a_listing_that_fails_is_a_failure_and_never_none(
    tmp_path: Path, error: Exception, reason: GapReason, said: str
) -> None:
    scene, _ = scripted(tmp_path, error)
    with pytest.raises(SourceError) as caught:
        scene.look()
    assert caught.value.reason is reason
    assert said in caught.value.what


@pytest.mark.parametrize("page", [{}, {"Parameters": None}, {"Parameters": [{"Name": "/a"}]}])
def test_an_answer_without_its_list_is_no_empty_list(tmp_path: Path, page: object) -> None:
    client = ScriptedClient(get_parameters_by_path=lambda **_: [page])
    with pytest.raises(SourceError, match="ssm:GetParametersByPath: Parameters"):
        Scene(tmp_path, ParameterPlace(client, PREFIX)).look()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"Type": "SecureString", "Value": "AQICAHh="}, ":1: is a 'SecureString' parameter; a ma"),
        ({"Type": "StringList"}, ":1: is a 'StringList' parameter; a mandate is no secret and no"),
        ({"Value": "{"}, ":1:1:2: a value is missing here"),
        ({"Value": "declared"}, ":1:1:1: has to be a mapping with `schema` and `mandate`"),
        (
            {"Value": '{"schema": 1, "mandate": "mtls"}'},
            ":1:1:26: `mandate` is `mtls` in the param",
        ),
        ({"Value": '{"schema": 1}'}, ":1:1:1: the key `mandate` is missing"),
    ],
)
def test_a_malformed_parameter_is_told_by_name_version_and_place(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    other = stored(parameter("mtls", attestation()), name="/xops/mandates/mtls")
    scene, _ = scripted(tmp_path, stored("{}", **changes), other)
    look = scene.look()
    assert look.why("sovereignty").startswith(f"{SOVEREIGNTY}{why}")
    assert look.state("mtls") == "declared"
    assert_promises_kept(scene.source, look.observations, now=NOW)


def test_an_unknown_key_is_refused(tmp_path: Path) -> None:
    value = parameter("sovereignty", attestation(aprover=JANE))
    scene, _ = scripted(tmp_path, stored(value, version=7))
    assert "the key `aprover` is unknown; did you mean `approver`?" in scene.look().why(
        "sovereignty"
    )


def test_a_parameter_whose_name_is_no_mandate_is_told(tmp_path: Path) -> None:
    scene, _ = scripted(tmp_path, stored("x", name="/xops/mandates/README"))
    look = scene.look()
    assert (
        look.why("README") == "the parameter `/xops/mandates/README` ends with no id of a mandate"
    )
    assert look.state("sovereignty") == "none"


def test_more_parameters_than_are_watched_are_refused(tmp_path: Path) -> None:
    many = [stored("{}", name=f"/xops/mandates/m{number}") for number in range(101)]
    scene, _ = scripted(tmp_path, *many)
    with pytest.raises(SourceError, match="more than 100 parameters are below /xops/mandates/"):
        scene.look()


GOOD: dict[str, Any] = {
    "Parameters": [
        {
            "Name": SOVEREIGNTY,
            "Type": "String",
            "Value": parameter("sovereignty", attestation()),
            "Version": 1,
            "LastModifiedUser": f"{ROLE}/jane@example.com",
        }
    ]
}


@pytest.fixture(scope="module")
def canned() -> CannedAws:
    return CannedAws("ssm")


@given(answer=damaged(GOOD) | JSON_LIKE)
def test_whatever_aws_answers_the_promises_hold(
    canned: CannedAws, tmp_path_factory: pytest.TempPathFactory, answer: object
) -> None:
    client = canned.saying(json.dumps(for_json(answer)).encode())
    scene = Scene(tmp_path_factory.mktemp("ssm"), ParameterPlace(client, PREFIX))
    look = scene.look_or_fail()
    assert_promises_kept(scene.source, look.observations, now=NOW)
    assert look.observations
