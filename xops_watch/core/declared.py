"""What the documents say that no threshold can: aliases of rules, facts, permanent decisions."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A row that says what a rule says already: it is covered, and never pages a second time.

    `of` names the rules; `note` what the row adds.
    """

    id: str
    rows: tuple[str, ...]
    quote: str
    of: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A row that states something: a limit, a size, a price, a panel; `signals` show it live."""

    id: str
    title: str
    rows: tuple[str, ...]
    quote: str
    signals: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PermanentDecision:
    """A decision that the documents call permanent: no step may contradict it unsaid.

    `never` are words that no step may bring in; `keeps` what no step may take away.
    """

    id: str
    title: str
    why: str
    rows: tuple[str, ...]
    never: tuple[str, ...]
    keeps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A conflict in or between the documents that a reader must know, and how it is treated."""

    id: str
    conflict: str
    treatment: str
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Everything a rulebook declares beside rules, evolutions and stages."""

    aliases: tuple[Alias, ...] = ()
    facts: tuple[Fact, ...] = ()
    decisions: tuple[PermanentDecision, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Yield every covered row, the kind of the entry that covers it, and its id."""
        for kind, entries in (
            ("alias", self.aliases),
            ("fact", self.facts),
            ("decision", self.decisions),
        ):
            for entry in entries:
                yield from ((row, kind, entry.id) for row in entry.rows)


NOTHING_DECLARED = Declared()
