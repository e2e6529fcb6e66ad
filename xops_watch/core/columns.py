"""Readings kept as two columns, with what was found in them, so that it is not looked for again.

A week of minute points is ten thousand readings, of which a tick adds one. As columns they take
16 bytes each, and a question such as "since when is this above 80" only looks at what is new.
"""

from array import array
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import sub

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FOUND_MAX = 1_000  # questions remembered of one series; rulebooks come and go

BLOCK = 256  # places that are looked at as one, where that can be done
PIECE = 128  # places whose least and greatest value are remembered
FEW = 8  # places that are better looked at one by one

Fails = Callable[[int], bool]
Clean = Callable[[int, int], bool]
Search = Callable[[int, int], int]
_Stretch = tuple[int, int, bool]


def to_micros(instant: datetime) -> int:
    """Return whole microseconds since 1970 in UTC: exact, where a float would round."""
    return (instant - EPOCH) // MICROSECOND


def to_instant(micros: int) -> datetime:
    """Return the instant in UTC; the opposite of `to_micros`."""
    return EPOCH + timedelta(microseconds=micros)


class Columns:
    """Instants (microseconds) and values of one series, oldest first.

    Only ever added to at the end: whoever looks at the part that was there sees it unchanged.
    Any other change makes new columns.
    """

    __slots__ = ("_found", "_steps", "_utmost", "instants", "values")

    def __init__(self, instants: Iterable[int] = (), values: Iterable[float] = ()) -> None:
        self.instants = array("q", instants)
        self.values = array("d", values)
        # By question: from where to where nothing fails, and whether the one before does.
        self._found: dict[str, _Stretch] = {}
        self._utmost: _Utmost | None = None
        self._steps: _Utmost | None = None

    def extremes(self, start: int, stop: int) -> tuple[float, float]:
        """Return the least and the greatest value of some places."""
        if stop - start <= BLOCK:
            values = self.values[start:stop]
            return min(values), max(values)
        if self._utmost is None:
            self._utmost = _Utmost()
        return self._utmost.between(self._values, start, stop)

    def steps(self, start: int, stop: int) -> tuple[float, float]:
        """Return the shortest and the longest time from the place before to each of some."""
        if stop - start <= BLOCK:
            steps = self._times(start, stop)
            return min(steps), max(steps)
        if self._steps is None:
            self._steps = _Utmost()
        return self._steps.between(self._times, start, stop)

    def last(self, question: str, search: Search, *, floor: int, stop: int) -> int:
        """Return the last index in [floor, stop) that fails, `floor - 1` when none does.

        `question` names what is asked: the answer for an index must never change. `search` looks
        it up between two indices, as `searching` does.
        """
        low, high, found = self._found.get(question, (stop, stop, False))
        if stop < low:  # somebody looks back; what is remembered is of later
            return search(floor, stop)
        fresh = search(high, stop) if high < stop else high - 1
        if fresh >= high:
            low, found = fresh + 1, True
        elif not found and low > floor:
            low = search(floor, low) + 1
            found = low > floor
        if len(self._found) >= FOUND_MAX:
            self._found.clear()
        self._found[question] = (low, max(high, stop), found)
        return max(low, floor) - 1 if found else floor - 1

    def _values(self, start: int, stop: int) -> Sequence[float]:
        return self.values[start:stop]

    def _times(self, start: int, stop: int) -> Sequence[float]:
        start = max(start, 1)
        return list(map(sub, self.instants[start:stop], self.instants[start - 1 : stop - 1]))

    def changed(self, index: int, instant: int, value: float, *, replaces: bool) -> "Columns":
        """Return columns with a reading put in at `index`, or in the place of the one there."""
        after = Columns(self.instants, self.values)
        if replaces:
            after.values[index] = value
        else:
            after.instants.insert(index, instant)
            after.values.insert(index, value)
        for question, (low, high, found) in self._found.items():
            if high <= index:
                after._found[question] = (low, high, found)
            elif low < index:
                after._found[question] = (low, index, found)
        return after

    def since(self, index: int) -> "Columns":
        """Return columns without the readings before `index`."""
        after = Columns(self.instants[index:], self.values[index:])
        for question, (low, high, found) in self._found.items():
            if high > index:
                after._found[question] = (max(low - index, 0), high - index, found and low > index)
        return after


class _Utmost:
    """The least and the greatest number of each whole block, found when first asked for."""

    __slots__ = ("_least", "_most")

    def __init__(self) -> None:
        self._least: list[float] = []
        self._most: list[float] = []

    def between(
        self, numbers: Callable[[int, int], Sequence[float]], start: int, stop: int
    ) -> tuple[float, float]:
        first, last = -(-start // PIECE), stop // PIECE
        for block in range(len(self._least), last):
            found = numbers(block * PIECE, (block + 1) * PIECE)
            self._least.append(min(found))
            self._most.append(max(found))
        edges = [*numbers(start, first * PIECE), *numbers(last * PIECE, stop)]
        return min(edges + self._least[first:last]), max(edges + self._most[first:last])


def searching(fails: Fails, clean: Clean | None = None) -> Search:
    """Return a search from the end; `clean` tells of many indices at once that none fails."""

    def search(floor: int, stop: int) -> int:
        size = BLOCK
        while clean and stop - floor > FEW:
            start = max(floor, stop - size)
            if clean(start, stop):
                stop, size = start, size * 4
            elif size > BLOCK:
                size = BLOCK
            else:
                break
        index = stop - 1
        while index >= floor and not fails(index):
            index -= 1
        return max(index, floor - 1)

    return search
