"""Answers that AWS would never give: valid ones in which anything is replaced by anything."""

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

# Instants that have no place in UTC.
_EAST, _WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.text(max_size=5),
    st.just("x" * 3000),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
    st.sampled_from([datetime(1, 1, 1, tzinfo=_EAST), datetime(9999, 12, 31, tzinfo=_WEST)]),
)
JSON_LIKE = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def damaged(draw: st.DrawFn, answer: Any) -> Any:  # noqa: ANN401 - JSON, and worse
    """Return `answer` with parts left out, doubled or replaced; sometimes as it was."""
    fate = draw(st.integers(0, 19))
    if fate == 0:
        return draw(JSON_LIKE)
    if isinstance(answer, dict):
        kept = {k: draw(damaged(v)) for k, v in answer.items() if draw(st.integers(0, 19))}
        return kept | (draw(st.dictionaries(st.text(max_size=5), JSON_LIKE, max_size=1)))
    if isinstance(answer, list):
        items = [draw(damaged(item)) for item in answer]
        return items * draw(st.sampled_from([1, 1, 1, 1, 2]))
    return answer


def for_json(value: Any) -> Any:  # noqa: ANN401 - JSON, and worse
    """Return `value` as JSON can carry it: instants as unix seconds."""
    match value:
        case dict():
            return {str(key): for_json(item) for key, item in value.items()}
        case list():
            return [for_json(item) for item in value]
        case datetime() if value.utcoffset() is None:
            return str(value)
        case datetime():
            return (value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
        case float() if not math.isfinite(value):
            return str(value)
        case _:
            return value


def for_cbor(value: Any) -> Any:  # noqa: ANN401 - JSON, and worse
    """Return `value` as CBOR can carry it: instants have a zone, in tag 1."""
    match value:
        case dict():
            return {str(key): for_cbor(item) for key, item in value.items()}
        case list():
            return [for_cbor(item) for item in value]
        case datetime() if value.utcoffset() is None:
            return str(value)
        case _:
            return value
