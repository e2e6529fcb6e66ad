"""What random looks at a lock add up to within one window, and how sure that is; no I/O."""

import math
from collections import deque
from dataclasses import dataclass, field
from statistics import median

# Fewer looks prove nothing: at 20 the standard error of one half is 0.11.
LOOKS_LEAST = 20
_GROUPS = 20
_BATCHES_MAX = 3600
_DURATIONS_MAX = 1000

# What SQLite sleeps between two tries (sqliteDefaultBusyCallback), in seconds; then the last again.
BUSY_SLEEPS = (0.001, 0.002, 0.005, 0.010, 0.015, 0.020, 0.025, 0.025, 0.025, 0.050, 0.050, 0.100)
WAIT_MOST = 5.0  # the busy timeout of Open WebUI: then it gives up


@dataclass(slots=True)
class Window:
    """Counts looks; `batches` are the looks and hits of each second or so."""

    looks: int = 0
    held: int = 0
    late: int = 0
    checkpoint_looks: int = 0
    checkpoint_held: int = 0
    waits: int = 0
    waited: float = 0.0
    longest_hold: float = 0.0
    foreign: int = 0
    batches: deque[list[int]] = field(default_factory=lambda: deque(maxlen=_BATCHES_MAX))
    durations: deque[float] = field(default_factory=lambda: deque(maxlen=_DURATIONS_MAX))

    def begin_batch(self) -> None:
        """Close the batch of the last second: looks that are close together hang together."""
        self.batches.append([0, 0])

    def look(self, *, held: bool, took: float, late: bool) -> None:
        """Count one look at the write lock, which took that many seconds."""
        if not self.batches:
            self.begin_batch()
        self.looks += 1
        self.held += held
        self.late += late
        self.batches[-1][0] += 1
        self.batches[-1][1] += held
        self.durations.append(took)

    def wait_ended(self, seconds: float) -> None:
        """Count one writer that would have waited so long."""
        self.waits += 1
        self.waited += seconds

    @property
    def is_enough(self) -> bool:
        """Whether there were enough looks to say anything."""
        return self.looks >= LOOKS_LEAST

    @property
    def busy(self) -> float:
        """Share of looks at which the write lock was held."""
        return self.held / self.looks

    @property
    def busy_error(self) -> float:
        """Standard error of that share.

        The greater of two: that of independent looks (which is never 0, however few hits), and
        what groups of neighbouring looks differ by, since one long hold is seen many times.
        """
        share = (self.held + 1) / (self.looks + 2)
        return max(math.sqrt(share * (1 - share) / (self.looks + 2)), self._error_of_groups())

    def _error_of_groups(self) -> float:
        batches = [batch for batch in self.batches if batch[0]]
        size = max(1, len(batches) // _GROUPS)
        groups = [batches[start : start + size] for start in range(0, len(batches), size)]
        if len(groups) < _GROUPS // 2:
            return 0.0
        squares = 0.0
        for group in groups:
            looks, held = (sum(column) for column in zip(*group, strict=True))
            squares += (held - self.busy * looks) ** 2
        return math.sqrt(squares * len(groups) / (len(groups) - 1)) / self.looks

    @property
    def checkpoint_busy(self) -> float | None:
        """Share of looks at which the checkpoint lock was held; None when nobody looked."""
        return self.checkpoint_held / self.checkpoint_looks if self.checkpoint_looks else None

    @property
    def late_share(self) -> float:
        """Share of looks that came late: the machine had no time for them."""
        return self.late / self.looks

    @property
    def probe_seconds(self) -> float:
        """Median of the seconds that one question took."""
        return median(self.durations)

    @property
    def mean_wait(self) -> float:
        """Seconds that a writer would have waited, on average, by SQLite's own sleeps."""
        return self.waited / self.waits if self.waits else 0.0


@dataclass(slots=True)
class Wait:
    """A writer that is not there, to tell how long SQLite would sleep before it gets the lock."""

    due: float
    waited: float = 0.0
    sleeps: int = 0

    def sleep(self) -> None:
        """Fall asleep for as long as SQLite would."""
        seconds = BUSY_SLEEPS[min(self.sleeps, len(BUSY_SLEEPS) - 1)]
        self.sleeps += 1
        self.waited += seconds
        self.due += seconds

    @property
    def is_over(self) -> bool:
        """Whether it would have given up."""
        return self.waited >= WAIT_MOST
