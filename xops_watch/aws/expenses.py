"""What the daemon's own calls to AWS cost a month, each operation at the pace it is asked now."""

from threading import Lock


class Expenses:
    """Keeps the newest figure of every operation that is billed; safe from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._dollars: dict[str, float | None] = {}

    def expect(self, operation: str) -> None:
        """Say that the operation will be billed, and that nobody knows yet how much."""
        with self._lock:
            self._dollars.setdefault(operation, None)

    def note(self, operation: str, dollars_per_month: float) -> None:
        """Replace what the operation costs."""
        with self._lock:
            self._dollars[operation] = dollars_per_month

    def dollars_per_month(self) -> float | None:
        """Return the sum; None while an operation is expected of which nothing is known."""
        with self._lock:
            known = [dollars for dollars in self._dollars.values() if dollars is not None]
            return sum(known) if len(known) == len(self._dollars) else None
