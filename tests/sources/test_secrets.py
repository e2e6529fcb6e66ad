"""How old secrets are, and which of them are looked at."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from tests.aws.bench import NOW, ScriptedClient, make_client
from tests.sources.account_scene import DAY, details, gaps, secrets, values
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason, SourceError

AGE = "secrets.age"
DAY_SECONDS = 86_400


@pytest.fixture
def client() -> Any:  # noqa: ANN401 - the stubs do not know the service
    return make_client("secretsmanager", "http://127.0.0.1:1")


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:  # noqa: ANN401 - as above
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def secret(name: str, **dates: datetime) -> dict[str, Any]:
    arn = f"arn:aws:secretsmanager:ap-southeast-2:123456789012:secret:{name}-AbCdEf"
    return {"ARN": arn, "Name": name, **dates}


def page(*secrets: dict[str, Any]) -> dict[str, Any]:
    return {"SecretList": list(secrets)}


def listing(*secrets: dict[str, Any]) -> Any:  # noqa: ANN401 - a client
    return ScriptedClient(list_secrets=lambda **_: [page(*secrets)])


def test_the_age_counts_from_the_rotation_else_the_change_else_the_creation(
    client: Any,  # noqa: ANN401 - as above
    stub: Stubber,
) -> None:
    answer = page(
        secret(
            "xops/rotated",
            LastRotatedDate=NOW - 91 * DAY,
            LastChangedDate=NOW - DAY,
            CreatedDate=NOW - 900 * DAY,
        ),
        secret("xops/changed", LastChangedDate=NOW - 10 * DAY, CreatedDate=NOW - 900 * DAY),
        secret("xops/created", CreatedDate=NOW - 5 * DAY),
        secret("xops/strange"),
    )
    asked = {"Filters": [{"Key": "name", "Values": ["xops/"]}]}
    stub.add_response("list_secrets", answer, asked)
    observations = secrets(client).observe(now=NOW)
    assert values(observations) == {
        (AGE, "xops/rotated"): 91 * DAY_SECONDS,
        (AGE, "xops/changed"): 10 * DAY_SECONDS,
        (AGE, "xops/created"): 5 * DAY_SECONDS,
    }
    assert gaps(observations) == {(AGE, "xops/strange"): GapReason.INVALID}


def test_every_page_is_read(client: Any, stub: Stubber) -> None:  # noqa: ANN401 - as above
    asked = {"Filters": [{"Key": "name", "Values": ["a", "b"]}]}
    first = {**page(secret("a", CreatedDate=NOW - DAY)), "NextToken": "more"}
    stub.add_response("list_secrets", first, asked)
    stub.add_response(
        "list_secrets", page(secret("b", CreatedDate=NOW)), {**asked, "NextToken": "more"}
    )
    observations = secrets(client, "a", "b").observe(now=NOW)
    assert values(observations) == {(AGE, "a"): DAY_SECONDS, (AGE, "b"): 0}


@pytest.mark.parametrize(
    ("patterns", "asked"),
    [
        (("xops/*", "db-?"), {"Filters": [{"Key": "name", "Values": ["xops/", "db-"]}]}),
        (("xops/*", "*-key"), {}),
        (("!odd",), {}),
        (tuple(f"s{n}/*" for n in range(11)), {}),  # AWS takes ten values
    ],
)
def test_aws_is_asked_for_no_more_than_names_can_begin_with(
    patterns: tuple[str, ...], asked: dict[str, Any]
) -> None:
    client = listing()
    secrets(client, *patterns).observe(now=NOW)
    assert client.calls == [("list_secrets", asked)]


def test_a_name_that_no_pattern_fits_is_left_out() -> None:
    client = listing(secret("xops/db", CreatedDate=NOW), secret("xops2/db", CreatedDate=NOW))
    assert values(secrets(client, "xops/*").observe(now=NOW)) == {(AGE, "xops/db"): 0}


def test_a_date_of_the_future_is_no_negative_age() -> None:
    client = listing(secret("xops/db", CreatedDate=NOW + DAY))
    assert values(secrets(client).observe(now=NOW)) == {(AGE, "xops/db"): 0}


def test_a_pattern_without_a_secret_says_so_until_there_is_one() -> None:
    client = listing(secret("xops/db", CreatedDate=NOW))
    source = secrets(client, "xops/*", "xpos/*")
    observations = source.observe(now=NOW)
    assert gaps(observations) == {(AGE, "pattern xpos/*"): GapReason.NOT_ENABLED}
    assert details(observations) == [
        "no secret is named like 'xpos/*': mend XOPS_WATCH_GOVERNANCE__SECRETS"
    ]
    client._operations["list_secrets"] = lambda **_: [
        page(secret("xops/db", CreatedDate=NOW), secret("xpos/db", CreatedDate=NOW))
    ]
    assert gaps(source.observe(now=NOW)) == {(AGE, "pattern xpos/*"): GapReason.GONE}


def test_a_deleted_secret_is_gone_after_a_restart_too() -> None:
    rest = secret("xops/key", CreatedDate=NOW)
    client = listing(rest, secret("xops/db", CreatedDate=NOW, DeletedDate=NOW))
    seen = [(AGE, "xops/db"), (AGE, "xops/key"), ("ecs.tasks_pending", "main/web")]
    source = secrets(client, seen=seen)
    assert gaps(source.observe(now=NOW)) == {(AGE, "xops/db"): GapReason.GONE}
    assert gaps(source.observe(now=NOW)) == {}


def test_what_cannot_be_listed_is_not_gone() -> None:
    client = listing(secret("xops/db", CreatedDate=NOW))
    source = secrets(client)
    source.observe(now=NOW)
    client._operations["list_secrets"] = lambda **_: [{}]
    with pytest.raises(SourceError):
        source.observe(now=NOW)
    client._operations["list_secrets"] = lambda **_: [page()]
    assert gaps(source.observe(now=NOW))[AGE, "xops/db"] is GapReason.GONE


def test_too_many_secrets_are_refused_in_words_and_not_cut() -> None:
    client = listing(*(secret(f"xops/{n}", CreatedDate=NOW) for n in range(201)))
    with pytest.raises(SourceError) as caught:
        secrets(client).observe(now=NOW)
    assert caught.value.what == "201 secrets are named like that; at most 200 are watched"
    assert caught.value.hint == "name fewer in XOPS_WATCH_GOVERNANCE__SECRETS"


def test_a_secret_over_http_is_aged_and_never_opened(aws: EmbeddedAws) -> None:
    client = make_client("secretsmanager", aws.endpoint)
    client.create_secret(Name="xops/db", SecretString="do not read")
    client.create_secret(Name="other", SecretString="do not read")
    created = client.describe_secret(SecretId="xops/db")["CreatedDate"]
    aws.clear_requests()
    observations = secrets(client).observe(now=created + 91 * DAY)
    [((signal, subject), age)] = values(observations).items()
    assert (signal, subject) == (AGE, "xops/db")
    assert age == pytest.approx(91 * DAY_SECONDS, abs=60)
    assert set(aws.requests().counts) == {("secretsmanager", "ListSecrets")}
    client.delete_secret(SecretId="xops/db", ForceDeleteWithoutRecovery=True)
    client.delete_secret(SecretId="other", ForceDeleteWithoutRecovery=True)
