"""Vantages: what each form of the setting reads, and what is said of one that is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.settings.edge import Edge, NamedVantage, parse_vantage


def vantage(
    namespace: str, metric: str, *dimensions: tuple[str, str], per: float = 1000.0, region: str = ""
) -> NamedVantage:
    return NamedVantage(
        name="nz",
        namespace=namespace,
        metric=metric,
        dimensions=dimensions,
        per=per,
        region=region,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "nz=canary:edge-nz/first-byte@ap-southeast-6",
            vantage(
                "CloudWatchSynthetics",
                "Duration",
                ("CanaryName", "edge-nz"),
                ("StepName", "first-byte"),
                region="ap-southeast-6",
            ),
        ),
        (
            "nz=canary:edge/GET /health@home",
            vantage(
                "CloudWatchSynthetics",
                "Duration",
                ("CanaryName", "edge"),
                ("StepName", "GET /health@home"),
            ),
        ),
        (
            "nz=rum:webui/PerformanceNavigationDuration/NZ@ap-southeast-2",
            vantage(
                "AWS/RUM",
                "PerformanceNavigationDuration",
                ("application_name", "webui"),
                ("CountryCode", "NZ"),
                region="ap-southeast-2",
            ),
        ),
        (
            "nz=metric:XOps/Edge/FirstByte?Country=NZ&Path=%2Fhealth#s@us-east-1",
            vantage(
                "XOps/Edge",
                "FirstByte",
                ("Country", "NZ"),
                ("Path", "/health"),
                per=1.0,
                region="us-east-1",
            ),
        ),
        ("nz=metric:XOps/FirstByte#ms", vantage("XOps", "FirstByte")),
    ],
)
def test_a_vantage_names_one_metric(text: str, expected: NamedVantage) -> None:
    assert parse_vantage(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nz", "each must be NAME=canary:CANARY/STEP@REGION"),
        ("=canary:a/b", "each must be NAME=canary:CANARY/STEP@REGION"),
        ("N Z=canary:a/b", "each must be NAME=canary:CANARY/STEP@REGION"),
        ("nz=probe:a/b", "each must be NAME=canary:CANARY/STEP@REGION"),
        ("nz=canary:edge-nz@ap-southeast-6", "that of the whole run"),
        ("nz=canary:/step", "each must be NAME=canary:CANARY/STEP@REGION"),
        ("nz=rum:webui/Duration", "browsers of everywhere are no vantage"),
        ("nz=rum:webui/Duration/nz", "browsers of everywhere are no vantage"),
        ("nz=metric:XOps/FirstByte", "end it in `#ms` or `#s`"),
        ("nz=metric:FirstByte#ms", "each must be NAME=canary:CANARY/STEP@REGION"),
        ("nz=metric:XOps/FirstByte?Country=#ms", "each must be NAME=canary:CANARY/STEP@REGION"),
        ("nz=metric:XOps/F\x00#ms", "each must be NAME=canary:CANARY/STEP@REGION"),
    ],
)
def test_a_vantage_that_is_no_metric_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_vantage(text)


@given(st.text(max_size=80) | st.from_regex(r"nz=(canary|rum|metric):[^\n]{0,60}", fullmatch=True))
def test_any_text_is_a_vantage_or_refused(text: str) -> None:
    try:
        made = parse_vantage(text)
    except ValueError:
        return
    assert made.namespace
    assert made.metric
    assert all(name and value for name, value in made.dimensions)


def test_the_environment_names_several() -> None:
    edge = Edge.model_validate(
        {"vantages": "nz=canary:a/b@ap-southeast-6, syd=canary:c/d@ap-southeast-2"}
    )
    assert [(one.name, one.region) for one in edge.named_vantages] == [
        ("nz", "ap-southeast-6"),
        ("syd", "ap-southeast-2"),
    ]
    assert edge.asked_for


def test_a_vantage_has_one_metric() -> None:
    with pytest.raises(ValueError, match="nz is named twice"):
        Edge.model_validate({"vantages": ["nz=canary:a/b", "nz=canary:a/c"]})


@pytest.mark.parametrize("name", ["e1", "E1/2", "arn:aws:cloudfront::1:distribution/E1", ""])
def test_a_distribution_is_named_by_its_id(name: str) -> None:
    with pytest.raises(ValueError, match="must be the id of a distribution"):
        Edge.model_validate({"distributions": [name]})


def test_nothing_is_asked_for_when_nothing_is_named() -> None:
    assert not Edge().asked_for
    assert Edge.model_validate({"distributions": "E1,E2"}).asked_for


@pytest.mark.parametrize(
    ("setting", "names", "problem"),
    [
        ("vantages", [f"v{n}=canary:a/b" for n in range(21)], "21 are named, at most 20 are read"),
        ("distributions", [f"E{n}" for n in range(101)], "101 are named, at most 100 are read"),
    ],
)
def test_more_than_can_be_read_is_refused(setting: str, names: list[str], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Edge.model_validate({setting: names})
    assert Edge.model_validate({setting: names[:-1]}).asked_for
