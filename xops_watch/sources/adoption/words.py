"""What a stack may show of itself: a value, or why there is none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from xops_watch.aws.task_definitions import TaskDefinition
from xops_watch.errors import GapReason, SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Why something is not known."""

    reason: GapReason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What people say of the stack where it does not show it.

    `ai_paths` are states of `ai.path` by layer, `attested` the ids of evolutions that are done.
    """

    database_kind: str | None = None
    ai_paths: Mapping[str, str] = field(default_factory=dict)
    attested: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment of one task definition, asked by the name of a variable."""

    definition: TaskDefinition

    def values(self, *names: str) -> tuple[str, ...]:
        """Return what is kept of the variables, without empty values: those set nothing."""
        kept = self.definition.environment
        return tuple(value for name in names for value in kept.get(name, ()) if value)

    def is_set(self, *names: str) -> bool:
        """Tell whether one of the variables has a value, be it a secret one."""
        return bool(self.values(*names)) or not self.definition.secret.isdisjoint(names)

    def is_hidden(self, *names: str) -> bool:
        """Tell whether one of them may come from a secret or a file, which nobody reads."""
        return not self.definition.hidden.isdisjoint(names)


def hidden(name: str, fix: str) -> Unknown:
    """Return why the value of a variable is not known."""
    why = f"{name} may come from a secret or a file, which is not read: {fix}"
    return Unknown(reason=GapReason.NOT_ENABLED, detail=why)


def failed(error: SourceError) -> Unknown:
    """Return why nothing of a definition is known."""
    return Unknown(reason=error.reason, detail=error.what)


def worst(found: Iterable[int | Unknown], order: Sequence[int]) -> int | Unknown | None:
    """Return the value that counts when several are deployed: the first of `order` there is.

    What is not known could be the worst, unless that is there. None when there is nothing.
    """
    every = list(found)
    if every and order[0] in every:
        return order[0]
    unknown = next((one for one in every if isinstance(one, Unknown)), None)
    return unknown or next((one for one in order if one in every), None)
