"""The crews that an application counts, read from CloudWatch."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

from tests.aws.bench import MINUTE, NOW, CannedAws, ScriptedClient, make_client
from xops_watch.aws.crew_counter import SUBJECTS_MAX, CloudWatchCrews
from xops_watch.errors import GapReason, SourceError

END = NOW.replace(second=0)
HOUR = timedelta(hours=1)
CREW = "main/crew"


def metric(**dimensions: str) -> dict[str, Any]:
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    return {"Namespace": "xOps/Crews", "MetricName": "CrewStarted", "Dimensions": named}


def points(*counts: float) -> dict[str, Any]:
    """Return one point for each of the last minutes, in no order, as CloudWatch does."""
    made = [
        {"Timestamp": END - minute * MINUTE, "Sum": count, "Unit": "Count"}
        for minute, count in enumerate(counts, 1)
    ]
    return {"Label": "CrewStarted", "Datapoints": made[::-1]}


LISTED = [metric(ClusterName="main", ServiceName="crew")]


class Client(ScriptedClient):
    """Lists `listed` and answers each read by `answer`."""

    def __init__(self, answer: object = None, listed: Sequence[Mapping[str, Any]] = LISTED) -> None:
        self.answer = points(1, 2, 0) if answer is None else answer
        self.listed = listed
        super().__init__(
            list_metrics=lambda **_: [{"Metrics": self.listed}],
            get_metric_statistics=lambda **_: self.answer,
        )

    def get_metric_statistics(self, **params: Any) -> Any:  # noqa: ANN401 - as boto3
        return self.call("get_metric_statistics", params)

    def asked(self) -> list[str]:
        return [name for name, _ in self.calls]


def started(client: Any) -> Mapping[str, float | SourceError]:  # noqa: ANN401 - any client
    return CloudWatchCrews(client).started(now=NOW)


@pytest.fixture
def stub() -> Iterator[tuple[Any, Stubber]]:
    client = make_client("cloudwatch", "http://127.0.0.1:1")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def test_a_recorded_answer_and_what_may_be_asked(stub: tuple[Any, Stubber]) -> None:
    client, stubber = stub
    stubber.add_response("list_metrics", {"Metrics": LISTED}, {"Namespace": "xOps/Crews"})
    read = {
        "Namespace": "xOps/Crews",
        "MetricName": "CrewStarted",
        "Dimensions": LISTED[0]["Dimensions"],
        "StartTime": END - HOUR,
        "EndTime": END,
        "Period": 60,
        "Statistics": ["Sum"],
    }
    stubber.add_response("get_metric_statistics", points(3, 0, 8), read)
    assert CloudWatchCrews(client).started(now=NOW) == {CREW: 11}


@mock_aws
def test_with_moto() -> None:
    client = boto3.client("cloudwatch", "ap-southeast-2")
    now = datetime.now(tz=UTC)  # noqa: TID251 - moto lists what is recent by its own clock
    for minute, count in ((1, 4), (59, 2), (61, 100)):
        data: Any = {
            "MetricName": "CrewStarted",
            "Dimensions": LISTED[0]["Dimensions"],
            "Timestamp": now - minute * MINUTE,
            "Value": count,
        }
        client.put_metric_data(Namespace="xOps/Crews", MetricData=[data])
    assert CloudWatchCrews(client).started(now=now) == {CREW: 6}


def test_0_is_a_count_and_silence_is_none() -> None:
    assert started(Client(points(0))) == {CREW: 0}
    silent = started(Client(points()))[CREW]
    assert isinstance(silent, SourceError)
    assert silent.reason is GapReason.STALE
    assert "publish 0 when none starts" in silent.what


@pytest.mark.parametrize(
    "listed",
    [
        [],
        [metric()],
        [metric(ClusterName="main")],
        [metric(ClusterName="main", ServiceName="crew", Version="3")],
    ],
)
def test_only_the_dimensions_of_the_contract_are_it(listed: Sequence[Mapping[str, Any]]) -> None:
    client = Client(listed=listed)
    assert started(client) == {}
    assert client.asked() == ["list_metrics"]


def test_it_is_listed_once_an_hour_and_read_each_time() -> None:
    client = Client()
    counter = CloudWatchCrews(client)  # type: ignore[arg-type]  # the part that is used
    for minute in range(0, 120, 20):
        counter.started(now=NOW + minute * MINUTE)
        client.answer = points()
    assert client.asked().count("list_metrics") == 2
    assert client.asked().count("get_metric_statistics") == 6


def test_only_so_many_services_are_read() -> None:
    listed = [metric(ClusterName="main", ServiceName=f"s{n:02}") for n in range(SUBJECTS_MAX + 5)]
    assert len(started(Client(listed=listed))) == SUBJECTS_MAX


def refusing(error: Exception) -> Any:  # noqa: ANN401 - as boto3
    def refuse(**_: object) -> Any:  # noqa: ANN401 - never returns
        raise error

    return refuse


DENIED = ClientError({"Error": {"Code": "AccessDeniedException"}}, "x")
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException"}}, "x")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DENIED, GapReason.DENIED),
        (THROTTLED, GapReason.THROTTLED),
        (ReadTimeoutError(endpoint_url="x"), GapReason.TIMEOUT),
    ],
)
def test_a_counter_that_cannot_be_read_says_why(error: Exception, reason: GapReason) -> None:
    client = Client()
    client._operations["get_metric_statistics"] = refusing(error)
    found = started(client)[CREW]
    assert isinstance(found, SourceError)
    assert found.reason is reason
    if reason is GapReason.DENIED:
        assert found.what == "missing IAM permission cloudwatch:GetMetricStatistics"


def test_who_may_not_list_metrics_offers_no_counter_and_is_asked_again_soon() -> None:
    client = Client()
    works = client._operations["list_metrics"]
    client._operations["list_metrics"] = refusing(DENIED)
    counter = CloudWatchCrews(client)  # type: ignore[arg-type]  # the part that is used
    assert counter.started(now=NOW) == {}
    client._operations["list_metrics"] = works
    assert counter.started(now=NOW + 4 * MINUTE) == {}
    client.answer = {"Datapoints": [{"Timestamp": END, "Sum": 2.0}]}
    assert counter.started(now=NOW + 5 * MINUTE) == {CREW: 2}


def test_a_counter_that_was_found_is_read_on_when_listing_fails() -> None:
    client = Client()
    counter = CloudWatchCrews(client)  # type: ignore[arg-type]  # the part that is used
    counter.started(now=NOW)
    client._operations["list_metrics"] = refusing(THROTTLED)
    client.answer = {"Datapoints": [{"Timestamp": END + HOUR, "Sum": 2.0}]}
    assert counter.started(now=NOW + HOUR + MINUTE) == {CREW: 2}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"Datapoints": None},
        {"Datapoints": [{}]},
        {"Datapoints": [{"Timestamp": END - MINUTE, "Sum": -1.0}]},
        {"Datapoints": [{"Timestamp": END - MINUTE, "Sum": float("nan")}]},
        {"Datapoints": [{"Timestamp": END - MINUTE, "Sum": "2"}]},
        {"Datapoints": [{"Timestamp": END, "Sum": 1.0}]},
        {"Datapoints": [{"Timestamp": END - 2 * HOUR, "Sum": 1.0}]},
    ],
)
def test_a_garbled_answer_is_invalid(answer: object) -> None:
    found = started(Client(answer))[CREW]
    assert isinstance(found, SourceError)
    assert found.reason is GapReason.INVALID


def test_bytes_that_are_no_answer_offer_no_counter() -> None:
    assert started(CannedAws("cloudwatch").saying(b"<html>")) == {}
