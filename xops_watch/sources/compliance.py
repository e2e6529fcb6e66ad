"""AWS Config: scores of conformance packs. They corroborate an audit, and are none."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from xops_watch.aws.conformance import LIST_SCORES, ConfigClient, read_scores
from xops_watch.aws.roll import Roll
from xops_watch.aws.standing import gap, reading
from xops_watch.core.reading import Observation, SeriesKey
from xops_watch.errors import GapReason

_SCORE = "compliance.score"


class ComplianceSource:
    """Reads the score of the conformance packs whose names fit glob patterns.

    A pattern that fits none is a subject of its own. `seen` is what was observed before the
    process started.
    """

    name = "compliance"
    signals = (_SCORE,)
    iam_actions = (LIST_SCORES,)

    def __init__(
        self,
        client: ConfigClient,
        *,
        patterns: Sequence[str],
        interval: timedelta,
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._client = client
        self._patterns = tuple(patterns)
        self._roll = Roll(seen, signals=self.signals)

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the score of every pack; raises SourceError when they cannot be listed."""
        scores = read_scores(self._client, self._patterns)
        told = [_score(name, score, now) for name, score in scores.items()]
        if not scores:
            told.extend(self._nothing(now))
        told.extend(self._roll.call(told, detail="the pack is deleted", at=now))
        return told

    def _nothing(self, now: datetime) -> Iterator[Observation]:
        for pattern in dict.fromkeys(self._patterns):
            why = (
                f"no conformance pack is named like {pattern!r:.80}: `aws configservice"
                " put-conformance-pack` deploys one"
            )
            yield gap(_SCORE, f"pattern {pattern}", GapReason.NOT_ENABLED, why, at=now)


def _score(name: str, score: float | None, now: datetime) -> Observation:
    if score is None:
        why = "INSUFFICIENT_DATA: no rule of the pack was evaluated yet"
        return gap(_SCORE, name, GapReason.STALE, why, at=now)
    return reading(_SCORE, name, score, at=now)
