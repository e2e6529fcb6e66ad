"""The tasks of a cluster one by one, and how few calls that takes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber
from mypy_boto3_ecs import ECSClient

from tests.aws.bench import MINUTE, NOW, CannedAws, ScriptedClient, make_client
from xops_watch.aws.tasks import Task, TaskBook
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason, SourceError

PREFIX = "arn:aws:ecs:ap-southeast-2:123456789012"


def described(name: str, status: str = "RUNNING", **fields: object) -> dict[str, Any]:
    return {
        "taskArn": f"{PREFIX}:task/main/{name}",
        "taskDefinitionArn": f"{PREFIX}:task-definition/crew-worker:3",
        "lastStatus": status,
        "desiredStatus": "RUNNING",
        "group": "family:crew-worker",
        "createdAt": NOW - MINUTE,
        **fields,
    }


class TinyTasks:
    """Tasks by whether ECS wants them; `described` is what it says of each."""

    def __init__(self) -> None:
        self.wanted: list[dict[str, Any]] = []
        self.stopped: list[dict[str, Any]] = []
        self.gone: set[str] = set()
        self.why = "MISSING"
        self.client: Any = ScriptedClient(list_tasks=self._list, describe_tasks=self._describe)

    def calls(self) -> list[str]:
        names = [name for name, _ in self.client.calls]
        self.client.calls.clear()
        return names

    def _list(self, cluster: str, desiredStatus: str) -> Sequence[Mapping[str, Any]]:  # noqa: N803 - as boto3 names it
        assert cluster == "main"
        tasks = self.wanted if desiredStatus == "RUNNING" else self.stopped
        arns = [task["taskArn"] for task in tasks]
        return [{"taskArns": arns[:100]}, {"taskArns": arns[100:]}]

    def _describe(self, cluster: str, tasks: Sequence[str]) -> Mapping[str, Any]:
        assert cluster == "main"
        assert 0 < len(tasks) <= 100
        every = {task["taskArn"]: task for task in (*self.wanted, *self.stopped)}
        return {
            "tasks": [every[arn] for arn in tasks if arn not in self.gone],
            "failures": [{"arn": arn, "reason": self.why} for arn in tasks if arn in self.gone],
        }


def task(**fields: Any) -> Task:  # noqa: ANN401 - fields of a task
    known = {"service": None, "family": "crew-worker", "since": NOW - MINUTE, "coming_up": False}
    return Task(**{**known, **fields})


@pytest.fixture
def stub() -> Iterator[tuple[ECSClient, Stubber]]:
    client: ECSClient = make_client("ecs", "http://127.0.0.1:1")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def test_recorded_answers_and_what_may_be_asked(stub: tuple[ECSClient, Stubber]) -> None:
    client, stubber = stub
    one = described("one", group="service:web", connectivity="CONNECTED", launchType="FARGATE")
    listed = {"taskArns": [one["taskArn"]]}
    stubber.add_response("list_tasks", listed, {"cluster": "main", "desiredStatus": "RUNNING"})
    none: dict[str, Any] = {"taskArns": []}
    stubber.add_response("list_tasks", none, {"cluster": "main", "desiredStatus": "STOPPED"})
    asked = {"cluster": "main", "tasks": [one["taskArn"]]}
    stubber.add_response("describe_tasks", {"tasks": [one], "failures": []}, asked)
    assert TaskBook(client, "main").read(now=NOW) == (task(service="web"),)


def test_over_http(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.put_cluster(
        "main",
        services=[{"name": "web", "desired": 2, "running": 1, "pending": 1}],
        tasks=[
            {"task_definition": "crew:7", "last_status": "PROVISIONING"},
            {"task_definition": "crew:7", "last_status": "STOPPED"},
        ],
    )
    book = TaskBook(ecs, "main")
    found = [(one.service, one.family, one.coming_up) for one in book.read(now=NOW)]
    assert sorted(found, key=str) == [
        ("web", "web", False),
        ("web", "web", True),
        (None, "crew", False),
        (None, "crew", True),
    ]


@pytest.mark.parametrize(
    ("status", "coming_up"),
    [
        ("PROVISIONING", True),
        ("PENDING", True),
        ("ACTIVATING", True),
        ("RUNNING", False),
        ("DEACTIVATING", False),
        ("STOPPING", False),
        ("A_NEW_ONE", False),
    ],
)
def test_a_task_waits_until_it_runs(status: str, *, coming_up: bool) -> None:
    tiny = TinyTasks()
    tiny.wanted = [described("a", status)]
    assert TaskBook(tiny.client, "main").read(now=NOW) == (task(coming_up=coming_up),)


def test_a_task_without_a_time_is_as_old_as_it_is_known() -> None:
    tiny = TinyTasks()
    tiny.wanted = [described("a", "PROVISIONING", createdAt=None)]
    book = TaskBook(tiny.client, "main")
    for later in (0, 3):
        (found,) = book.read(now=NOW + later * MINUTE)
        assert found.since == NOW
    tiny.wanted = [described("a", "PENDING", createdAt=NOW - 2 * MINUTE)]
    (found,) = book.read(now=NOW + 4 * MINUTE)
    assert found.since == NOW - 2 * MINUTE


def test_a_quiet_cluster_costs_two_listings() -> None:
    tiny = TinyTasks()
    tiny.wanted = [described("a"), described("b", "PENDING")]
    tiny.stopped = [described("c", "STOPPED", createdAt=NOW - timedelta(hours=9))]
    book = TaskBook(tiny.client, "main")
    listings = ["list_tasks", "list_tasks"]
    book.read(now=NOW)
    assert tiny.calls() == [*listings, "describe_tasks"]
    book.read(now=NOW + MINUTE)  # b still comes up
    assert tiny.calls() == [*listings, "describe_tasks"]
    tiny.wanted = [described("a"), described("b")]
    book.read(now=NOW + 2 * MINUTE)
    tiny.calls()
    for later in range(3, 60):
        assert len(book.read(now=NOW + later * MINUTE)) == 3
        assert tiny.calls() == listings


def test_a_hundred_tasks_are_described_at_a_time() -> None:
    tiny = TinyTasks()
    tiny.wanted = [described(f"t{number}") for number in range(201)]
    assert len(TaskBook(tiny.client, "main").read(now=NOW)) == 201
    assert tiny.calls().count("describe_tasks") == 3


def test_a_task_is_known_for_an_hour_after_its_creation_whatever_is_listed() -> None:
    tiny = TinyTasks()
    tiny.wanted = [described("a", "PENDING", createdAt=NOW)]
    book = TaskBook(tiny.client, "main")
    book.read(now=NOW)
    tiny.wanted = []
    for later in (1, 59.9):
        assert book.read(now=NOW + later * MINUTE) == (task(since=NOW, coming_up=False),)
    assert book.read(now=NOW + 60 * MINUTE) == ()


def test_a_task_that_ended_between_two_calls_is_left_out() -> None:
    tiny = TinyTasks()
    tiny.wanted = [described("a"), described("b")]
    tiny.gone = {tiny.wanted[0]["taskArn"]}
    book = TaskBook(tiny.client, "main")
    assert len(book.read(now=NOW)) == 1
    tiny.why = "ACCESS"
    with pytest.raises(SourceError, match="a listed task failed: 'ACCESS'"):
        book.read(now=NOW)


@pytest.mark.parametrize("operation", ["list_tasks", "describe_tasks"])
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "x"), GapReason.DENIED),
        (ClientError({"Error": {"Code": "ThrottlingException"}}, "x"), GapReason.THROTTLED),
        (ReadTimeoutError(endpoint_url="x"), GapReason.TIMEOUT),
    ],
)
def test_a_refusal_has_its_reason(operation: str, error: Exception, reason: GapReason) -> None:
    tiny = TinyTasks()
    tiny.wanted = [described("a")]

    def refuse(**_: object) -> Sequence[Mapping[str, Any]]:
        raise error

    tiny.client._operations[operation] = refuse
    with pytest.raises(SourceError) as caught:
        TaskBook(tiny.client, "main").read(now=NOW)
    assert caught.value.reason is reason
    if reason is GapReason.DENIED:
        action = {"list_tasks": "ecs:ListTasks", "describe_tasks": "ecs:DescribeTasks"}[operation]
        assert caught.value.what == f"missing IAM permission {action}"


def test_what_was_read_before_a_failure_is_not_asked_for_again() -> None:
    tiny = TinyTasks()
    tiny.wanted = [described(f"t{number}") for number in range(150)]
    book = TaskBook(tiny.client, "main")
    tiny.gone, tiny.why = {tiny.wanted[149]["taskArn"]}, "BROKEN"
    with pytest.raises(SourceError):
        book.read(now=NOW)
    tiny.gone = set()
    tiny.client.calls.clear()
    assert len(book.read(now=NOW)) == 150
    (params,) = [params for name, params in tiny.client.calls if name == "describe_tasks"]
    assert len(params["tasks"]) == 50


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"tasks": None},
        {"tasks": [{}]},
        {"tasks": [described("a", createdAt="yesterday")]},
        {"tasks": [described("a", createdAt=datetime(2026, 1, 1))]},  # noqa: DTZ001 - no zone
        {"tasks": [described("a", taskDefinitionArn=None)]},
        {"tasks": [described("a", lastStatus=None)]},
    ],
)
def test_a_garbled_answer_is_invalid(answer: object) -> None:
    tiny = TinyTasks()
    tiny.wanted = [described("a")]
    tiny.client._operations["describe_tasks"] = lambda **_: answer
    with pytest.raises(SourceError) as caught:
        TaskBook(tiny.client, "main").read(now=NOW)
    assert caught.value.reason is GapReason.INVALID


def test_a_listing_without_its_list_is_invalid() -> None:
    client: Any = ScriptedClient(list_tasks=lambda **_: [{}])
    with pytest.raises(SourceError, match="taskArns"):
        TaskBook(client, "main").read(now=NOW)


@pytest.mark.parametrize(
    ("body", "status"), [(b"<html>", 200), (b"[]", 200), (b"{", 200), (b"null", 200), (b"", 503)]
)
def test_bytes_that_are_no_answer(body: bytes, status: int) -> None:
    with pytest.raises(SourceError):
        TaskBook(CannedAws("ecs").saying(body, status=status), "main").read(now=NOW)
