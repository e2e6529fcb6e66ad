"""A document while it is checked: what it says, what is wrong with it, and where."""

from collections.abc import Collection, Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.signal import Signal
from xops_watch.located_yaml import Document, KeyPath, Plain, quoted
from xops_watch.rulebook.wording import findings_of, near, shape_of

Entry = TypeVar("Entry", bound=BaseModel)


class Page:
    """Collects the problems of one document, each at the position of what is wrong."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems = list(document.problems)
        # Signals that the rule files define themselves, known when all of them were read.
        self.own_signals: Mapping[str, Signal] = {}
        self._refused = {problem.position for problem in document.problems}

    def at(self, path: KeyPath) -> Plain:
        """Return the value at `path`, None where there is none."""
        value = self.document.content
        for step in path:
            if isinstance(value, dict) and isinstance(step, str):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int):
                value = value[step]
            else:
                return None
        return value

    def refuse(self, path: KeyPath, message: str, *, hint: str = "", key: bool = False) -> None:
        """Note a problem with the value (or the key) at `path`.

        Where YAML itself was refused nothing is added: it would only be the consequence.
        """
        problem = self.document.problem(path, message, hint=hint, key=key)
        if problem.position not in self._refused:
            self.problems.append(problem)

    def entry(self, model: type[Entry], path: KeyPath) -> Entry | None:
        """Return the entry at `path` if it has the shape of `model`, else note what is wrong."""
        raw = self.at(path)
        if not isinstance(raw, dict):
            shape = shape_of(model)
            self.refuse(path, shape.message, hint=shape.hint)
            return None
        try:
            return model.model_validate(raw, context=self.own_signals)
        except ValidationError as error:
            for finding in findings_of(error, model):
                place = (*path, *finding.path)
                self.refuse(place, finding.message, hint=finding.hint, key=finding.key)
        return None

    def optional(self, model: type[Entry], path: KeyPath) -> Entry | None:
        """Return the entry at `path` like `entry`, None without a word when there is none."""
        return None if self.at(path) is None else self.entry(model, path)

    def signal(self, name: object) -> Signal | None:
        """Return the signal of that name, None when there is none."""
        known = {**SIGNAL_BY_NAME, **self.own_signals}
        return known.get(name) if isinstance(name, str) else None

    def places(self, path: KeyPath) -> tuple[KeyPath, ...]:
        """Return the path of each item of the list at `path`; of what is no list, none."""
        value = self.at(path)
        return tuple(
            (*path, index) for index in range(len(value) if isinstance(value, list) else 0)
        )

    def reference(self, path: KeyPath, known: Collection[str] | None, what: str) -> bool:
        """Tell whether the name at `path` is known; note it when it is not.

        With `known` None, what is known could not be read, and every name passes.
        """
        name = self.at(path)
        if not isinstance(name, str) or known is None or name in known:
            return isinstance(name, str)
        hint = near(name, known) or f"define it under `{what}s`"
        self.refuse(path, f"there is no {what} {quoted(name)}", hint=hint)
        return False
