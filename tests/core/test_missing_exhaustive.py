"""M of N over every window there is of up to 7 slots: what must hold, whatever is missing.

The facts are from the CloudWatch user guide, "Configuring how CloudWatch alarms treat missing
data" (awsdocs/amazon-cloudwatch-user-guide, `doc_source/AlarmThatSendsEmail.md`, commit b3554970,
CC BY-SA 4.0), restated. 0 does not breach, X breaches, - is missing; the newest is the rightmost.
"""

from collections.abc import Iterator, Sequence
from itertools import product

import pytest

from tests.core.test_missing_points import slots
from xops_watch.core.datapoints import Datapoints, Missing, decide
from xops_watch.core.truth import Truth

Window = tuple[bool | None, ...]
EVERY = [Datapoints(needed=needed, of=of) for of in range(1, 6) for needed in range(1, of + 1)]
THEIRS = [missing for missing in Missing if missing is not Missing.UNKNOWN]
RANK = {Truth.FALSE: 0, Truth.UNKNOWN: 1, Truth.TRUE: 2}
of_each = pytest.mark.parametrize(
    "points", EVERY, ids=lambda points: f"{points.needed}/{points.of}"
)


def windows(points: Datapoints) -> Iterator[Window]:
    yield from product((False, True, None), repeat=points.range)


def real(window: Window) -> list[bool]:
    return [slot for slot in window if slot is not None]


def rank(window: Window, points: Datapoints, missing: Missing) -> int:
    return RANK[decide(window, points, missing)]


def changes(window: Window, seen: Sequence[bool | None], after: bool) -> Iterator[Window]:  # noqa: FBT001 - a state of a slot
    """Yield the window with one slot that is one of `seen` changed."""
    for place, slot in enumerate(window):
        if slot in seen:
            yield (*window[:place], after, *window[place + 1 :])


PROSE = [
    ("----X", Missing.MISSING, 3, False),
    ("---X-", Missing.MISSING, 3, False),
    ("---X0", Missing.MISSING, 3, False),
    ("--X-0", Missing.MISSING, 3, False),
    ("--X--", Missing.MISSING, 3, True),
    ("-----", Missing.BREACHING, 3, True),
]


@pytest.mark.parametrize(("marks", "missing", "needed", "fires"), PROSE)
def test_a_case_that_the_guide_tells_in_words(
    marks: str, missing: Missing, needed: int, *, fires: bool
) -> None:
    truth = decide(slots(marks), Datapoints(needed=needed, of=3), missing)
    assert (truth is Truth.TRUE) is fires


@of_each
def test_enough_real_points_decide_alone_and_the_newest_of_them(points: Datapoints) -> None:
    for window in windows(points):
        seen = real(window)
        if len(seen) >= points.of:
            expected = Truth.of(seen[-points.of :].count(True) >= points.needed)
            assert {decide(window, points, missing) for missing in THEIRS} == {expected}, window


@of_each
def test_no_more_is_filled_in_than_is_lacking(points: Datapoints) -> None:
    for window in windows(points):
        seen = real(window)
        if len(seen) < points.of:
            for missing, filling in ((Missing.BREACHING, True), (Missing.NOT_BREACHING, False)):
                filled = [*seen, *[filling] * (points.of - len(seen))]
                expected = Truth.of(filled.count(True) >= points.needed)
                assert decide(window, points, missing) is expected, (window, missing)


@of_each
def test_what_fires_without_missing_points_fires_with_any_of_their_treatments(
    points: Datapoints,
) -> None:
    for window in windows(points):
        ranks = {missing: rank(window, points, missing) for missing in THEIRS}
        assert ranks[Missing.NOT_BREACHING] <= ranks[Missing.BREACHING], window
        if ranks[Missing.NOT_BREACHING] == RANK[Truth.TRUE]:
            assert ranks[Missing.MISSING] == ranks[Missing.BREACHING] == RANK[Truth.TRUE], window
            assert ranks[Missing.IGNORE] != RANK[Truth.FALSE], window
        if ranks[Missing.BREACHING] == RANK[Truth.FALSE]:
            assert set(ranks.values()) == {RANK[Truth.FALSE]}, window


# `ignore` keeps the state while all there is breaches: a point below the line ends the keeping.
MONOTONE = [missing for missing in Missing if missing is not Missing.IGNORE]


@of_each
@pytest.mark.parametrize("missing", MONOTONE)
def test_one_more_breach_never_disproves(points: Datapoints, missing: Missing) -> None:
    for window in windows(points):
        before = rank(window, points, missing)
        for worse in changes(window, (False, None), after=True):
            assert rank(worse, points, missing) >= before, (window, worse)


@of_each
@pytest.mark.parametrize("missing", MONOTONE)
def test_one_more_point_below_the_line_never_proves(points: Datapoints, missing: Missing) -> None:
    for window in windows(points):
        before = rank(window, points, missing)
        for better in changes(window, (True, None), after=False):
            assert rank(better, points, missing) <= before, (window, better)


@of_each
def test_unknown_says_what_every_filling_of_the_newest_says(points: Datapoints) -> None:
    for window in windows(points):
        newest = window[-points.of :]
        fillings = product(*((False, True) if slot is None else (slot,) for slot in newest))
        said = {sum(filling) >= points.needed for filling in fillings}
        expected = Truth.of(said.pop()) if len(said) == 1 else Truth.UNKNOWN
        assert decide(window, points, Missing.UNKNOWN) is expected, window


@of_each
def test_unknown_is_what_breaching_and_not_breaching_agree_on(points: Datapoints) -> None:
    """Of the newest N: further back, only CloudWatch's treatments look."""
    for newest in product((False, True, None), repeat=points.of):
        said = {
            decide(newest, points, missing)
            for missing in (Missing.BREACHING, Missing.NOT_BREACHING)
        }
        expected = said.pop() if len(said) == 1 else Truth.UNKNOWN
        assert decide(newest, points, Missing.UNKNOWN) is expected, newest


@of_each
def test_ignore_keeps_the_state_only_while_nothing_below_the_line_is_seen(
    points: Datapoints,
) -> None:
    for window in windows(points):
        seen = real(window)
        kept = decide(window, points, Missing.IGNORE) is Truth.UNKNOWN
        assert kept is (len(seen) < points.of and all(seen)), window


@of_each
def test_missing_fires_early_only_on_a_breach_that_is_old_enough(points: Datapoints) -> None:
    for window in windows(points):
        early = decide(window, points, Missing.MISSING) is Truth.TRUE
        proven = decide(window, points, Missing.NOT_BREACHING) is Truth.TRUE
        if early and not proven:
            oldest = len(window) - window.index(True)
            assert False not in window
            assert oldest >= points.needed
        assert decide(window, points, Missing.MISSING) is not Truth.UNKNOWN or not proven, window
