"""Secrets Manager: for how long each secret was not rotated."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from xops_watch.aws.paged import PagedClient
from xops_watch.aws.roll import Roll
from xops_watch.aws.secrets import LIST_SECRETS, read_secrets
from xops_watch.aws.standing import gap, matches, reading
from xops_watch.core.reading import Observation, SeriesKey
from xops_watch.errors import GapReason

_AGE = "secrets.age"


class SecretsSource:
    """Reads the age of the secrets whose names fit glob patterns.

    A pattern that fits none is a subject of its own (`pattern xops/*`): a wrong name is no
    silence. `seen` is what was observed before the process started.
    """

    name = "secrets"
    signals = (_AGE,)
    iam_actions = (LIST_SECRETS,)

    def __init__(
        self,
        client: PagedClient,
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
        """Return the age of every secret; raises SourceError when they cannot be listed."""
        found = read_secrets(self._client, self._patterns)
        told = [_age(name, since, now) for name, since in found.items()]
        told.extend(self._unused(found, now))
        detail = "it is deleted, or no pattern names it any more"
        told.extend(self._roll.call(told, detail=detail, at=now))
        return told

    def _unused(self, found: Collection[str], now: datetime) -> Iterator[Observation]:
        for pattern in dict.fromkeys(self._patterns):
            if not any(matches(name, (pattern,)) for name in found):
                why = (
                    f"no secret is named like {pattern!r:.80}: mend XOPS_WATCH_GOVERNANCE__SECRETS"
                )
                yield gap(_AGE, f"pattern {pattern}", GapReason.NOT_ENABLED, why, at=now)


def _age(name: str, since: datetime | None, now: datetime) -> Observation:
    if since is None:
        why = f"{LIST_SECRETS}: it has no date at all"
        return gap(_AGE, name, GapReason.INVALID, why, at=now)
    return reading(_AGE, name, max(0.0, (now - since).total_seconds()), at=now)
