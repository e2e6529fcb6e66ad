"""Findings in plain words: what pydantic says about an entry, as people would say it."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from xops_watch.located_yaml import KeyPath, quoted

_COMPARED_MAX = 100  # characters: comparing takes time with the square of the length


class Unfit(ValueError):  # noqa: N818 - not an error of the program: a finding about a file
    """A value that does not fit; the text says why, `hint` what would."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong inside an entry, at `path` from it; `key` points at the key, not the value."""

    path: KeyPath
    message: str
    hint: str
    key: bool = False


def near(text: str, words: Iterable[str]) -> str:
    """Return the question `did you mean` for the nearest of `words`, or nothing."""
    by_folded = {word.casefold(): word for word in words}
    found = difflib.get_close_matches(text[:_COMPARED_MAX].casefold(), by_folded, n=1)
    return f"did you mean {quoted(by_folded[found[0]])}?" if found else ""


def findings_of(refused: ValidationError, model: type[BaseModel]) -> list[Finding]:
    """Return what is wrong with an entry of the kind `model`; all missing keys are one finding."""
    errors = refused.errors(include_url=False)
    missing = [f"`{error['loc'][0]}`" for error in errors if error["type"] == "missing"]
    lack = f"{title_of(model)} lacks {', '.join(missing)}"
    return [
        *([Finding(path=(), message=lack, hint="")] if missing else []),
        *(
            _finding(error["type"], error["loc"], error.get("ctx", {}), model)
            for error in errors
            if error["type"] != "missing"
        ),
    ]


def shape_of(model: type[BaseModel]) -> Finding:
    """Return what to say when an entry of the kind `model` is no mapping at all."""
    message = f"{title_of(model)} is written as keys with values"
    hint = f"its keys are {', '.join(_keys_of(model))}"
    return Finding(path=(), message=message, hint=hint)


def title_of(model: type[BaseModel]) -> str:
    """Return what people call an entry of the kind `model`."""
    return str(model.model_config.get("title"))


def _keys_of(model: type[BaseModel]) -> list[str]:
    """Return the keys as they are written in files."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _finding(
    kind: str, path: KeyPath, context: Mapping[str, object], model: type[BaseModel]
) -> Finding:
    name = str(path[0])
    if kind == "extra_forbidden":
        keys = _keys_of(model)
        hint = near(name, keys) or f"its keys are {', '.join(keys)}"
        message = f"{quoted(name)} is not a key of {title_of(model)}"
        return Finding(path=path, message=message, hint=hint, key=True)
    message, hint = _about_value(kind, context)
    return Finding(path=path, message=f"`{name}`: {message}", hint=hint)


def _about_value(kind: str, context: Mapping[str, object]) -> tuple[str, str]:
    match kind:
        case "value_error":
            cause = context["error"]
            return str(cause), cause.hint if isinstance(cause, Unfit) else ""
        case "tuple_type":
            return "needs a list", "begin each entry with `- `"
        case "too_short":
            return f"needs {context['min_length']} or more entries", ""
        case "too_long":
            return f"takes no more than {context['max_length']} entries", ""
        case _:
            return "does not fit here", ""
