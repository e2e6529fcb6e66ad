"""Reads the JSON of control requests strictly: every field is known, typed and bounded."""

import math
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from xops_watch.embedded_aws.errors import ControlError


def instant(value: object, where: str) -> datetime:
    """Return `value`, unix seconds or ISO 8601 with an offset, as an aware UTC instant.

    Raises ControlError for anything else.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (OverflowError, OSError, ValueError):
            reason = f"{where}: {value} is not a unix time"
            raise ControlError(reason) from None
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            parsed = None
        if parsed is not None and parsed.utcoffset() is not None:
            return parsed.astimezone(UTC)
    reason = f"{where}: {value!r} is neither unix seconds nor ISO 8601 with an offset"
    raise ControlError(reason)


def number(value: object, where: str) -> float:
    """Return `value` as a finite float; raises ControlError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        reason = f"{where}: {value!r} is not a number"
        raise ControlError(reason)
    if not math.isfinite(value):
        reason = f"{where}: {value!r} is not finite"
        raise ControlError(reason)
    return float(value)


class Fields:
    """One JSON object whose fields are taken one by one; `done` refuses what is left."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, Mapping):
            reason = f"{where}: must be a JSON object"
            raise ControlError(reason)
        self._left: dict[str, object] = dict(value)
        self._where = where

    def done(self) -> None:
        """Refuse fields that nobody took: a typing error must not pass silently."""
        if self._left:
            reason = f"{self._where}: unknown field {min(self._left)!r}"
            raise ControlError(reason)

    def has(self, name: str) -> bool:
        """Tell whether `name` is there and not null."""
        return self._left.get(name) is not None

    def drop_nulls(self, *names: str) -> None:
        """Take fields that are there but null: the same as absent."""
        for name in names:
            if not self.has(name):
                self._left.pop(name, None)

    def text(self, name: str) -> str:
        """Return the required, non-empty text `name`."""
        value = self.optional_text(name)
        if value is None:
            reason = f"{self._where}.{name}: is required"
            raise ControlError(reason)
        return value

    def optional_text(self, name: str) -> str | None:
        """Return the non-empty text `name`, or None when it is absent."""
        value = self._left.pop(name, None)
        if value is None:
            return None
        if not isinstance(value, str) or not value:
            reason = f"{self._where}.{name}: must be a non-empty text"
            raise ControlError(reason)
        return value

    def choice(self, name: str, allowed: Collection[str], default: str) -> str:
        """Return the text `name`, one of `allowed`."""
        value = self.optional_text(name)
        if value is None:
            return default
        if value not in allowed:
            reason = f"{self._where}.{name}: {value!r} is not one of {', '.join(sorted(allowed))}"
            raise ControlError(reason)
        return value

    def whole(self, name: str, *, default: int, low: int = 0, high: int = 1_000_000) -> int:
        """Return the whole number `name` between `low` and `high`."""
        value = self._left.pop(name, None)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            reason = f"{self._where}.{name}: must be a whole number from {low} to {high}"
            raise ControlError(reason)
        return value

    def decimal(self, name: str, *, low: float, high: float) -> float | None:
        """Return the number `name` between `low` and `high`, or None when it is absent."""
        value = self._left.pop(name, None)
        if value is None:
            return None
        result = number(value, f"{self._where}.{name}")
        if not low <= result <= high:
            reason = f"{self._where}.{name}: must be from {low:g} to {high:g}"
            raise ControlError(reason)
        return result

    def time(self, name: str) -> datetime | None:
        """Return the instant `name`, or None when it is absent."""
        value = self._left.pop(name, None)
        return None if value is None else instant(value, f"{self._where}.{name}")

    def items(self, name: str) -> list[object]:
        """Return the JSON list `name`; absent means empty."""
        value = self._left.pop(name, None)
        if value is None:
            return []
        if not isinstance(value, list):
            reason = f"{self._where}.{name}: must be a JSON list"
            raise ControlError(reason)
        return value

    def names(self, name: str) -> list[str]:
        """Return the JSON list `name` of non-empty texts; absent means empty."""
        items = self.items(name)
        if not all(isinstance(item, str) and item for item in items):
            reason = f"{self._where}.{name}: must be a list of non-empty texts"
            raise ControlError(reason)
        return [str(item) for item in items]

    def optional_object(self, name: str) -> "Fields | None":
        """Return the JSON object `name`, or None when it is absent."""
        value = self._left.pop(name, None)
        return None if value is None else Fields(value, f"{self._where}.{name}")

    def objects(self, name: str) -> list["Fields"]:
        """Return the list `name` of JSON objects; absent means empty."""
        return [
            Fields(item, f"{self._where}.{name}[{index}]")
            for index, item in enumerate(self.items(name))
        ]

    def texts(self, name: str) -> dict[str, str]:
        """Return the JSON object `name` whose values are texts; absent means empty."""
        value = self._left.pop(name, None)
        if value is None:
            return {}
        if not isinstance(value, Mapping) or not all(
            isinstance(text, str) and text and key for key, text in value.items()
        ):
            reason = f"{self._where}.{name}: must be a JSON object of non-empty texts"
            raise ControlError(reason)
        return dict(value)
