"""Whatever is answered, a source returns sound observations or raises SourceError."""

import json
from functools import cache
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.aws.bench import MINUTE, NOW, CannedAws, ScriptedClient
from tests.aws.tiny_ecs import TinyEcs
from tests.contract.source_promises import assert_line, assert_promises_kept
from tests.sources.cloudwatch_scene import NEWEST
from tests.sources.hostile import JSON_LIKE, damaged, for_cbor, for_json
from xops_watch.aws.inventory import EcsInventory
from xops_watch.errors import GapReason, SourceError
from xops_watch.ports import Source
from xops_watch.sources.cloudwatch import CloudWatchSource
from xops_watch.sources.ecs import EcsSource

ECS_ANSWER: dict[str, Any] = {
    "clusterArns": ["arn:aws:ecs:r:1:cluster/main"],
    "serviceArns": ["arn:aws:ecs:r:1:service/main/crew", "web"],
    "clusters": [
        {
            "clusterName": "main",
            "status": "ACTIVE",
            "runningTasksCount": 5,
            "pendingTasksCount": 2,
        }
    ],
    "services": [
        {
            "serviceName": "crew",
            "status": "ACTIVE",
            "desiredCount": 4,
            "runningCount": 2,
            "pendingCount": 1,
            "deployments": [
                {
                    "status": "PRIMARY",
                    "rolloutState": "IN_PROGRESS",
                    "failedTasks": 0,
                    "createdAt": NOW - 20 * MINUTE,
                },
                {"status": "ACTIVE", "createdAt": NOW - 90 * MINUTE},
            ],
            "events": [
                {"createdAt": NOW - MINUTE, "message": "has reached a steady state"},
                {
                    "createdAt": NOW - 3 * MINUTE,
                    "message": "is unable to consistently start tasks successfully",
                },
            ],
        }
    ],
}
CLOUDWATCH_ANSWER: dict[str, Any] = {
    "MetricDataResults": [
        {
            "Id": f"m{index}",
            "StatusCode": "Complete",
            "Timestamps": [NEWEST, NEWEST - MINUTE],
            "Values": [80.0, 12.5],
        }
        for index in range(2)
    ],
}


def ecs_source(client: Any, clusters: tuple[str, ...]) -> EcsSource:  # noqa: ANN401 - real or scripted
    return EcsSource(
        EcsInventory(client, clusters=clusters),
        interval=MINUTE,
        crew_services=("*",),
        ignored_services=(),
    )


def cloudwatch_source(client: Any) -> CloudWatchSource:  # noqa: ANN401 - real or scripted
    inventory = EcsInventory(TinyEcs({"main": ["web", "api"]}).client, clusters=("main",))
    return CloudWatchSource(
        client, inventory, interval=MINUTE, settle=2 * MINUTE, lookback=30 * MINUTE
    )


def assert_sound(source: Source) -> None:
    """Ask three times: what one answer left behind must not break the next."""
    for now in (NOW, NOW + MINUTE, NOW - MINUTE):
        try:
            observations = source.observe(now=now)
        except SourceError as error:
            assert_line(error.what)
            assert_line(error.hint)
        else:
            assert_promises_kept(source, observations, now=now)


@given(
    listed=st.lists(damaged(ECS_ANSWER), max_size=2) | JSON_LIKE,
    clusters=damaged(ECS_ANSWER),
    described=damaged(ECS_ANSWER),
    names=st.sampled_from([("*",), ("main",), ("main", "arn:x/other")]),
)
def test_any_answer_of_ecs(
    listed: object, clusters: object, described: object, names: tuple[str, ...]
) -> None:
    client = ScriptedClient(
        list_clusters=lambda: [clusters],
        list_services=lambda **_: listed,
        describe_services=lambda **_: described,
        describe_clusters=lambda **_: clusters,
    )
    assert_sound(ecs_source(client, names))


@given(pages=st.lists(damaged(CLOUDWATCH_ANSWER), max_size=3) | JSON_LIKE)
def test_any_answer_of_cloudwatch(pages: object) -> None:
    assert_sound(cloudwatch_source(ScriptedClient(get_metric_data=lambda **_: pages)))


CBOR = "smithy-rpc-v2-cbor"


@cache
def canned(service: str, protocol: str = "json") -> CannedAws:
    return CannedAws(service, protocol=protocol)


# What botocore itself reads: the same answers as bytes, through its own parsers.
of_the_wire = settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
STATUS = st.sampled_from([200, 200, 200, 200, 302, 400, 403, 404, 429, 500, 503])
BYTES = st.binary(max_size=40) | st.sampled_from(
    [
        b"",
        b"null",
        b"[]",
        b"1",
        b'"x"',
        b"{",
        b"[" * 50_000,
        b"\xff\xfe",
        b"<html>no</html>",
        b'{"__type": 5}',
        b'{"Error": 1}',
        b'{"__type": "a#b\\nc", "message": "x\\ny"}',
    ]
)


@of_the_wire
@given(body=damaged(ECS_ANSWER), status=STATUS)
def test_any_json_of_ecs(body: object, status: int) -> None:
    client = canned("ecs").saying(json.dumps(for_json(body)).encode(), status=status)
    assert_sound(ecs_source(client, ("main",)))


@of_the_wire
@given(body=damaged(CLOUDWATCH_ANSWER), status=STATUS)
def test_any_json_of_cloudwatch(body: object, status: int) -> None:
    client = canned("cloudwatch").saying(json.dumps(for_json(body)).encode(), status=status)
    assert_sound(cloudwatch_source(client))


@of_the_wire
@given(body=damaged(CLOUDWATCH_ANSWER) | JSON_LIKE, status=STATUS)
def test_any_cbor_of_cloudwatch(body: object, status: int) -> None:
    content = cbor2.dumps(for_cbor(body), datetime_as_timestamp=True)
    client = canned("cloudwatch", CBOR).saying(content, status=status)
    assert_sound(cloudwatch_source(client))


@of_the_wire
@given(body=BYTES, status=STATUS)
def test_any_bytes(body: bytes, status: int) -> None:
    assert_sound(ecs_source(canned("ecs").saying(body, status=status), ("main",)))
    for protocol in ("json", CBOR):
        client = canned("cloudwatch", protocol).saying(body, status=status)
        assert_sound(cloudwatch_source(client))


@pytest.mark.parametrize("cut", range(0, 174, 7))
def test_a_cbor_answer_that_breaks_off(cut: int) -> None:
    whole = cbor2.dumps(CLOUDWATCH_ANSWER, datetime_as_timestamp=True)
    assert len(whole) == 174
    source = cloudwatch_source(canned("cloudwatch", CBOR).saying(whole[:cut]))
    with pytest.raises(SourceError) as caught:
        source.observe(now=NOW)
    assert caught.value.reason is GapReason.INVALID


@pytest.mark.parametrize("protocol", ["json", CBOR])
def test_the_whole_answer_is_read_in_both_protocols(protocol: str) -> None:
    whole = {
        "json": json.dumps(for_json(CLOUDWATCH_ANSWER)).encode(),
        CBOR: cbor2.dumps(CLOUDWATCH_ANSWER, datetime_as_timestamp=True),
    }
    source = cloudwatch_source(canned("cloudwatch", protocol).saying(whole[protocol]))
    assert len(source.observe(now=NOW)) == 4
