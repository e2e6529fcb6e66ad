"""The reference page of the settings, from the model that reads them."""

import re
from collections.abc import Iterator
from typing import Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from docs.markdown import table
from xops_watch.settings import CONFIG_VARIABLE, PREFIX, Names, Settings


def settings() -> Iterator[str]:
    """Yield the page; every setting is on it."""
    yield "# Settings\n"
    yield (
        f"Every setting is an environment variable. `{CONFIG_VARIABLE}` may name a YAML file with\n"
        "the same settings, where a group is a mapping (`XOPS_WATCH_ECS__CLUSTERS=xops` is\n"
        "`ecs: {clusters: [xops]}`); the environment wins. A variable with the prefix that is not\n"
        "a setting is refused. Nothing is read from a `.env` file.\n\n"
        "AWS credentials, region and endpoint come through boto3's own chain: the task role,\n"
        "`AWS_DEFAULT_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL`. `AWS_REGION` counts, too. In a\n"
        "task of ECS nothing has to be set: where nothing names a region, the task's own is used.\n"
    )
    groups = {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }
    plain = {n: f for n, f in Settings.model_fields.items() if n not in groups}
    yield "## General\n"
    yield from _setting_rows(PREFIX, plain)
    for name, group in groups.items():
        yield f"\n## `{name}`\n"
        yield f"{(group.__doc__ or '').strip()}\n"
        yield from _setting_rows(f"{PREFIX}{name.upper()}__", group.model_fields)


def _setting_rows(prefix: str, fields: dict[str, FieldInfo]) -> Iterator[str]:
    yield from table(
        ("variable", "form", "default", "meaning"),
        [
            (f"`{prefix}{name.upper()}`", _form(field), _default(field), field.description or "")
            for name, field in fields.items()
        ],
    )


def _form(field: FieldInfo) -> str:
    """Return what may be written, in words, with the limits."""
    annotation = field.annotation
    words = [_word_for(annotation)]
    for limit, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<")):
        words += [f"{sign} {getattr(m, limit):g}" for m in field.metadata if hasattr(m, limit)]
    return " ".join(word for word in words if word)


def _word_for(annotation: object) -> str:
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(annotation))
    if annotation == get_args(Names)[0]:
        return "names, comma-separated"
    text = str(getattr(annotation, "__name__", annotation))
    known = {
        r"\bfloat\b": "number",
        r"\bint\b": "whole number",
        r"\bbool\b": "`true` or `false`",
        r"\bPath\b": "path",
        r"Datetime\b": "ISO 8601 with time zone",
        r"\bSecretStr\b": "secret",
        r"\bstr\b": "text",
    }
    full = f"{text} {annotation}"
    return next((word for pattern, word in known.items() if re.search(pattern, full)), text)


def _default(field: FieldInfo) -> str:
    if field.default is None or field.default == ():
        return ""
    value = field.default
    return f"`{','.join(value) if isinstance(value, tuple) else value}`"
