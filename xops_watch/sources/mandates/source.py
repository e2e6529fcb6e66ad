"""Mandates: what people declared, never inferred from anything measured."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from xops_watch.aws.parameters import GET_HISTORY, GET_PARAMETERS
from xops_watch.aws.roll import Roll
from xops_watch.core.reading import Observation, SeriesKey
from xops_watch.errors import GapReason, SourceError, StoreError
from xops_watch.ledger import Ledger
from xops_watch.ports import Memory
from xops_watch.sources.mandates import merge
from xops_watch.sources.mandates.declaration import Declaration, Found
from xops_watch.sources.mandates.journal import CHAIN, chain, note, unreadable
from xops_watch.sources.mandates.judged import (
    APPROVAL,
    DOCUMENTED,
    EXPIRES,
    STATE,
    TARGET,
    VALIDITY,
    Judged,
    judge,
    observations,
)
from xops_watch.sources.mandates.places import Place
from xops_watch.sources.mandates.remembered import NAME, Remembered, parse_remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What is kept of mandates. Without `writes` the ledger is only read: a single look."""

    memory: Memory
    ledger: Ledger
    writes: bool


class MandatesSource:
    """Reads every place where mandates are declared, and tells the ledger what changed.

    `mandates` returns the ids that rules ask for: of each there is a reading, `none` if nobody
    declared it. `seen` is what was observed before the process started.
    """

    name = "mandates"
    signals = (STATE, VALIDITY, EXPIRES, APPROVAL, TARGET, CHAIN)
    iam_actions = (GET_PARAMETERS, GET_HISTORY)

    def __init__(
        self,
        places: Sequence[Place],
        records: Records,
        *,
        interval: timedelta,
        stack: str,
        mandates: Callable[[], Collection[str]],
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._places = tuple(places)
        self._records = records
        self._stack = stack
        self._mandates = mandates
        self._roll = Roll(seen, signals=self.signals)

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the state of every mandate; raises SourceError when no place can be read."""
        read = [_read(place) for place in self._places]
        errors = [one for one in read if isinstance(one, SourceError)]
        with _remembering():
            before = parse_remembered(self._records.memory.recall(NAME))
        # What was declared and can be read no more is told of each; the rest is one failure.
        garbled = any(error.reason is GapReason.INVALID for error in errors)
        if errors and len(errors) == len(read) and not (garbled and before.declared):
            raise errors[0]
        asked = frozenset(self._mandates())
        known = asked.union(DOCUMENTED)
        mandates = asked.union(before.declared & known, *_declared_in(read))
        judged = judge(
            merge.merge(read, mandates),
            known=known,
            declared_before=before.declared,
            unread=bool(errors),
            now=now,
        )
        told = [o for one in judged for o in observations(one, at=now)]
        told.append(self._record(judged, before, now))
        detail = "it is not declared any more, or no rule asks for it"
        told.extend(self._roll.call(told, detail=detail, at=now))
        return told

    def _record(self, judged: Sequence[Judged], before: Remembered, now: datetime) -> Observation:
        """Keep what was seen; return whether the ledger is whole."""
        ledger, path = self._records.ledger, str(self._records.ledger.path)
        if not self._records.writes:
            return chain(ledger, None, stack=self._stack, now=now)[0]
        # Looked at before anything is added: what follows a break must not hide it.
        known = before.head_of(path)
        observation, head = chain(ledger, known, stack=self._stack, now=now)
        noted = note(ledger, judged, before.noted, now=now)
        if noted.error is not None:
            observation = unreadable(noted.error, stack=self._stack, now=now)
        if head is not known and noted.head is not None:
            head = noted.head
        # What is not looked at any more, such as a misspelt id, is not kept for ever.
        present = {one.mandate for one in judged}
        after = Remembered(
            declared=_declared(judged, before.declared),
            noted={one: noted.told[one] for one in present & noted.told.keys()},
            head=(path, head.number, head.sha256) if head else None,
        )
        if after != before:
            with _remembering():
                self._records.memory.keep(NAME, after.model_dump_json())
        return observation


def _read(place: Place) -> Mapping[str, Found] | SourceError:
    try:
        return place.read()
    except SourceError as error:
        return error


def _declared_in(read: Sequence[merge.Place]) -> Iterator[Collection[str]]:
    for place in read:
        if not isinstance(place, SourceError):
            yield place.keys()


def _declared(judged: Sequence[Judged], before: Collection[str]) -> frozenset[str]:
    """Return the mandates that stand declared, as far as the last word on each was understood."""
    declared = set(before)
    for one in judged:
        if one.known and isinstance(one.declaration, Declaration):
            if one.declaration.attestation.state == "declared":
                declared.add(one.mandate)
            else:
                declared.discard(one.mandate)
    return frozenset(declared)


@contextmanager
def _remembering() -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        raise SourceError(error.what, reason=GapReason.UNREACHABLE, hint=error.hint) from error
