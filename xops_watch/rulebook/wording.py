"""Findings in plain words: what pydantic says about an entry, as people would say it."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel
from pydantic_core import ErrorDetails

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
    return f"did you mean `{by_folded[found[0]]}`?" if found else ""


def findings_of(errors: Sequence[ErrorDetails], model: type[BaseModel]) -> list[Finding]:
    """Return what `errors` say about an entry of the kind `model`; all missing keys are one."""
    missing = [f"`{error['loc'][0]}`" for error in errors if error["type"] == "missing"]
    lack = f"{title_of(model)} lacks {', '.join(missing)}"
    return [
        *([Finding(path=(), message=lack, hint="")] if missing else []),
        *(_finding(error, model) for error in errors if error["type"] != "missing"),
    ]


def shape_of(model: type[BaseModel]) -> Finding:
    """Return what to say when an entry of the kind `model` is no mapping at all."""
    message = f"{title_of(model)} is written as keys with values"
    return Finding(path=(), message=message, hint=_keys_of(model))


def title_of(model: type[BaseModel]) -> str:
    """Return what people call an entry of the kind `model`."""
    return str(model.model_config.get("title"))


def _keys_of(model: type[BaseModel]) -> str:
    keys = (field.alias or name for name, field in model.model_fields.items())
    return f"its keys are {', '.join(keys)}"


def _finding(error: ErrorDetails, model: type[BaseModel]) -> Finding:
    path = error["loc"]
    name = str(path[0])
    if error["type"] == "extra_forbidden":
        keys = [field.alias or name for name, field in model.model_fields.items()]
        hint = near(name, keys) or _keys_of(model)
        message = f"{quoted(name)} is not a key of {title_of(model)}"
        return Finding(path=path, message=message, hint=hint, key=True)
    message, hint = _about_value(error)
    return Finding(path=path, message=f"`{name}`: {message}", hint=hint)


def _about_value(error: ErrorDetails) -> tuple[str, str]:
    context = error.get("ctx", {})
    match error["type"]:
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
