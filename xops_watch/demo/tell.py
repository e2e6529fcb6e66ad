"""What the terminal says while the demo runs: from two snapshots to the lines between them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.quantity import format_value

Document = Mapping[str, Any]

_SHOWN_SIGNALS = (
    "ecs.cpu_utilization",
    "ecs.services_active",
    "crew.queue_depth",
    "openwebui.users_active_24h",
    "sqlite.write_lock_busy",
)
_IN_FULL = "FIRING (critical)"
_SUBJECTS_MAX = 2  # of a signal: those with the highest values
READ_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line for the terminal: who speaks, what is said, and the word to colour it by."""

    who: str
    text: str
    tone: str = ""


@dataclass(slots=True, kw_only=True)
class Teller:
    """Remembers what was told, so that only news is."""

    _statuses: dict[tuple[str, str], str] = field(default_factory=dict)
    _advice: dict[str, str] = field(default_factory=dict)
    _down: frozenset[str] = frozenset()
    _told: set[str] = field(default_factory=set)
    _read_at: timedelta | None = None

    def news(self, document: Document, *, elapsed: timedelta) -> Iterator[Line]:
        """Yield what is new in a snapshot (the document of `/api/v1/snapshot`)."""
        if self._read_at is None or elapsed - self._read_at >= READ_EVERY:
            self._read_at = elapsed
            yield Line(who="read", text=_readings(document))
        yield from self._sources(document)
        yield from self._triggers(document)
        yield from self._evolutions(document)

    def message(self, body: str) -> Iterator[Line]:
        """Yield an SNS message as it reached the subscriber.

        The first of all is told in full, and what is critical; of others of a new kind, the class.
        """
        envelope = json.loads(body)
        subject = envelope.get("Subject", "(no subject)")
        yield Line(who="SNS", text=subject, tone="sns")
        kind = subject.rsplit(" - ", 1)[0]
        if kind not in self._told:
            lines = envelope["Message"].splitlines()
            in_full = not self._told or envelope["Message"].startswith(_IN_FULL)
            self._told.add(kind)
            for line in lines:
                if in_full or line.startswith("Class: "):
                    yield Line(who="", text=f"| {line}")

    def _sources(self, document: Document) -> Iterator[Line]:
        down = {
            source["source"]: source["detail"] for source in document["sources"] if not source["up"]
        }
        for name in sorted(down.keys() - self._down):
            yield Line(who="source", text=f"{name} cannot be read: {down[name]}", tone="bad")
        for name in sorted(self._down - down.keys()):
            yield Line(who="source", text=f"{name} is read again", tone="good")
        self._down = frozenset(down)

    def _triggers(self, document: Document) -> Iterator[Line]:
        for trigger in document["triggers"]:
            key = (trigger["rule"], trigger["subject"])
            before, after = self._statuses.get(key, "inactive"), trigger["status"]
            self._statuses[key] = after
            if before != after:
                where = f"{trigger['rule']} on {trigger['subject']}"
                yield Line(
                    who="trigger",
                    text=f"{where}: {before} -> {after}; {trigger['evidence']}",
                    tone=after,
                )

    def _evolutions(self, document: Document) -> Iterator[Line]:
        for advice in document["advice"]:
            evolution = advice["evolution"]
            before, after = self._advice.get(evolution["id"]), advice["state"]
            self._advice[evolution["id"]] = after
            if after in _DUE and before not in _DUE:
                yield Line(who="advice", text=_due(advice), tone="recommended")
            elif after in _ANSWERED and before != after:
                yield Line(who="advice", text=_answered(advice), tone="good")
            elif before in _DUE and after not in _DUE:
                text = f"{evolution['title']}: no trigger asks for it now"
                yield Line(who="advice", text=text, tone="good")


_DUE = ("recommended", "blocked")
_ANSWERED = ("accepted", "deferred", "rejected")


def _due(advice: Document) -> str:
    evolution, stage = advice["evolution"], advice["stage"]
    blocked = "blocked for now, " if advice["state"] == "blocked" else ""
    cost = f" (declared ${stage['monthly_cost_dollars']:,.0f} a month)" if stage else ""
    return (
        f"{evolution['title']}: {blocked}{evolution['classification']}, "
        f"risk {evolution['risk']}, {evolution['phase']}{cost}"
    )


def _answered(advice: Document) -> str:
    decision = advice["decision"]
    until = f" until {decision['until'][:10]}" if decision["until"] else ""
    title = advice["evolution"]["title"]
    return f"{title}: {decision['answer']}{until} by {decision['who']}: {decision['why']}"


def _readings(document: Document) -> str:
    parts = []
    for name in _SHOWN_SIGNALS:
        unit = SIGNAL_BY_NAME[name].unit
        seen = [s for s in document["signals"] if s["signal"] == name and s["status"] == "ok"]
        highest = sorted(seen, key=_value, reverse=True)[:_SUBJECTS_MAX]
        values = [f"{_short(s)} {format_value(_value(s), unit)}" for s in highest]
        parts.append(f"{name}: {', '.join(values) or 'nothing yet'}")
    return "; ".join(parts)


def _value(signal: Document) -> float:
    return float(signal["newest"]["value"])


def _short(signal: Document) -> str:
    """The cluster is the same all along: the service's name is enough."""
    subject: str = signal["subject"]
    return subject.rsplit("/", 1)[-1]
