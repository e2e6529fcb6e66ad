"""The newest snapshot, behind ONE reference: whoever reads it reads one tick, whole.

Text is kept with the snapshot it was made from, so that a scrape neither waits for rendering nor
sees a mixture.
"""

import json
from collections.abc import Callable

from xops_watch.core.snapshot import Snapshot
from xops_watch.exporter.api import snapshot_as_json
from xops_watch.exporter.exposition import TextFormat
from xops_watch.exporter.families import families_of


class Shown:
    """One snapshot and what was rendered from it; `at` is monotonic real seconds."""

    def __init__(self, snapshot: Snapshot, *, at: float) -> None:
        self.snapshot = snapshot
        self.at = at
        # Two readers that ask at once may both render; they get the same and one is kept.
        self._metrics: dict[TextFormat, bytes] = {}
        self._document: bytes | None = None

    @property
    def formats(self) -> tuple[TextFormat, ...]:
        """Return the formats that were asked for so far."""
        return tuple(self._metrics)

    def metrics(self, text_format: TextFormat) -> bytes:
        """Return the snapshot's families as text, without the end."""
        text = self._metrics.get(text_format)
        if text is None:
            text = text_format.part(families_of(self.snapshot))
            self._metrics[text_format] = text
        return text

    def document(self) -> bytes:
        """Return the snapshot as JSON."""
        if self._document is None:
            document = json.dumps(snapshot_as_json(self.snapshot), allow_nan=False)
            self._document = f"{document}\n".encode()
        return self._document


class SnapshotPublisher:
    """Implements `ports.Publisher`; `monotonic` gives real seconds from any start."""

    def __init__(self, *, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._started_at = monotonic()
        self._shown: Shown | None = None

    @property
    def shown(self) -> Shown | None:
        """Return what is shown now, None before the first tick. Read it once per answer."""
        return self._shown

    def publish(self, snapshot: Snapshot) -> None:
        """Replace what is shown, at once and whole.

        The formats that scrapers asked of the last snapshot are made ready first, here, in the
        thread of the tick: a scrape then finds its text.
        """
        shown = Shown(snapshot, at=self._monotonic())
        for text_format in self._shown.formats if self._shown else ():
            shown.metrics(text_format)
        self._shown = shown

    def silent_seconds(self) -> float:
        """Return the real seconds since the last publication, or since the start."""
        shown = self._shown
        return self._monotonic() - (shown.at if shown else self._started_at)
