"""Honest classification: a migration cannot be sold as a config change.

The documents: "SQLite to Aurora and ECS to EKS are NOT config changes." A class also cannot be
given another risk than the documents give it.
"""

import re

from xops_watch.core.evolution import Classification
from xops_watch.rulebook.schema import EvolutionEntry

_DATABASES = r"\b(rds|aurora|postgres(ql)?)\b"
_TOWARDS = r"(\b(to|onto|into|by|with)\b|->|→)"
# Both names in one step, in either order ("SQLite -> Aurora", "RDS instead of SQLite").
_LEAVES_SQLITE = re.compile(rf"(?=.*\bsqlite\b)(?=.*{_DATABASES})")
_MOVES_DATABASE = (
    # "Upgrade L4 to RDS", "Move the database onto PostgreSQL".
    re.compile(rf"\b(l4|database|data layer)\b.*{_TOWARDS}.*{_DATABASES}"),
    # "Swap the database for Aurora".
    re.compile(rf"\b(swap|exchange|trade)\b.*\b(l4|database|data layer)\b.*\bfor\b.*{_DATABASES}"),
    # "Database: RDS PostgreSQL", as the component matrix has it, or "Database: Adopt Aurora".
    re.compile(
        rf"^(l4|database): ((\w+ to|adopt|choose|introduce|use) )?((amazon|aws) )?{_DATABASES}"
    ),
)
_MOVES_ORCHESTRATION = (
    re.compile(r"\beks\b"),
    re.compile(rf"\becs\b.*{_TOWARDS}.*\bkubernetes\b"),
)
# "Hold L6 at 1 replica until SQLite is replaced by PostgreSQL" holds, and migrates nothing.
_CONDITION = re.compile(r"\b(until|unless)\b.*")


def required_class(evolution: EvolutionEntry) -> tuple[Classification, str] | None:
    """Return the only honest class of a step, and why, when its words leave no choice."""
    # First steps are left out: they may well warn of a migration that is another step.
    name, title, how = (
        _CONDITION.sub("", text.lower())
        for text in (evolution.id.replace("-", " "), evolution.title, evolution.how)
    )
    texts = (name, title, how, f"{evolution.component.lower()}: {title}")
    if any(pattern.search(text) for pattern in _MOVES_ORCHESTRATION for text in texts):
        return Classification.ARCHITECTURE_CHANGE, "moving from ECS to EKS"
    moves = any(pattern.search(text) for pattern in _MOVES_DATABASE for text in texts)
    if moves or _LEAVES_SQLITE.search(" ".join(texts)):
        return Classification.DATA_MIGRATION, "moving from SQLite to a database server"
    return None
