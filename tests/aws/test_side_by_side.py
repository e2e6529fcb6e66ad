"""Many calls at once: how many, in which order the answers are, and who is not asked any more."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest

from xops_watch.aws.side_by_side import WIDTH_MAX, SideBySide
from xops_watch.errors import GapReason, SourceError


def error(reason: GapReason, what: str = "no") -> SourceError:
    return SourceError(what, reason=reason, hint="wait")


class Desk:
    """Answers with the double; refuses what `refuse` says, and knows how many asked at once."""

    def __init__(self, refuse: Callable[[int, int], SourceError | None] = lambda *_: None) -> None:
        self.asked: list[int] = []
        self.most = 0
        self._refuse = refuse
        self._here = 0
        self._lock = threading.Lock()

    def ask(self, item: int) -> int:
        with self._lock:
            self.asked.append(item)
            attempt = self.asked.count(item)
            self._here += 1
            self.most = max(self.most, self._here)
        threading.Event().wait(0.001)
        with self._lock:
            self._here -= 1
        refusal = self._refuse(item, attempt)
        if refusal is not None:
            raise refusal
        return 2 * item


@pytest.mark.parametrize("count", [0, 1, 2, 7, 100])
def test_every_item_is_asked_for_once_and_answered_in_order(count: int) -> None:
    desk = Desk()
    assert SideBySide().ask(desk.ask, range(count)) == [2 * item for item in range(count)]
    assert sorted(desk.asked) == list(range(count))


def test_never_more_than_the_width_are_in_flight() -> None:
    desk, calls = Desk(), SideBySide()
    calls.ask(desk.ask, range(200))
    calls.ask(desk.ask, range(200))
    assert 1 < desk.most <= WIDTH_MAX


def test_the_first_call_of_all_is_alone() -> None:
    begun: list[int] = []
    begun_meanwhile: list[int] = []

    def ask(item: int) -> None:
        begun.append(item)
        if item == 0:
            threading.Event().wait(0.02)
            begun_meanwhile.extend(begun)

    SideBySide().ask(ask, range(20))
    assert begun_meanwhile == [0]


def test_one_call_at_a_time_keeps_the_order() -> None:
    desk = Desk()
    SideBySide(width_max=1).ask(desk.ask, range(20))
    assert (desk.asked, desk.most) == (list(range(20)), 1)


@pytest.mark.parametrize("reason", [GapReason.DENIED, GapReason.TIMEOUT, GapReason.INVALID])
def test_one_failure_is_its_own(reason: GapReason) -> None:
    refused = error(reason)
    answers = SideBySide().ask(Desk(lambda item, _: refused if item == 5 else None).ask, range(20))
    assert [place for place, answer in enumerate(answers) if answer is refused] == [5]


@pytest.mark.parametrize("reason", [GapReason.DENIED, GapReason.TIMEOUT, GapReason.THROTTLED])
def test_who_lets_nothing_through_is_asked_three_times(reason: GapReason) -> None:
    refused = error(reason)
    desk = Desk(lambda *_: refused)
    assert SideBySide().ask(desk.ask, range(1000)) == [refused] * 1000
    assert desk.asked == [0, 1, 2]


def test_who_ceases_to_answer_is_soon_not_asked_any_more() -> None:
    desk = Desk(lambda item, _: error(GapReason.TIMEOUT) if item >= 100 else None)
    answers = SideBySide().ask(desk.ask, range(1000))
    assert answers[:100] == [2 * item for item in range(100)]
    assert all(isinstance(answer, SourceError) for answer in answers[100:])
    assert len(desk.asked) < 100 + 3 * WIDTH_MAX


def test_answers_that_make_no_sense_are_each_their_own() -> None:
    desk = Desk(lambda *_: error(GapReason.INVALID))
    SideBySide().ask(desk.ask, range(50))
    assert len(desk.asked) == 50


def test_what_was_throttled_is_asked_again_while_others_are_answered() -> None:
    desk = Desk(
        lambda item, attempt: error(GapReason.THROTTLED) if item % 7 == 3 and attempt == 1 else None
    )
    assert SideBySide().ask(desk.ask, range(50)) == [2 * item for item in range(50)]
    assert Counter(desk.asked)[3] == 2


def test_what_is_always_throttled_is_given_up_after_four_attempts() -> None:
    refused = error(GapReason.THROTTLED)
    desk = Desk(lambda item, _: refused if item == 3 else None)
    answers = SideBySide().ask(desk.ask, range(50))
    assert [place for place, answer in enumerate(answers) if answer is refused] == [3]
    assert Counter(desk.asked)[3] == 4


def test_throttling_halves_how_many_are_in_flight() -> None:
    calls = SideBySide()
    calls.ask(Desk().ask, range(50))
    assert calls._width == WIDTH_MAX
    calls.ask(Desk(lambda *_: error(GapReason.THROTTLED)).ask, range(1))
    assert calls._width == WIDTH_MAX / 2
    calls.ask(Desk().ask, range(50))
    assert calls._width == WIDTH_MAX


def test_a_bug_is_raised_and_ends_the_run() -> None:
    def ask(item: int) -> int:
        if item == 3:
            raise ZeroDivisionError
        return item

    with pytest.raises(ZeroDivisionError):
        SideBySide().ask(ask, range(1000))


def test_short_of_threads_it_goes_on_with_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert SideBySide().ask(lambda item: item, range(20)) == list(range(20))
