from datetime import timedelta
from typing import Any

import pytest
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.embedded_aws.asking import ask, hour, refusal, stat

MATH = {"Id": "e1", "Expression": "m1"}


@pytest.mark.parametrize(
    ("queries", "words"),
    [
        ([stat(period=7)], "must be 1, 5, 10, 20, 30"),
        ([stat(period=90)], "must be 1, 5, 10, 20, 30"),
        ([stat("m1"), stat("m1")], "not unique"),
        ([stat("M1")], "not matching"),
        ([stat("m-1")], "not matching"),
        ([stat(f"m{index}") for index in range(501)], "greater than 500"),
        ([stat(stat="TM(10%:90%)")], "not supported"),
        ([stat(stat="p101")], "not supported"),
        ([stat(stat="Average ")], "not supported"),
        ([stat(unit="Apples")], "Apples"),
        ([{"Id": "m1"}], "exactly one of"),
        ([stat("m1"), {**stat("m2"), "Expression": "m1"}], "exactly one of"),
        ([stat("m1", Period=60)], "beside its MetricStat"),
        ([stat("m1", Label="${PROP('Dim.X')}")], "dynamic labels"),
        ([stat("m1", AccountId="999999999999")], "one account"),
        ([MATH], "m1 is not an id"),
        ([{"Id": "e1", "Expression": "e1 + 1"}], "refers to itself"),
        ([{"Id": "a", "Expression": "b"}, {"Id": "b", "Expression": "a"}], "refers to itself"),
        ([stat("m1"), {"Id": "e1", "Expression": "m1", "Period": 300}], "differs"),
        ([stat("m1"), {"Id": "e1", "Expression": "SELECT MAX(x) FROM y"}], "Insights"),
        ([stat(metric="x" * 256)], "256"),
        ([stat(dimensions={f"d{index}": "x" for index in range(31)})], "31"),
    ],
)
def test_refused_with_a_validation_error(
    cloudwatch: CloudWatchClient, queries: list[dict[str, Any]], words: str
) -> None:
    code, message = refusal(lambda: ask(cloudwatch, *queries))
    assert code == "ValidationError"
    assert words in message


@pytest.mark.parametrize(
    "changes",
    [
        {"MaxDatapoints": 0},
        {"MaxDatapoints": 100_801},
        {"start": hour(), "end": hour()},
        {"start": hour(), "end": hour() - timedelta(hours=1)},
        {"ScanBy": "Sideways"},
        {"LabelOptions": {"Timezone": "+1300"}},
        {"MetricDataQueries": []},
    ],
)
def test_requests_that_are_refused_as_a_whole(
    cloudwatch: CloudWatchClient, changes: dict[str, Any]
) -> None:
    code, _ = refusal(lambda: ask(cloudwatch, stat(), **changes))
    assert code == "ValidationError"


def test_500_queries_are_taken(cloudwatch: CloudWatchClient) -> None:
    answer = ask(cloudwatch, *(stat(f"m{index}") for index in range(500)))
    assert len(answer["MetricDataResults"]) == 500


def test_the_error_is_one_that_boto3_knows_by_class(cloudwatch: CloudWatchClient) -> None:
    with pytest.raises(cloudwatch.exceptions.InvalidNextToken):
        ask(cloudwatch, stat(), NextToken="bm90IG91cnM=")
