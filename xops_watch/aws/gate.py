"""How long the calls of one operation pause after AWS asked to slow down: together, jittered."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from xops_watch.clock import monotonic

FIRST_PAUSE_SECONDS = 0.5
PAUSE_SECONDS_MAX = 8.0  # longer pauses are the collector's: it asks the source less often
IN_VAIN = 3  # refusals in a row after which nobody waits: the answer would be the same
_JITTER = 0.5  # the share of a pause that is left to chance: several daemons must not march in step


@dataclass(slots=True, kw_only=True)
class Gate:
    """Shut for a while after each refusal, twice as long each time, and open after an answer.

    `tell` returns real seconds, `chance` a number from 0 to 1.
    """

    tell: Callable[[], float] = monotonic
    chance: Callable[[], float] = random.random
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _refusals: int = 0
    _shut_until: float = 0.0

    def seconds_left(self) -> float:
        """Return for how long it is still shut, 0 when it is open."""
        with self._lock:
            return max(0.0, self._shut_until - self.tell())

    def pass_through(self) -> bool:
        """Return True when it is open; False at once if asking has been in vain for too long."""
        while seconds := self.seconds_left():
            if self._refusals >= IN_VAIN:
                return False
            threading.Event().wait(seconds)
        return True

    def refused(self) -> None:
        """Shut it; what was asked before it shut and is refused too says nothing new."""
        with self._lock:
            now = self.tell()
            if now < self._shut_until:
                return
            pause = min(FIRST_PAUSE_SECONDS * 2**self._refusals, PAUSE_SECONDS_MAX)
            self._refusals = min(self._refusals + 1, 10)
            self._shut_until = now + pause * (1 - _JITTER * self.chance())

    def answered(self) -> None:
        """Note that AWS keeps up again: the next pause is short."""
        with self._lock:
            if self.tell() >= self._shut_until:
                self._refusals = 0


class Gates:
    """A gate for each operation of each service in each region: AWS counts them apart."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gates: dict[tuple[str, str, str], Gate] = {}

    def of(self, service: str, region: str, operation: str) -> Gate:
        """Return the gate, which is open when nobody has asked before."""
        with self._lock:
            return self._gates.setdefault((service, region, operation), Gate())
