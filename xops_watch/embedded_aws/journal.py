"""Remembers the API calls that came in, so that a test can say what was asked of AWS."""

import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

LAST_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One recorded call; `status` is None if it got no HTTP answer."""

    at: datetime
    service: str
    operation: str
    region: str
    params: Mapping[str, Any]
    faults: tuple[str, ...]
    status: int | None


class Journal:
    """Counts of all calls and the last `LAST_MAX` of them; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._last: deque[Entry] = deque(maxlen=LAST_MAX)

    def record(self, entry: Entry) -> None:
        """Remember one call."""
        with self._lock:
            self._counts[entry.service, entry.operation] += 1
            self._last.append(entry)

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._counts.clear()
            self._last.clear()

    def shown(self) -> dict[str, Any]:
        """Return counts and last calls (oldest first) for the control API."""
        with self._lock:
            counts = [
                {"service": service, "operation": operation, "count": count}
                for (service, operation), count in sorted(self._counts.items())
            ]
            last = [{name: getattr(each, name) for name in Entry.__slots__} for each in self._last]
        return {"counts": counts, "last": last}
