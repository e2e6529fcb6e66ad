"""Values survive the columns: instants to the microsecond, notices to the last tuple."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.samples import FULL_NOTICE, NOTICE_OF_SCHEMA_1
from xops_watch.core.notice import Notice, NoticeKind
from xops_watch.store.codec import (
    decode_notice,
    encode_notice,
    to_instant,
    to_instant_or_none,
    to_micros,
    to_micros_or_none,
    to_text,
)

_instants = st.datetimes(timezones=st.just(UTC))
_texts = st.text()  # with what no column holds as such: NUL, half surrogate pairs
_text_tuples = st.lists(_texts, max_size=4).map(tuple)
_numbers = st.floats(allow_nan=False)
_by_type: dict[object, st.SearchStrategy[object]] = {
    str: _texts,
    float: _numbers,
    tuple[str, ...]: _text_tuples,
    NoticeKind: st.sampled_from(NoticeKind),
    datetime: _instants,
}
_notices = st.builds(Notice, **{field.name: _by_type[field.type] for field in fields(Notice)})

# What this schema writes. It may wait in an outbox, so it must be read for ever: when Notice
# changes, add a migration that brings such texts to the new shape, and test that as well.
NOTICE_OF_SCHEMA_2 = NOTICE_OF_SCHEMA_1[:-1] + (
    ', "lead_time_source": "proposed", "effort": "", "cost": "", "advice": "recommended",'
    ' "notes": [], "overrides": []}'
)


@given(_notices)
def test_a_notice_comes_back_equal_with_the_same_types(notice: Notice) -> None:
    decoded = decode_notice(encode_notice(notice))
    assert decoded == notice
    assert [type(getattr(decoded, f.name)) for f in fields(Notice)] == [
        type(getattr(notice, f.name)) for f in fields(Notice)
    ]


@given(_notices)
def test_a_stored_notice_is_plain_ascii(notice: Notice) -> None:
    assert encode_notice(notice).isascii()


def test_a_notice_written_by_this_schema_is_read() -> None:
    assert decode_notice(NOTICE_OF_SCHEMA_2) == FULL_NOTICE


def test_an_instant_of_another_zone_is_kept_as_the_same_instant() -> None:
    tokyo = timezone(timedelta(hours=9))
    notice = replace(FULL_NOTICE, since=FULL_NOTICE.since.astimezone(tokyo))
    assert decode_notice(encode_notice(notice)) == notice
    assert "2026-03-02T11:46:00.000001+00:00" in encode_notice(notice)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("title", 5, "5 is not text"),
        ("rows", "A", "'A' is not a list"),
        ("rows", [1], "1 is not text"),
        ("lead_time_seconds", "soon", "'soon' is not a number"),
        ("lead_time_seconds", True, "True is not a number"),
        ("kind", "maybe", "'maybe' is not a valid NoticeKind"),
        ("at", "noon", "Invalid isoformat string"),
        ("extra", "x", "other fields than this version knows: extra"),
    ],
)
def test_content_of_another_shape_is_refused(name: str, value: object, why: str) -> None:
    content = json.loads(NOTICE_OF_SCHEMA_2) | {name: value}
    with pytest.raises((ValueError, TypeError), match=why):
        decode_notice(json.dumps(content))


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_what_is_no_notice_at_all_is_refused(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        decode_notice(text)


def test_a_notice_that_lacks_a_field_is_refused() -> None:
    content = json.loads(NOTICE_OF_SCHEMA_2)
    del content["runbook"]
    with pytest.raises(ValueError, match="runbook"):
        decode_notice(json.dumps(content))


@given(st.datetimes(timezones=st.timezones() | st.just(UTC)))
def test_an_instant_is_exact_to_the_microsecond(instant: datetime) -> None:
    assert to_instant(to_micros(instant)) == instant.astimezone(UTC)


def test_micros_count_from_1970() -> None:
    assert to_micros(datetime(1970, 1, 1, 0, 0, 1, 7, tzinfo=UTC)) == 1_000_007
    assert to_micros(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1


def test_no_instant_is_no_number() -> None:
    assert to_micros_or_none(None) is None
    assert to_instant_or_none(None) is None
    assert to_instant_or_none(to_micros_or_none(FULL_NOTICE.at)) == FULL_NOTICE.at


@given(_texts)
def test_any_text_becomes_text_that_utf_8_holds(text: str) -> None:
    to_text(text).encode("utf-8")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_proper_text_is_left_alone(text: str) -> None:
    assert to_text(text) == text
