"""A few questions at a time: bounded, in order, and none after a failure that all would share.

The threads are daemons, as those of the sources are: a GitHub that hangs never holds up the end of
the process.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from xops_watch.errors import GapReason, SourceError

WIDTH_MAX = 4  # GitHub asks for one after the other, and slows down who has many in flight
FAILURES_MAX = 8  # in a row: whoever refuses so many refuses the rest as well

# Failures of one repository, or of one permission: the others can still be asked.
LOCAL = frozenset({GapReason.DENIED, GapReason.INVALID, GapReason.STALE})
# Failures of a query for which a smaller one may have an answer.
TOO_MUCH = frozenset({GapReason.UNREACHABLE, GapReason.TIMEOUT, GapReason.INVALID})

ItemT = TypeVar("ItemT")
AnswerT = TypeVar("AnswerT")


def side_by_side(
    question: Callable[[ItemT], AnswerT], items: Sequence[ItemT], *, first_alone: bool = False
) -> list[AnswerT | SourceError]:
    """Return the answer for each item, in order, or why there is none.

    `first_alone`: the others wait for the first, which shows whether anybody is there. What
    `question` raises beside SourceError is a bug, and raised here.
    """
    run = _Run(question=question, items=items)
    if first_alone:
        run.work(most=1)
    helpers = [
        threading.Thread(target=run.work, name="github-side-by-side", daemon=True)
        for _ in range(min(WIDTH_MAX, run.left) - 1)
    ]
    started = [helper for helper in helpers if _starts(helper)]
    run.work()
    for helper in started:
        helper.join()
    return run.outcome()


def _starts(helper: threading.Thread) -> bool:
    """Start it; a task that is short of threads gets on with those it has."""
    try:
        helper.start()
    except RuntimeError:
        return False
    return True


@dataclass(slots=True, kw_only=True)
class _Run(Generic[ItemT, AnswerT]):
    """One run over `items`: what came of those that were asked about, and why it stopped."""

    question: Callable[[ItemT], AnswerT]
    items: Sequence[ItemT]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _answers: dict[int, AnswerT | SourceError] = field(default_factory=dict)
    _next: int = 0
    _failures: int = 0  # in a row
    _stopped: SourceError | None = None
    _bug: BaseException | None = None

    @property
    def left(self) -> int:
        """How many are still to be asked about."""
        return 0 if self._is_over() else len(self.items) - self._next

    def work(self, *, most: int | None = None) -> None:
        """Ask until nothing is left to be asked, or `most` times."""
        asked = 0
        while (most is None or asked < most) and (place := self._begin()) is not None:
            asked += 1
            try:
                answer = self.question(self.items[place])
            except SourceError as error:
                self._refused(place, error)
            except BaseException as bug:  # noqa: BLE001 - carried to who asked, by `outcome`
                self._bug = bug
            else:
                self._said(place, answer)

    def outcome(self) -> list[AnswerT | SourceError]:
        """Return what came of each item, when all work has ended."""
        if self._bug is not None:
            raise self._bug
        if self._stopped is not None:
            unasked = dict.fromkeys(range(len(self.items)), self._stopped)
            self._answers = {**unasked, **self._answers}
        return [self._answers[place] for place in range(len(self.items))]

    def _is_over(self) -> bool:
        stopped = self._stopped is not None or self._bug is not None
        return stopped or self._next >= len(self.items)

    def _begin(self) -> int | None:
        with self._lock:
            if self._is_over():
                return None
            self._next += 1
            return self._next - 1

    def _said(self, place: int, answer: AnswerT) -> None:
        with self._lock:
            self._answers[place] = answer
            self._failures = 0

    def _refused(self, place: int, error: SourceError) -> None:
        with self._lock:
            self._answers[place] = error
            self._failures += 1
            if error.reason not in LOCAL or self._failures >= FAILURES_MAX:
                self._stopped = self._stopped or error
