import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from mypy_boto3_cloudwatch import CloudWatchClient
from mypy_boto3_ecs import ECSClient
from mypy_boto3_sns import SNSClient

from tests.embedded_aws.asking import ask, hour, minutes, put, stat
from xops_watch.embedded_aws.control import ControlRefusedError, EmbeddedAws


def send(aws: EmbeddedAws, method: str, path: str, body: bytes) -> tuple[int, Any]:
    request = urllib.request.Request(  # noqa: S310  (http, ours)
        f"{aws.endpoint}{path}", data=body, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - http to loopback, ours
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


SERIES = {"namespace": "n", "metric": "m", "points": []}


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "words"),
    [
        ("GET", "nothing", None, 404, "no such path"),
        ("PUT", "faults", None, 405, "no such method"),
        ("POST", "ecs/clusters/main", {}, 405, "no such method"),
        ("PUT", "ecs/clusters/a.b", {}, 404, "no such path"),
        ("PUT", "ecs/clusters/main", [], 400, "must be a JSON object"),
        ("PUT", "ecs/clusters/main", {"service": []}, 400, "unknown field 'service'"),
        ("PUT", "ecs/clusters/main", {"services": {}}, 400, "must be a JSON list"),
        ("PUT", "ecs/clusters/main", {"services": [{}]}, 400, "name: is required"),
        ("PUT", "ecs/clusters/main", {"services": [{"name": "a", "runing": 1}]}, 400, "'runing'"),
        ("PUT", "ecs/clusters/main", {"services": [{"name": "a", "running": -1}]}, 400, "whole"),
        ("PUT", "ecs/clusters/main", {"services": [{"name": "a", "status": "UP"}]}, 400, "one of"),
        ("PUT", "ecs/clusters/main", {"services": [{"name": "a"}, {"name": "a"}]}, 400, "twice"),
        (
            "PUT",
            "ecs/clusters/main",
            {"services": [{"name": "a", "running": 2, "tasks": [{}]}]},
            400,
            "differ",
        ),
        ("PUT", "ecs/clusters/main", {"tasks": [{"created_at": "noon"}]}, 400, "ISO 8601"),
        ("PUT", "ecs/clusters/main", {"tags": {"a": 1}}, 400, "texts"),
        ("PUT", "ecs/clusters/main", {"capacity_providers": [1]}, 400, "texts"),
        ("POST", "cloudwatch/points", {"series": [{"metric": "m"}]}, 400, "namespace: is required"),
        ("POST", "cloudwatch/points", {"series": [{**SERIES, "unit": "Apples"}]}, 400, "Apples"),
        ("POST", "cloudwatch/points", {"series": [{**SERIES, "points": [1]}]}, 400, "pair"),
        ("POST", "cloudwatch/points", {"series": [{**SERIES, "points": [[1]]}]}, 400, "pair"),
        (
            "POST",
            "cloudwatch/points",
            {"series": [{**SERIES, "points": [[0, "1"]]}]},
            400,
            "number",
        ),
        ("POST", "cloudwatch/points", {"series": [{**SERIES, "points": [[1e99, 1]]}]}, 400, "time"),
        (
            "POST",
            "cloudwatch/points",
            {"series": [{**SERIES, "points": [["2026-03-01T00:00:00", 1]]}]},
            400,
            "offset",
        ),
        (
            "POST",
            "cloudwatch/points",
            {"series": [{**SERIES, "storage_resolution": 5}]},
            400,
            "1 or 60",
        ),
        ("POST", "faults", {"service": "ecs"}, 400, "kind: is required"),
        ("POST", "faults", {"kind": "throttle"}, 400, "service: is required"),
    ],
)
def test_refused_with_a_reason(
    aws: EmbeddedAws, method: str, path: str, content: object, status: int, words: str
) -> None:
    body = b"" if content is None else json.dumps(content).encode()
    found, answer = send(aws, method, f"/_embedded/{path}", body)
    assert found == status
    assert words in answer["error"]


def test_a_body_that_is_not_json(aws: EmbeddedAws) -> None:
    status, answer = send(aws, "POST", "/_embedded/faults", b"{")
    assert status == 400
    assert "not JSON" in answer["error"]


def test_a_refused_request_changes_nothing(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.put_cluster("main")
    with pytest.raises(ControlRefusedError, match="one of"):
        aws.put_cluster("main", services=[{"name": "web", "status": "UP"}])
    assert ecs.list_services(cluster="main")["serviceArns"] == []


def test_times_as_iso_or_unix_seconds(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    points = [(hour().isoformat(), 1.0), (hour().timestamp(), 3.0), (hour(), 5.0)]
    series = {"namespace": "AWS/ECS", "metric": "X", "points": points}
    assert aws.put_points(series) == 3  # type: ignore[arg-type]  # a dict, not a literal
    answer = ask(cloudwatch, stat(metric="X", dimensions={}))
    assert answer["MetricDataResults"][0]["Values"] == [3.0]


def test_requests_are_recorded(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, ecs: ECSClient, sns: SNSClient
) -> None:
    put(aws, minutes(hour(), [1.0]))
    aws.clear_requests()
    ask(cloudwatch, stat())
    aws.add_fault("throttle", service="ecs", times=1)
    with pytest.raises(ecs.exceptions.ClientError):
        ecs.list_clusters(maxResults=5)
    ecs.list_clusters()
    sns.create_topic(Name="recorded")
    requests = aws.requests()
    assert requests.counts == {
        ("cloudwatch", "GetMetricData"): 1,
        ("ecs", "ListClusters"): 2,
        ("sns", "CreateTopic"): 1,
    }
    shown = [(call.operation, call.faults, call.status) for call in requests.last]
    assert shown == [
        ("GetMetricData", (), 200),
        ("ListClusters", ("throttle",), 400),
        ("ListClusters", (), 200),
        ("CreateTopic", (), 200),
    ]
    assert requests.last[1].params == {"maxResults": 5}
    assert requests.last[3].params == {"Name": "recorded"}
    assert {call.region for call in requests.last} == {"ap-southeast-2"}
    aws.clear_requests()
    assert aws.requests().counts == {}


def test_an_overlaid_operation_in_an_old_protocol_is_an_error(aws: EmbeddedAws) -> None:
    scope = "x/20260301/us-east-1/monitoring/aws4_request"
    request = urllib.request.Request(  # noqa: S310  (http, ours)
        aws.endpoint,
        data=b"Action=ListMetrics&Version=2010-08-01",
        headers={"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}"},
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=5)  # noqa: S310 - http to loopback, ours
    with caught.value as error:
        assert error.code == 400
        assert b"<Code>UnsupportedProtocol</Code>" in error.read()


@pytest.mark.parametrize("body", [b"\xff\xff", b"[]", b"{", b'{"MetricDataQueries": 5}'])
@pytest.mark.parametrize("cbor", [True, False])
def test_a_body_that_cannot_be_read_is_never_our_error(
    aws: EmbeddedAws, body: bytes, *, cbor: bool
) -> None:
    path = "/service/GraniteServiceVersion20100801/operation/GetMetricData" if cbor else "/"
    target = {} if cbor else {"X-Amz-Target": "GraniteServiceVersion20100801.GetMetricData"}
    url = f"{aws.endpoint}{path}"
    request = urllib.request.Request(url, data=body, headers=target)  # noqa: S310 - http to loopback, ours
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=5)  # noqa: S310 - http to loopback, ours
    with caught.value as error:
        assert error.code == 400
