"""What keeps AWS from telling about the account: the right reason and action, and no surprise."""

import json
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.aws.bench import MINUTE, NOW, CannedAws
from tests.contract.source_promises import assert_described, assert_line, assert_promises_kept
from tests.sources.account_scene import DAY, HOUR, IDENTITY, KINDS, Kind, budgets
from tests.sources.hostile import JSON_LIKE, damaged, for_json
from xops_watch.core.reading import Reading
from xops_watch.errors import GapReason, SourceError
from xops_watch.ports import Source


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


def refusal(code: str, message: str = "no") -> bytes:
    return json.dumps({"__type": code, "message": message, "Message": message}).encode()


def failure_of(source: Source) -> SourceError:
    with pytest.raises(SourceError) as caught:
        source.observe(now=NOW)
    assert_line(caught.value.what)
    assert_line(caught.value.hint)
    return caught.value


def test_a_source_tells_its_name_its_interval_and_known_signals(kind: Kind) -> None:
    assert_described(kind.source())


@pytest.mark.parametrize("later", [MINUTE, 5 * HOUR, 2 * DAY, 0 * DAY])
def test_what_it_observes_keeps_the_promises(kind: Kind, later: Any) -> None:  # noqa: ANN401 - a timedelta
    source = kind.source()
    first = source.observe(now=NOW)
    assert any(isinstance(o, Reading) for o in first)
    assert_promises_kept(source, first, now=NOW)
    if kind is not KINDS["cost_explorer"] or later < DAY:  # its script knows the days of one week
        assert_promises_kept(source, source.observe(now=NOW + later), now=NOW + later)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("ThrottlingException", GapReason.THROTTLED),
        ("LimitExceededException", GapReason.THROTTLED),
        ("AccessDeniedException", GapReason.DENIED),
        ("ExpiredTokenException", GapReason.DENIED),
        ("ValidationException", GapReason.INVALID),
    ],
)
def test_a_refusal_of_aws(kind: Kind, code: str, reason: GapReason) -> None:
    client = CannedAws(kind.service).saying(refusal(code), status=400)
    error = failure_of(kind.make(client))
    assert error.reason is reason
    assert kind.action in error.what


def test_a_denial_names_the_missing_permission(kind: Kind) -> None:
    client = CannedAws(kind.service).saying(refusal("AccessDeniedException"), status=400)
    error = failure_of(kind.make(client))
    assert error.what == f"missing IAM permission {kind.action}"
    assert error.hint == f"allow {kind.action} in the task role"


def test_an_endpoint_that_hangs_is_a_timeout(kind: Kind) -> None:
    def hang(**_: object) -> object:
        raise ReadTimeoutError(endpoint_url="https://aws.example")

    assert failure_of(kind.make(kind.scripted(hang))).reason is GapReason.TIMEOUT


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[]", b"null", b"{}"])
def test_a_garbled_answer_is_invalid(kind: Kind, body: bytes) -> None:
    error = failure_of(kind.make(CannedAws(kind.service).saying(body)))
    assert error.reason is GapReason.INVALID


def test_an_internal_error_is_unreachable(kind: Kind) -> None:
    client = CannedAws(kind.service).saying(b"", status=500)
    assert failure_of(kind.make(client)).reason is GapReason.UNREACHABLE


def test_the_wire_form_of_a_good_answer(kind: Kind) -> None:
    client = CannedAws(kind.service).saying(json.dumps(for_json(kind.answer)).encode())
    observations = kind.make(client).observe(now=NOW)
    assert any(isinstance(o, Reading) for o in observations)


def assert_sound(source: Source) -> None:
    """Ask three times: what one answer left behind must not break the next."""
    for now in (NOW, NOW + 7 * HOUR, NOW - MINUTE):
        try:
            observations = source.observe(now=now)
        except SourceError as error:
            assert_line(error.what)
            assert_line(error.hint)
        else:
            assert_promises_kept(source, observations, now=now)


@pytest.mark.parametrize("name", KINDS)
@given(data=st.data())
def test_any_answer(name: str, data: st.DataObject) -> None:
    kind = KINDS[name]
    one = damaged(kind.answer)
    answer = data.draw(st.lists(one, max_size=2) | JSON_LIKE if kind.paged else one)
    assert_sound(kind.make(kind.scripted(lambda **_: answer)))


@cache
def canned(service: str) -> CannedAws:
    return CannedAws(service)


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=30)
@given(data=st.data(), status=st.sampled_from([200, 200, 200, 302, 400, 403, 429, 500]))
def test_any_json(name: str, data: st.DataObject, status: int) -> None:
    kind = KINDS[name]
    body = json.dumps(for_json(data.draw(damaged(kind.answer)))).encode()
    assert_sound(kind.make(canned(kind.service).saying(body, status=status)))


@given(answer=damaged(IDENTITY))
def test_any_identity(answer: object) -> None:
    kind = KINDS["budgets"]
    sts: Any = type("Sts", (), {"get_caller_identity": lambda _: answer})()
    assert_sound(budgets(kind.scripted(lambda **_: kind.answer), sts=sts))
