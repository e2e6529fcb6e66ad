"""One question about many things at once: bounded, slower when AWS says so, each fails alone.

The threads are daemons, as those of the sources are: a provider that hangs never holds up the end
of the process.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from xops_watch.errors import GapReason, SourceError

WIDTH_MAX = 8  # calls in flight: few enough to leave room to who deploys with the same quota
ATTEMPTS_MAX = 4  # at one thing that AWS was too busy for while it answered others
# Failures in a row after which the rest is not asked: whoever refuses or hangs goes on doing so.
FAILURES_MAX = 8
FAILURES_AT_FIRST_MAX = 3  # while nothing at all was answered

ItemT = TypeVar("ItemT")
AnswerT = TypeVar("AnswerT")


class SideBySide:
    """Asks about many things, several at a time.

    It begins with one call, is twice as wide after each round that is answered, and half as wide
    when AWS asks to slow down; the next run goes on with the width of the last.
    """

    def __init__(self, *, width_max: int = WIDTH_MAX) -> None:
        self._width_max = width_max
        self._width = 1.0

    def ask(
        self, question: Callable[[ItemT], AnswerT], items: Sequence[ItemT]
    ) -> list[AnswerT | SourceError]:
        """Return the answer for each item, in order, or why there is none.

        What `question` raises beside SourceError is a bug, and raised here.
        """
        run = _Run(question=question, items=items, width=self._width, width_max=self._width_max)
        helpers = [
            threading.Thread(target=run.work, name="side-by-side", daemon=True)
            for _ in range(min(self._width_max, len(items)) - 1)
        ]
        started = [helper for helper in helpers if _starts(helper)]
        run.work()
        for helper in started:
            helper.join()
        self._width = run.width
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
    """One run over `items`: what is still to be asked, and what came of the rest."""

    question: Callable[[ItemT], AnswerT]
    items: Sequence[ItemT]
    width: float
    width_max: int
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _waiting: deque[tuple[int, int]] = field(init=False)  # the item's place, and which attempt
    _answers: dict[int, AnswerT | SourceError] = field(default_factory=dict)
    _busy: int = 0
    _answered: int = 0
    _failures: int = 0  # in a row
    _bug: BaseException | None = None

    def __post_init__(self) -> None:
        self._waiting = deque((place, 1) for place in range(len(self.items)))

    def work(self) -> None:
        """Ask until nothing is left to be asked."""
        while (turn := self._begin()) is not None:
            place, attempt = turn
            try:
                answer = self.question(self.items[place])
            except SourceError as error:
                self._refused(place, attempt, error)
            except BaseException as bug:  # noqa: BLE001 - carried to who asked, by `outcome`
                self._broke(bug)
            else:
                self._said(place, answer)

    def outcome(self) -> list[AnswerT | SourceError]:
        """Return what came of each item, when all work has ended."""
        if self._bug is not None:
            raise self._bug
        return [self._answers[place] for place in range(len(self.items))]

    def _begin(self) -> tuple[int, int] | None:
        with self._changed:
            # Who is still busy may have to ask again: only then is there nothing left.
            while self._busy and (not self._waiting or self._busy >= int(self.width)):
                self._changed.wait()
            if not self._waiting:
                return None
            self._busy += 1
            return self._waiting.popleft()

    def _said(self, place: int, answer: AnswerT) -> None:
        with self._changed:
            self._answers[place] = answer
            self._answered += 1
            self._failures = 0
            self.width = min(self.width + 1, self.width_max)
            self._done()

    def _refused(self, place: int, attempt: int, error: SourceError) -> None:
        with self._changed:
            throttled = error.reason is GapReason.THROTTLED
            if throttled:
                self.width = max(self.width / 2, 1.0)
            if throttled and self._answered and attempt < ATTEMPTS_MAX:
                self._waiting.append((place, attempt + 1))
            else:
                self._answers[place] = error
                # One thing may be odd without the next being so.
                self._failures += error.reason is not GapReason.INVALID
            if self._failures >= (FAILURES_MAX if self._answered else FAILURES_AT_FIRST_MAX):
                self._answers |= dict.fromkeys((place for place, _ in self._waiting), error)
                self._waiting.clear()
            self._done()

    def _broke(self, bug: BaseException) -> None:
        with self._changed:
            self._bug = bug
            self._waiting.clear()
            self._done()

    def _done(self) -> None:
        self._busy -= 1
        self._changed.notify_all()
