import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mypy_boto3_cloudwatch import CloudWatchClient

from tests.embedded_aws.asking import MINUTE, ask, hour, minutes, put, refusal, stat, values
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.embedded_aws.errors import AwsError
from xops_watch.embedded_aws.math_syntax import functions, parse, words
from xops_watch.embedded_aws.metric_math import Scope, Series, evaluate
from xops_watch.embedded_aws.windows import Window

START = datetime(2026, 3, 1, tzinfo=UTC)
WINDOW = Window(start=START, end=START + 4 * MINUTE, period=60, now=START + timedelta(hours=1))


def series(*points: float | None) -> Series:
    present = {
        START + i * MINUTE: float(value) for i, value in enumerate(points) if value is not None
    }
    return Series(present, WINDOW)


SCOPE = Scope(
    series={"m1": series(1, 2, None, 4), "m2": series(10, 0, 30, 40), "none": series()},
    metric_ids=("m1", "m2"),
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m1", [1, 2, None, 4]),
        ("m1 + m2", [11, 2, None, 44]),
        ("m2 - m1 - 1", [8, -3, None, 35]),
        ("-m1 * 2", [-2, -4, None, -8]),
        ("m1 / m2 * 100", [10, None, None, 10]),
        ("2 * (m1 + 1)", [4, 6, None, 10]),
        ("1e1 + .5 + m1", [11.5, 12.5, None, 14.5]),
        ("SUM([m1, m2])", [11, 2, 30, 44]),
        ("AVG([m1, m2])", [5.5, 1, 30, 22]),
        ("MIN([m1, m2])", [1, 0, 30, 4]),
        ("MAX(METRICS())", [10, 2, 30, 40]),
        ('MAX(METRICS("m2"))', [10, 0, 30, 40]),
        ("m1 * 0 + SUM(m2)", [80, 80, None, 80]),
        ("m1 - AVG(m1) + MAX(m1) - MIN(m1)", [5 / 3, 8 / 3, None, 14 / 3]),
        ("FILL(m1, 0)", [1, 2, 0, 4]),
        ("FILL(m1, REPEAT)", [1, 2, 2, 4]),
        ("FILL(none, 0)", [0, 0, 0, 0]),
        ("FILL(none, REPEAT)", [None, None, None, None]),
        ("RATE(m2)", [None, -1 / 6, 0.5, 1 / 6]),
        ("RATE(m1)", [None, 1 / 60, None, 1 / 60]),
        ("IF(m2 > 5, m1, 0)", [1, 0, None, 4]),
        ("IF(m2, m2)", [10, None, 30, 40]),
        ("IF(m2 > 5 AND m2 < 35 OR m2 == 40, 1, 0)", [1, 0, 1, 1]),
        ("IF(1, m1, m2)", [1, 2, None, 4]),
        ("m1 >= 2", [0, 1, None, 1]),
        ("m2 != 0 && m1 <= 1", [1, 0, None, 0]),
        ("m1 / (1 - 1)", [None, None, None, None]),
        ("m1 * 1e308 * 10", [None, None, None, None]),
        ("m1 + SUM(none)", [None, None, None, None]),
    ],
)
def test_expressions(expression: str, expected: list[float | None]) -> None:
    result = evaluate(parse(expression), SCOPE)
    shown = [result.points.get(START + index * MINUTE) for index in range(4)]
    assert shown == pytest.approx(expected)


@pytest.mark.parametrize(
    "expression",
    [
        "1 + 1",
        "SUM(m1)",
        "METRICS()",
        "[m1, m2]",
        "[m1, m2] * 2",
        "SUM([m1, 5])",
        "SUM([])",
        "FILL(m1, LINEAR)",
        "FILL(m1, m2)",
        "SEARCH('{AWS/EC2} CPU', 'Average', 300)",
        "ANOMALY_DETECTION_BAND(m1)",
        "STDDEV(m1)",
        "sum(m1)",
        "IF(m1)",
        "IF([m1], 1, 2)",
        "m1 + 'x'",
        "REPEAT",
        "m1 ^ 2",
        "m1 % 2",
        "m1 +",
        "(m1",
        "m1)",
        "m1 m2",
        "",
        "m1 + 1e999",
        "(" * 200 + "m1" + ")" * 200,
        "m1, m2",
        "AND",
        "()",
    ],
)
def test_what_it_cannot_compute_it_refuses(expression: str) -> None:
    with pytest.raises(AwsError) as caught:
        evaluate(parse(expression), SCOPE)
    assert caught.value.code == "ValidationError"


def test_a_long_chain_is_no_deep_tree() -> None:
    result = evaluate(parse("m1" + "+1" * 1000), SCOPE)
    assert list(result.points.values()) == [1001, 1002, 1004]


WORDS = (
    "m1 m2 none 1 2.5 .5 1e3 + - * / ( ) [ ] , < <= == != && || AND OR SUM( AVG( MIN( MAX( FILL( "
    "IF( RATE( METRICS( REPEAT 'x' \" ^ ~"
)
TOKENS = st.sampled_from(WORDS.split())


@given(st.lists(TOKENS, max_size=25).map(" ".join) | st.text(max_size=60))
def test_any_text_is_computed_or_refused(text: str) -> None:
    try:
        tree = parse(text)
        if words(tree) - functions(tree) <= {"m1", "m2", "none", "REPEAT"}:
            result = evaluate(tree, SCOPE)
            assert all(math.isfinite(value) for value in result.points.values())
    except AwsError as error:
        assert error.code == "ValidationError"  # noqa: PT017  (both outcomes are right)


NUMBERS = st.floats(-100, 100).map(lambda value: round(value, 3))
SUMS = st.recursive(
    NUMBERS.map(str) | st.just("m1"),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(
        lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
    ),
    max_leaves=8,
)


@given(SUMS)
def test_arithmetic_is_that_of_python(text: str) -> None:
    result = evaluate(parse(f"m1 * 0 + ({text})"), SCOPE)
    for at, value in SCOPE.series["m1"].points.items():
        expected = eval(text, {"m1": value})  # noqa: S307  (made from numbers above)
        assert result.points[at] == pytest.approx(expected)


def test_expressions_may_refer_to_later_ones(
    aws: EmbeddedAws, cloudwatch: CloudWatchClient
) -> None:
    put(aws, minutes(hour(), [1.0, 2.0]))
    total = {"Id": "e1", "Expression": "e2 + 1"}
    assert values(cloudwatch, total, {"Id": "e2", "Expression": "m1 * 10"}, stat("m1")) == [
        1.0,
        2.0,
    ]
    answer = ask(cloudwatch, total, {"Id": "e2", "Expression": "m1 * 10"}, stat("m1"))
    assert answer["MetricDataResults"][0]["Values"] == [11.0, 21.0]


def test_500_expressions_in_a_row(aws: EmbeddedAws, cloudwatch: CloudWatchClient) -> None:
    put(aws, {hour(): 1.0})
    chain = [{"Id": f"e{i}", "Expression": f"e{i - 1} + 1" if i else "m1"} for i in range(499)]
    assert values(cloudwatch, stat("m1"), *chain) == [499.0]


def test_series_of_different_periods_do_not_mix(cloudwatch: CloudWatchClient) -> None:
    queries = [stat("m1"), stat("m2", period=300), {"Id": "e1", "Expression": "m1 + m2"}]
    code, message = refusal(lambda: ask(cloudwatch, *queries))
    assert code == "ValidationError"
    assert "different periods" in message
