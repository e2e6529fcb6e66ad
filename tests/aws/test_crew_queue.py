"""The crews that wait by the word of the application, read from CloudWatch."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

from tests.aws.bench import MINUTE, NOW, ScriptedClient, make_client
from xops_watch.aws.crew_counter import SUBJECTS_MAX, CloudWatchCrews
from xops_watch.errors import GapReason, SourceError

SETTLED = NOW.replace(second=0) - 2 * MINUTE  # the end of the newest minute that is read
CREW = "main/crew"


def metric(name: str, service: str = "crew") -> dict[str, Any]:
    dimensions = [
        {"Name": "ClusterName", "Value": "main"},
        {"Name": "ServiceName", "Value": service},
    ]
    return {"Namespace": "xOps/Crews", "MetricName": name, "Dimensions": dimensions}


def point(minutes: float, depth: object) -> dict[str, Any]:
    return {"Timestamp": SETTLED - minutes * MINUTE, "Maximum": depth, "Unit": "Count"}


class Client(ScriptedClient):
    """Lists `listed` and answers each read by `answer`."""

    def __init__(self, answer: object, *listed: Mapping[str, Any]) -> None:
        self.answer = answer
        super().__init__(
            list_metrics=lambda **_: [{"Metrics": list(listed) or [metric("CrewQueued")]}],
            get_metric_statistics=lambda **_: self.answer,
        )

    def get_metric_statistics(self, **params: Any) -> Any:  # noqa: ANN401 - as boto3
        return self.call("get_metric_statistics", params)

    def asked(self) -> list[str]:
        return [params.get("MetricName", name) for name, params in self.calls]


def crews_of(client: Client) -> CloudWatchCrews:
    return CloudWatchCrews(client)  # type: ignore[arg-type]  # the part that is used


def queued(client: Client) -> float | SourceError:
    return crews_of(client).queued(now=NOW)[CREW]


@pytest.fixture
def stub() -> Iterator[tuple[Any, Stubber]]:
    client = make_client("cloudwatch", "http://127.0.0.1:1")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def test_the_newest_settled_minute_is_read_at_its_most(stub: tuple[Any, Stubber]) -> None:
    client, stubber = stub
    row = metric("CrewQueued")
    stubber.add_response("list_metrics", {"Metrics": [row]}, {"Namespace": "xOps/Crews"})
    read = {
        **row,
        "StartTime": datetime(2026, 1, 5, 11, 53, tzinfo=UTC),
        "EndTime": datetime(2026, 1, 5, 11, 58, tzinfo=UTC),
        "Period": 60,
        "Statistics": ["Maximum"],
    }
    points = [point(2, 9.0), point(1, 4.0), point(5, 7.0)]
    stubber.add_response("get_metric_statistics", {"Datapoints": points}, read)
    assert CloudWatchCrews(client).queued(now=NOW) == {CREW: 4}


@mock_aws
def test_with_moto() -> None:
    client = boto3.client("cloudwatch", "ap-southeast-2")
    now = datetime.now(tz=UTC)  # noqa: TID251 - moto lists what is recent by its own clock
    minute = now.replace(second=0, microsecond=0) - 3 * MINUTE
    for at, depth in ((minute, 4), (minute, 6), (minute - MINUTE, 90), (minute + MINUTE, 50)):
        data: Any = {
            "MetricName": "CrewQueued",
            "Dimensions": metric("CrewQueued")["Dimensions"],
            "Timestamp": at,
            "Value": depth,
        }
        client.put_metric_data(Namespace="xOps/Crews", MetricData=[data])
    crews = CloudWatchCrews(client)
    assert crews.queued(now=now.replace(second=30)) == {CREW: 6}
    assert crews.started(now=now) == {}


def test_0_is_a_backlog_and_silence_is_none() -> None:
    assert queued(Client({"Datapoints": [point(1, 0.0)]})) == 0
    silent = queued(Client({"Datapoints": []}))
    assert isinstance(silent, SourceError)
    assert silent.reason is GapReason.STALE
    assert silent.what == (
        "xOps/Crews CrewQueued has no point of the last minutes: publish 0 when none waits"
    )


def test_one_listing_an_hour_serves_both_metrics() -> None:
    client = Client({"Datapoints": []}, metric("CrewQueued"), metric("CrewStarted", "starter"))
    crews = crews_of(client)
    for minute in (0, 30, 59):
        assert crews.queued(now=NOW + minute * MINUTE).keys() == {CREW}
        assert crews.started(now=NOW + minute * MINUTE).keys() == {"main/starter"}
    assert client.asked() == ["list_metrics", *["CrewQueued", "CrewStarted"] * 3]
    crews.queued(now=NOW + timedelta(hours=1))
    assert client.asked().count("list_metrics") == 2


def test_two_threads_share_one_listing() -> None:
    client = Client({"Datapoints": [point(1, 3.0)]})
    crews = crews_of(client)
    threads = [Thread(target=crews.queued, kwargs={"now": NOW}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.asked().count("list_metrics") == 1
    assert client.asked().count("CrewQueued") == 4


@pytest.mark.parametrize("name", ["CrewStarted", "CrewFailed"])
def test_a_metric_of_another_name_is_no_backlog_and_costs_no_call(name: str) -> None:
    client = Client({"Datapoints": []}, metric(name))
    assert crews_of(client).queued(now=NOW) == {}
    assert client.asked() == ["list_metrics"]


def test_only_so_many_services_are_read() -> None:
    listed = [metric("CrewQueued", f"s{n:02}") for n in range(SUBJECTS_MAX + 5)]
    client = Client({"Datapoints": []}, *listed)
    assert len(crews_of(client).queued(now=NOW)) == SUBJECTS_MAX


DENIED = ClientError({"Error": {"Code": "AccessDeniedException"}}, "x")
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException"}}, "x")


def refusing(error: Exception) -> Any:  # noqa: ANN401 - as boto3
    def refuse(**_: object) -> Any:  # noqa: ANN401 - never returns
        raise error

    return refuse


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DENIED, GapReason.DENIED),
        (THROTTLED, GapReason.THROTTLED),
        (ReadTimeoutError(endpoint_url="x"), GapReason.TIMEOUT),
    ],
)
def test_a_backlog_that_cannot_be_read_says_why(error: Exception, reason: GapReason) -> None:
    client = Client({})
    client._operations["get_metric_statistics"] = refusing(error)
    found = queued(client)
    assert isinstance(found, SourceError)
    assert found.reason is reason
    if reason is GapReason.DENIED:
        assert found.what == "missing IAM permission cloudwatch:GetMetricStatistics"


def test_who_may_not_list_metrics_offers_no_backlog() -> None:
    client = Client({})
    client._operations["list_metrics"] = refusing(DENIED)
    assert crews_of(client).queued(now=NOW) == {}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"Datapoints": None},
        {"Datapoints": [{}]},
        {"Datapoints": [point(1, -1.0)]},
        {"Datapoints": [point(1, float("inf"))]},
        {"Datapoints": [point(1, "2")]},
        {"Datapoints": [{"Timestamp": SETTLED - MINUTE, "Sum": 2.0}]},
        {"Datapoints": [point(0, 1.0)]},
        {"Datapoints": [point(6, 1.0)]},
        {"Datapoints": [point(1, 1.0), point(1, 2.0)]},
    ],
)
def test_a_garbled_answer_is_invalid(answer: object) -> None:
    found = queued(Client(answer))
    assert isinstance(found, SourceError)
    assert found.reason is GapReason.INVALID
