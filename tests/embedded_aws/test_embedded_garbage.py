"""Requests that no SDK would send are refused; they never become an error of our own."""

import json
import urllib.error
import urllib.request
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xops_watch.embedded_aws.control import EmbeddedAws

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False)
    | st.sampled_from(["m1", "AWS/ECS", "Average", "p90", "m1 + 1", "NaN", ""])
)
WORDS = (
    "MetricDataQueries StartTime EndTime MaxDatapoints NextToken Id MetricStat Metric Period Stat "
    "Namespace MetricName Dimensions Expression Statistics cluster services tasks maxResults"
)
NAMES = st.sampled_from(WORDS.split())
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
QUERY: dict[str, Any] = {
    "Id": "m1",
    "MetricStat": {"Metric": {"Namespace": "n", "MetricName": "m"}, "Period": 60, "Stat": "Sum"},
}
TARGETS = {
    "GraniteServiceVersion20100801": ["GetMetricData", "GetMetricStatistics", "ListMetrics"],
    "AmazonEC2ContainerServiceV20141113": ["ListTasks", "DescribeServices", "DescribeClusters"],
}


def status(endpoint: str, path: str, headers: dict[str, str], body: bytes) -> int:
    request = urllib.request.Request(  # noqa: S310  (http, ours)
        f"{endpoint}{path}", data=body, headers=headers
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - http to loopback, ours
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


@pytest.mark.parametrize(
    "target", [f"{prefix}.{name}" for prefix, names in TARGETS.items() for name in names]
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.dictionaries(NAMES, VALUES, max_size=6))
def test_any_json(running_aws: EmbeddedAws, target: str, content: dict[str, Any]) -> None:
    body = json.dumps(content).encode()
    assert status(running_aws.endpoint, "/", {"X-Amz-Target": target}, body) in {200, 400}


@settings(max_examples=60, deadline=None)
@given(changes=st.dictionaries(NAMES, VALUES, max_size=3), name=NAMES, value=VALUES)
def test_almost_right_cbor(
    running_aws: EmbeddedAws, changes: dict[str, Any], name: str, value: object
) -> None:
    content = {
        "StartTime": cbor2.CBORTag(1, 1_790_000_000),
        "EndTime": cbor2.CBORTag(1, 1_790_003_600),
        "MetricDataQueries": [{**QUERY, name: value}],
        **changes,
    }
    path = "/service/GraniteServiceVersion20100801/operation/GetMetricData"
    assert status(running_aws.endpoint, path, {}, cbor2.dumps(content)) in {200, 400}
