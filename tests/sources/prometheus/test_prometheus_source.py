"""Queries of the rule files become signals; what is not a number of somebody is a gap."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.source_promises import assert_line, assert_promises_kept
from tests.sources.prometheus.scene import (
    BAD,
    MINUTE,
    NOW,
    THROTTLED,
    UNREACHABLE,
    FakeApi,
    known,
    own,
    sample,
    source,
    told,
)
from xops_watch.core.query import Query
from xops_watch.core.reading import Gap, Reading
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.prometheus import RESULTS_MAX, PrometheusSource

LAG, USERS, SHARE = "langfuse.queue_lag", "keycloak.users_active", "llm.availability_30d"


def gap(api: FakeApi, query: Query) -> Gap:
    (observation,) = source(api, query).observe(now=NOW)
    assert isinstance(observation, Gap)
    assert_line(observation.detail)
    return observation


def test_a_query_without_a_label_is_a_number_of_the_stack() -> None:
    at = NOW - timedelta(seconds=3)
    api = FakeApi({"lag": [sample(4.5, at, instance="10.0.0.1")]})
    assert source(api, known(LAG, "lag")).observe(now=NOW) == [
        Reading(signal=LAG, subject="xops", value=4.5, taken_at=at)
    ]


def test_the_reading_was_seen_when_the_server_was_asked() -> None:
    api = FakeApi({"lag": [sample(4.5, NOW - MINUTE)]})
    (reading,) = source(api, known(LAG, "lag")).observe(now=NOW)
    assert isinstance(reading, Reading)
    assert (reading.taken_at, reading.seen_at) == (NOW - MINUTE, NOW)


def test_what_the_server_says_some_moments_later_is_of_now() -> None:
    api = FakeApi({"lag": [sample(4.5, NOW + timedelta(seconds=2))]})
    (reading,) = source(api, known(LAG, "lag")).observe(now=NOW)
    assert isinstance(reading, Reading)
    assert reading.taken_at == NOW


@pytest.mark.parametrize(("seconds", "told_so"), [(90, "90 s ahead of"), (-601, "601 s behind")])
def test_a_clock_of_another_time_speaks_of_nothing_we_know(seconds: int, told_so: str) -> None:
    api = FakeApi({"lag": [sample(4.5, NOW + timedelta(seconds=seconds))]})
    found = gap(api, known(LAG, "lag"))
    assert (found.reason, found.detail) == (
        GapReason.INVALID,
        f"the server's clock is {told_so} ours",
    )


def test_a_query_with_a_label_is_a_number_of_each_of_its_values() -> None:
    api = FakeApi({"users": [sample(3, realm="a"), sample(0, realm="b")]})
    observations = source(api, known(USERS, "users", "realm")).observe(now=NOW)
    assert told(observations) == {(USERS, "a"): 3, (USERS, "b"): 0}


def test_nothing_is_not_zero() -> None:
    for label, subject in ((None, "xops"), ("realm", None)):
        found = gap(FakeApi({"users": []}), known(USERS, "users", label))
        assert (found.reason, found.subject) == (GapReason.STALE, subject)
        assert "the query gives nothing" in found.detail


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (math.nan, GapReason.STALE),
        (math.inf, GapReason.INVALID),
        (-math.inf, GapReason.INVALID),
        (-0.5, GapReason.INVALID),
    ],
)
def test_what_is_no_number_of_something_is_a_gap(value: float, reason: GapReason) -> None:
    found = gap(FakeApi({"lag": [sample(value)]}), known(LAG, "lag"))
    assert (found.reason, found.subject) == (reason, "xops")


def test_a_number_of_ones_own_may_be_below_zero() -> None:
    api = FakeApi({"balance": [sample(-2)]})
    assert told(source(api, own("my.balance", "balance")).observe(now=NOW)) == {
        ("my.balance", "xops"): -2
    }


@pytest.mark.parametrize(("share", "fits"), [(1.0, True), (1.04, True), (99.9, False)])
def test_a_share_in_percent_is_refused(share: float, *, fits: bool) -> None:
    api = FakeApi({"share": [sample(share)]})
    (observation,) = source(api, known(SHARE, "share")).observe(now=NOW)
    assert isinstance(observation, Reading) is fits


def test_several_series_without_a_label_are_no_number() -> None:
    api = FakeApi({"lag": [sample(1, queue="a"), sample(2, queue="b")]})
    found = gap(api, known(LAG, "lag"))
    assert (found.reason, found.subject) == (GapReason.INVALID, "xops")
    assert found.detail == (
        "the query gives 2 series, and no label says what they are; make one of them with"
        " sum(...) or max(...), or name a `subject_label`"
    )


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        ([sample(1, realm="a"), sample(2)], "a series without the label `realm`"),
        ([sample(1, realm="a"), sample(2, realm="")], "a series without the label `realm`"),
        (
            [sample(1, realm="a", node="1"), sample(2, realm="a", node="2")],
            "more than one series of realm='a'",
        ),
        ([sample(1, realm="a\nb")], r"the label `realm` is 'a\nb', which is no name"),
        ([sample(1, realm="\u202e")], "which is no name"),
        ([sample(1, realm="a" * 256)], "which is no name"),
        (
            [sample(1, realm=f"{n}") for n in range(RESULTS_MAX + 1)],
            "the query gives 101 series; 100 is the most",
        ),
    ],
)
def test_series_that_are_not_one_of_each_subject_are_refused_whole(
    samples: list[object], why: str
) -> None:
    api = FakeApi({"users": samples})  # type: ignore[dict-item]  # of pytest's lists
    found = gap(api, known(USERS, "users", "realm"))
    assert (found.reason, found.subject) == (GapReason.INVALID, None)
    assert why in found.detail


def test_as_many_subjects_as_are_allowed_are_all_told() -> None:
    api = FakeApi({"users": [sample(n, realm=f"{n}") for n in range(RESULTS_MAX)]})
    observations = source(api, known(USERS, "users", "realm")).observe(now=NOW)
    assert told(observations) == {(USERS, f"{n}"): n for n in range(100)}


def test_a_subject_that_is_no_longer_told_is_stale_and_not_gone() -> None:
    api = FakeApi({"users": [sample(3, realm="a")]})
    asking = source(api, known(USERS, "users", "realm"), seen=[(USERS, "b"), (LAG, "c")])
    assert told(asking.observe(now=NOW)) == {(USERS, "a"): 3, (USERS, "b"): "stale"}
    api.answers["users"] = []
    again = asking.observe(now=NOW + MINUTE)
    assert told(again) == {(USERS, "a"): "stale", (USERS, "b"): "stale"}


def test_subjects_of_a_label_that_the_query_has_no_more_are_gone_once() -> None:
    api = FakeApi({"users": [sample(3)]})
    asking = source(api, known(USERS, "users"), seen=[(USERS, "a"), (USERS, "xops")])
    assert told(asking.observe(now=NOW)) == {(USERS, "xops"): 3, (USERS, "a"): "gone"}
    assert told(asking.observe(now=NOW + MINUTE)) == {(USERS, "xops"): 3}


def test_a_failure_is_a_gap_of_every_subject_that_is_known() -> None:
    api = FakeApi({"users": [sample(3, realm="a"), sample(4, realm="b")], "lag": [sample(1)]})
    asking = source(api, known(USERS, "users", "realm"), known(LAG, "lag"))
    asking.observe(now=NOW)
    api.answers["users"] = BAD
    assert told(asking.observe(now=NOW + MINUTE)) == {
        (USERS, "a"): "invalid",
        (USERS, "b"): "invalid",
        (LAG, "xops"): 1,
    }


def test_each_query_is_asked_as_often_as_its_signal_says() -> None:
    api = FakeApi({"lag": [sample(1)], "hourly": [sample(2)]})
    asking = source(api, known(LAG, "lag"), own("my.hourly", "hourly", every=60 * MINUTE))
    heard = []
    for minute in range(61):
        asking.observe(now=NOW + minute * MINUTE)
        heard.append(api.heard())
    assert heard[0] == ["lag", "hourly"]
    assert heard[1:54] == [["lag"]] * 53
    assert heard[54] == ["hourly", "lag"]  # a tenth early rather than late


def test_a_query_that_failed_is_asked_again_at_the_next_round_behind_the_others() -> None:
    api = FakeApi({"lag": [sample(1)], "hourly": BAD})
    asking = source(api, own("my.hourly", "hourly", every=60 * MINUTE), known(LAG, "lag"))
    asking.observe(now=NOW)
    assert api.heard() == ["hourly", "lag"]
    api.answers["hourly"] = [sample(2)]
    observations = asking.observe(now=NOW + MINUTE)
    assert api.heard() == ["lag", "hourly"]
    assert told(observations) == {("my.hourly", "xops"): 2, (LAG, "xops"): 1}
    asking.observe(now=NOW + 2 * MINUTE)
    assert api.heard() == ["lag"]


@pytest.mark.parametrize("error", [UNREACHABLE, THROTTLED])
def test_who_does_not_answer_is_not_asked_for_the_rest(error: SourceError) -> None:
    api = FakeApi(dict.fromkeys("abc", error))
    asking = source(api, *(own(f"my.{name}", name) for name in "abc"))
    with pytest.raises(SourceError) as caught:
        asking.observe(now=NOW)
    assert caught.value is error
    assert api.heard() == ["a"]


def test_whoever_was_not_asked_comes_first_the_next_time() -> None:
    api = FakeApi({"a": UNREACHABLE, "b": [sample(1)], "c": [sample(2)]})
    asking = source(api, *(own(f"my.{name}", name) for name in "abc"))
    with pytest.raises(SourceError):
        asking.observe(now=NOW)
    assert told(asking.observe(now=NOW + MINUTE)) == {
        ("my.b", "xops"): 1,
        ("my.c", "xops"): 2,
        ("my.a", "xops"): "unreachable",
    }
    assert api.heard() == ["a", "b", "c", "a"]


def test_one_query_that_takes_too_long_keeps_no_other_from_being_asked() -> None:
    late = SourceError("no answer in time", reason=GapReason.TIMEOUT, hint="make it cheaper")
    api = FakeApi({"a": late, "b": [sample(1)]})
    asking = source(api, own("my.a", "a"), own("my.b", "b"))
    with pytest.raises(SourceError):
        asking.observe(now=NOW)
    for minute in (1, 2, 3):
        observations = asking.observe(now=NOW + minute * MINUTE)
        assert told(observations) == {("my.b", "xops"): 1, ("my.a", "xops"): "timeout"}


def test_a_server_that_fails_in_the_middle_still_told_the_first() -> None:
    api = FakeApi({"a": [sample(1)], "b": UNREACHABLE, "c": [sample(2)]})
    asking = source(api, *(own(f"my.{name}", name) for name in "abc"))
    assert told(asking.observe(now=NOW)) == {
        ("my.a", "xops"): 1,
        ("my.b", "xops"): "unreachable",
        ("my.c", "xops"): "unreachable",
    }
    assert api.heard() == ["a", "b"]


def test_a_bad_query_is_no_failure_of_the_server() -> None:
    api = FakeApi({"a": BAD})
    assert told(source(api, own("my.a", "a")).observe(now=NOW)) == {("my.a", "xops"): "invalid"}


def test_signals_and_queries_follow_the_rulebook_in_force() -> None:
    api = FakeApi({"a": [sample(1)], "b": [sample(2)]})
    queries = [own("my.a", "a")]
    asking = PrometheusSource(api, queries=lambda: queries, stack="xops", interval=MINUTE)
    assert asking.signals == ("my.a",)
    asking.observe(now=NOW)
    queries[:] = [own("my.b", "b")]
    assert asking.signals == ("my.b",)
    assert told(asking.observe(now=NOW)) == {("my.b", "xops"): 2}


def test_another_promql_for_the_same_signal_is_asked_at_once() -> None:
    api = FakeApi({"a": [sample(1)], "better": [sample(2)]})
    queries = [own("my.a", "a")]
    asking = PrometheusSource(api, queries=lambda: queries, stack="xops", interval=MINUTE)
    asking.observe(now=NOW)
    queries[:] = [own("my.a", "better")]
    assert told(asking.observe(now=NOW)) == {("my.a", "xops"): 2}


def test_without_queries_nobody_is_asked() -> None:
    api = FakeApi({})
    asking = source(api)
    assert (asking.signals, asking.observe(now=NOW), api.asked) == ((), [], [])


@given(
    st.lists(
        st.tuples(st.text(max_size=3), st.floats(), st.integers(-120, 120)),
        max_size=8,
    ),
    st.sampled_from([None, "realm"]),
)
def test_whatever_is_answered_keeps_the_promises(
    rows: list[tuple[str, float, int]], label: str | None
) -> None:
    samples = [sample(v, NOW + timedelta(seconds=s), realm=name) for name, v, s in rows]
    asking = source(FakeApi({"users": samples}), known(USERS, "users", label))
    for _ in range(2):
        assert_promises_kept(asking, asking.observe(now=NOW), now=NOW)
        asking.observe(now=NOW + MINUTE)
