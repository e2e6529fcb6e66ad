"""Mandates as files and parameters, and the source that reads them."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.fakes import MemoryStore
from xops_watch.aws.standing import failed
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.errors import SourceError
from xops_watch.ledger import Ledger
from xops_watch.sources.mandates import FilePlace, MandatesSource, Place, Records

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)

JANE = {"name": "Jane Doe", "email": "jane@example.com"}
RAVI = {"name": "Ravi Patel", "email": "ravi@example.com", "role": "CISO"}
EVIDENCE = {"type": "audit-finding", "ref": "APRA-2026-17, page 4"}

DECLARED: Mapping[str, Any] = {
    "state": "declared",
    "summary": "Prompts must stay in the region",
    "declared_at": "2026-01-10T09:00:00Z",
    "effective_from": "2026-02-01T00:00:00+11:00",
    "expires_at": "2027-01-31T00:00:00Z",
    "author": JANE,
    "approver": RAVI,
    "evidence": [EVIDENCE],
}
WITHDRAWN: Mapping[str, Any] = {
    "state": "withdrawn",
    "summary": "The regulator closed the finding",
    "declared_at": "2026-02-20T09:00:00Z",
    "author": JANE,
    "approver": RAVI,
}
ASKED = ("sovereignty", "mtls")


def attestation(base: Mapping[str, Any] = DECLARED, **changes: object) -> dict[str, Any]:
    """Return an attestation with these changes; a field that is None is left out."""
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def written(path: Path, **mandates: object) -> Path:
    """Write a file of mandates; JSON is YAML as well. `_` in a name is `-` in the id."""
    content = {name.replace("_", "-"): value for name, value in mandates.items()}
    path.write_text(json.dumps({"schema": 1, "mandates": content}))
    return path


def parameter(mandate: str, content: Mapping[str, Any]) -> str:
    """Return the value of a parameter."""
    return json.dumps({"schema": 1, "mandate": mandate, **content})


class Scene:
    """A source over some places, with what it keeps."""

    def __init__(
        self,
        folder: Path,
        *places: Place,
        asked: Collection[str] = ASKED,
        writes: bool = True,
    ) -> None:
        self.path = folder / "mandates.yaml"
        self.places = places or (FilePlace(self.path),)
        self.ledger = Ledger(folder / "state.ledger.jsonl")
        self.memory = MemoryStore()
        self.asked = list(asked)
        self.writes = writes
        self.source = self.started()

    def started(self, seen: Collection[tuple[str, str]] = ()) -> MandatesSource:
        """Return the source of a daemon that starts with what is kept."""
        self.source = MandatesSource(
            self.places,
            Records(memory=self.memory, ledger=self.ledger, writes=self.writes),
            interval=timedelta(minutes=5),
            stack="xops",
            mandates=lambda: self.asked,
            seen=seen,
        )
        return self.source

    def look(self, *, now: datetime = NOW) -> "Look":
        """Observe once."""
        return Look(self.source.observe(now=now))

    def look_or_fail(self) -> "Look":
        """Observe once; what fails as a whole is one gap."""
        try:
            return self.look()
        except SourceError as error:
            return Look([failed("mandate.state", "whole", error, at=NOW)])


class Look:
    """What was observed, by signal and subject."""

    def __init__(self, observations: Sequence[Observation]) -> None:
        self.observations = observations
        self._by_series = {(one.signal, one.subject): one for one in observations}

    def value(self, signal: str, subject: str) -> float:
        """Return the value of a reading."""
        found = self._by_series[signal, subject]
        assert isinstance(found, Reading), found
        return found.value

    def state(self, mandate: str) -> str:
        """Return the state of a mandate."""
        return SIGNAL_BY_NAME["mandate.state"].states[int(self.value("mandate.state", mandate))]

    def validity(self, mandate: str) -> str:
        """Return whether what is written of a mandate counts."""
        states = SIGNAL_BY_NAME["mandate.validity"].states
        return states[int(self.value("mandate.validity", mandate))]

    def approval(self, mandate: str) -> str:
        """Return who approved a mandate."""
        states = SIGNAL_BY_NAME["mandate.approval"].states
        return states[int(self.value("mandate.approval", mandate))]

    def chain(self) -> str:
        """Return the state of the ledger."""
        return SIGNAL_BY_NAME["ledger.chain"].states[int(self.value("ledger.chain", "xops"))]

    def gap(self, signal: str, subject: str) -> Gap:
        """Return a gap."""
        found = self._by_series[signal, subject]
        assert isinstance(found, Gap), found
        return found

    def why(self, mandate: str) -> str:
        """Return why the state of a mandate is unknown."""
        return self.gap("mandate.state", mandate).detail
