from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.embedded_aws.asking import MINUTE, ask, hour, minutes, put, refusal, stamps, stat
from xops_watch.embedded_aws.control import EmbeddedAws

ORDERS = st.sampled_from(["TimestampAscending", "TimestampDescending"])


def pages(client: CloudWatchClient, *queries: dict[str, Any], **changes: Any) -> list[Any]:  # noqa: ANN401 - any parameters of any call
    found = [ask(client, *queries, **changes)]
    while "NextToken" in found[-1]:
        found.append(ask(client, *queries, **changes, NextToken=found[-1]["NextToken"]))
        assert len(found) < 200
    return found


def joined(found: list[Any]) -> dict[str, list[float]]:
    whole: dict[str, list[float]] = {}
    for page in found:
        for result in page["MetricDataResults"]:
            whole.setdefault(result["Id"], []).extend(result["Values"])
    return whole


def test_a_page_ends_within_a_series(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    put(aws, minutes(hour(), [1.0, 2.0, 3.0]))
    put(aws, minutes(hour(), [4.0, 5.0]), metric="MemoryUtilization")
    queries = [stat("m1"), stat("m2", metric="MemoryUtilization")]
    found = pages(cloudwatch, *queries, MaxDatapoints=2)
    shown = [
        [(each["Id"], each["Values"], each["StatusCode"]) for each in page["MetricDataResults"]]
        for page in found
    ]
    assert shown == [
        [("m1", [1.0, 2.0], "PartialData")],
        [("m1", [3.0], "Complete"), ("m2", [4.0], "PartialData")],
        [("m2", [5.0], "Complete")],
    ]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    sizes=st.lists(st.integers(0, 6), min_size=1, max_size=4), page=st.integers(1, 9), order=ORDERS
)
def test_pages_joined_are_the_whole(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient, sizes: list[int], page: int, order: str
) -> None:
    aws.clear_points()
    queries = []
    for index, size in enumerate(sizes):
        put(
            aws,
            minutes(hour(), [float(10 * index + each) for each in range(size)]),
            metric=f"M{index}",
        )
        queries.append(stat(f"m{index}", metric=f"M{index}"))
    found = pages(cloudwatch, *queries, MaxDatapoints=page, ScanBy=order)
    assert joined(found) == joined([ask(cloudwatch, *queries, ScanBy=order)])
    for each in found:
        assert sum(len(result["Values"]) for result in each["MetricDataResults"]) <= page
        statuses = [result["StatusCode"] for result in each["MetricDataResults"]]
        assert statuses.count("PartialData") <= 1
        assert "NextToken" in each or "PartialData" not in statuses


def test_points_that_arrive_between_pages_hide_none(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, minutes(hour(), [1.0, 2.0, 3.0, 4.0]))
    newest_first: dict[str, Any] = {"MaxDatapoints": 2, "ScanBy": "TimestampDescending"}
    first = ask(cloudwatch, stat(), **newest_first)
    put(aws, {hour() + 4 * MINUTE: 5.0})
    second = ask(cloudwatch, stat(), **newest_first, NextToken=first["NextToken"])
    assert stamps(second) == [hour() + MINUTE, hour()]


def test_a_token_is_good_only_for_its_own_request(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, minutes(hour(), [1.0, 2.0]))
    token = ask(cloudwatch, stat(), MaxDatapoints=1)["NextToken"]
    code, _ = refusal(lambda: ask(cloudwatch, stat(stat="Sum"), NextToken=token))
    assert code == "InvalidNextToken"
