"""Which series were there at the last look, to tell which of them are gone."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from xops_watch.aws.standing import gap
from xops_watch.core.reading import Gap, Observation, SeriesKey
from xops_watch.errors import GapReason


class Roll:
    """Remembers the series of one source between two looks.

    `seen` is what was observed before the process started, `signals` which of it is the source's.
    """

    def __init__(self, seen: Iterable[SeriesKey], *, signals: Collection[str]) -> None:
        self._seen = frozenset(series for series in seen if series[0] in signals)

    @property
    def seen(self) -> frozenset[SeriesKey]:
        """The series of the last look."""
        return self._seen

    def call(self, observed: Sequence[Observation], *, detail: str, at: datetime) -> Sequence[Gap]:
        """Return a gap for each series that was there and is not observed any more."""
        here = frozenset((o.signal, o.subject) for o in observed if o.subject is not None)
        gone, self._seen = self._seen - here, here
        return [
            gap(signal, subject, GapReason.GONE, detail, at=at) for signal, subject in sorted(gone)
        ]
