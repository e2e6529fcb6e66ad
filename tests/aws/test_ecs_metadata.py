"""What a task learns of itself, from documents in the form of the metadata endpoint."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.aws.metadata_server import PATH, TASK, serving
from xops_watch.aws import metadata
from xops_watch.aws.metadata import METADATA_VARIABLE, Task, on_ecs, own_task
from xops_watch.errors import UnreachableError


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(metadata, "PAUSE_SECONDS", 0.0)


def read(address: str) -> Task:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(METADATA_VARIABLE, address)
        assert on_ecs()
        return own_task()


def answer(task: Mapping[str, object] | bytes) -> Task:
    with serving(task) as server:
        return read(server.variable)


def error(task: Mapping[str, object] | bytes) -> str:
    with pytest.raises(UnreachableError) as caught:
        answer(task)
    assert "XOPS_WATCH_ECS__CLUSTERS" in caught.value.hint
    assert caught.value.what.isprintable()
    return caught.value.what


def test_a_task_of_a_service_on_fargate() -> None:
    assert answer(TASK) == Task(
        arn="arn:aws:ecs:ap-southeast-2:123456789012:task/xops/e9028f8d5d8e4f258373e7b93ce9a3c3",
        cluster="arn:aws:ecs:ap-southeast-2:123456789012:cluster/xops",
        service="open-webui",
        family="open-webui",
        region="ap-southeast-2",
        account="123456789012",
    )


def test_a_cluster_may_be_told_by_its_short_name() -> None:
    task = answer({**TASK, "Cluster": "default"})
    assert (task.cluster, task.region) == ("default", "ap-southeast-2")


@pytest.mark.parametrize("said", [{}, {"ServiceName": None}, {"ServiceName": ""}])
def test_a_task_without_a_service_has_none(said: Mapping[str, object]) -> None:
    alone = {name: value for name, value in TASK.items() if name != "ServiceName"}
    assert answer({**alone, **said}).service is None


def test_the_old_form_of_a_task_arn_has_region_and_account() -> None:
    arn = "arn:aws-cn:ecs:cn-north-1:210987654321:task/2dbee2e8-1d2c-4a0e-9c4b-6f8b8f9d0d5b"
    task = answer({**TASK, "TaskARN": arn})
    assert (task.region, task.account) == ("cn-north-1", "210987654321")


def test_it_is_asked_once() -> None:
    with serving() as server:
        assert read(server.variable) == read(server.variable)
        assert server.asked == [f"{PATH}/task"]


def test_a_proxy_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert answer(TASK).service == "open-webui"


def test_it_may_need_a_moment() -> None:
    with serving() as server:
        server.before = [500, 404]
        assert read(server.variable).family == "open-webui"
        assert len(server.asked) == 3


def test_an_endpoint_that_always_fails_is_told_after_three_attempts() -> None:
    with serving() as server:
        server.before = [500] * 9
        with pytest.raises(UnreachableError, match="does not answer: HTTP status 500"):
            read(server.variable)
        assert len(server.asked) == 3


def test_a_failure_is_not_remembered() -> None:
    with serving() as server:
        server.before = [500] * 3
        with pytest.raises(UnreachableError):
            read(server.variable)
        assert read(server.variable).family == "open-webui"


def test_an_endpoint_that_hangs_is_not_waited_for() -> None:
    with serving() as server:
        server.gate.clear()
        with pytest.raises(UnreachableError, match="does not answer: timed out"):
            read(server.variable)


def test_an_endpoint_that_is_not_there_is_told() -> None:
    with pytest.raises(UnreachableError, match=r"does not answer: .*refused"):
        read("http://127.0.0.1:1/v4/x")


@pytest.mark.parametrize("address", ["file:///etc/passwd", "169.254.170.2/v4", "https://a/b"])
def test_what_is_no_address_of_the_endpoint_is_never_opened(address: str) -> None:
    with pytest.raises(UnreachableError, match="is not the address of the ECS metadata endpoint"):
        read(address)


@pytest.mark.parametrize("address", ["http://", "http://[::1", "http://a b/", "http://127.0.0.1:x"])
def test_an_address_that_leads_nowhere_is_one_line(address: str) -> None:
    with pytest.raises(UnreachableError, match="does not answer"):
        read(address)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "Invalid JSON"),
        (b"<html>", "Invalid JSON"),
        (b"[]", "the answer: "),
        (b"\xff\xfe", "Invalid JSON"),
        (b"[" * 100_000, "Invalid JSON"),
        (b"{}", "TaskARN: Field required"),
    ],
)
def test_what_is_no_task_is_refused(body: bytes, said: str) -> None:
    assert said in error(body)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("TaskARN", "arn:aws:s3:::bucket"),
        ("TaskARN", "arn:aws:ecs:ap-southeast-2:12345:task/x"),
        ("TaskARN", 5),
        ("Cluster", ""),
        ("Cluster", "*"),
        ("Cluster", "a,b"),
        ("Cluster", "x" * 300),
        ("Cluster", "x\x1b[2J"),
        ("Cluster", None),
        ("Family", None),
        ("ServiceName", ["x"]),
        ("ServiceName", "a/b"),
    ],
)
def test_a_field_that_makes_no_sense_is_named(field: str, value: object) -> None:
    assert f"answers what it should not: {field}: " in error({**TASK, field: value})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(TASK)), json_values) | json_values)
def test_any_document_is_a_task_or_one_clear_error(document: object) -> None:
    content = {**TASK, **document} if isinstance(document, dict) else document
    assert account_or_error(json.dumps(content).encode()).isprintable()


def account_or_error(body: bytes) -> str:
    try:
        return metadata._parse(body).account
    except UnreachableError as told:
        return told.what
