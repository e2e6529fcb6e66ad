"""Scores of conformance packs."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.stub import Stubber

from tests.aws.bench import NOW, make_client
from tests.sources.account_scene import compliance, details, gaps, values
from xops_watch.errors import GapReason, SourceError

SCORE = "compliance.score"


@pytest.fixture
def client() -> Any:  # noqa: ANN401 - the stubs do not know the service
    return make_client("config", "http://127.0.0.1:1")


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:  # noqa: ANN401 - as above
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def pack(name: str, score: str) -> dict[str, Any]:
    return {"ConformancePackName": name, "Score": score, "LastUpdatedTime": NOW}


def page(*packs: dict[str, Any]) -> dict[str, Any]:
    return {"ConformancePackComplianceScores": list(packs)}


def scored(*packs: dict[str, Any]) -> Any:  # noqa: ANN401 - a client
    return SimpleNamespace(list_conformance_pack_compliance_scores=lambda **_: page(*packs))


def test_the_packs_of_the_pattern_on_every_page(client: Any, stub: Stubber) -> None:  # noqa: ANN401 - as above
    operation = "list_conformance_pack_compliance_scores"
    first = page(pack("APRA-CPS-234", "78.26"), pack("Other", "1"))
    stub.add_response(operation, {**first, "NextToken": "more"}, {"Limit": 20})
    second = page(pack("APRA-CPG-234", "INSUFFICIENT_DATA"))
    stub.add_response(operation, second, {"Limit": 20, "NextToken": "more"})
    observations = compliance(client, "*CPS-234*", "*CPG-234*").observe(now=NOW)
    assert values(observations) == {(SCORE, "APRA-CPS-234"): pytest.approx(0.7826)}
    assert gaps(observations) == {(SCORE, "APRA-CPG-234"): GapReason.STALE}
    assert details(observations) == ["INSUFFICIENT_DATA: no rule of the pack was evaluated yet"]


@pytest.mark.parametrize(("score", "ratio"), [("0", 0), ("100", 1), ("100.0", 1), ("50", 0.5)])
def test_a_score_is_a_percentage(score: str, ratio: float) -> None:
    observations = compliance(scored(pack("APRA-CPS-234", score))).observe(now=NOW)
    assert values(observations) == {(SCORE, "APRA-CPS-234"): ratio}


@pytest.mark.parametrize("score", ["", "101", "-1", "nan", "inf", "COMPLIANT"])
def test_anything_else_is_invalid(score: str) -> None:
    with pytest.raises(SourceError) as caught:
        compliance(scored(pack("APRA-CPS-234", score))).observe(now=NOW)
    assert caught.value.reason is GapReason.INVALID


def test_without_such_a_pack_it_says_how_to_get_one() -> None:
    observations = compliance(scored(pack("Other", "50"))).observe(now=NOW)
    assert gaps(observations) == {(SCORE, "pattern *CPS-234*"): GapReason.NOT_ENABLED}
    assert "put-conformance-pack" in details(observations)[0]


def test_a_deleted_pack_is_gone() -> None:
    source = compliance(scored(pack("A-CPS-234", "50")), seen=[(SCORE, "B-CPS-234")])
    assert gaps(source.observe(now=NOW)) == {(SCORE, "B-CPS-234"): GapReason.GONE}


def test_a_listing_without_end_is_refused() -> None:
    endless: Any = SimpleNamespace(
        list_conformance_pack_compliance_scores=lambda **_: {**page(), "NextToken": "more"}
    )
    with pytest.raises(SourceError) as caught:
        compliance(endless).observe(now=NOW)
    assert caught.value.reason is GapReason.INVALID
    assert "more than 20 pages" in caught.value.what
