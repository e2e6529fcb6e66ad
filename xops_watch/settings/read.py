"""From this environment to settings, or to one line for everything that is wrong with it."""

import difflib
import os
from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from xops_watch.errors import ConfigurationError
from xops_watch.located_yaml import Document, quoted
from xops_watch.settings.file import CONFIG_VARIABLE, config_file
from xops_watch.settings.model import PREFIX, Settings

_HINT = "docs/reference/settings.md lists every setting with its form"


def read_settings() -> Settings:
    """Return the settings of this environment; raises ConfigurationError naming what is wrong."""
    _refuse_unknown()
    document = config_file()
    try:
        return Settings()
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        problems = [_problem(one, document) for one in details]
        raise ConfigurationError("\n".join(problems), hint=_HINT) from error


def _refuse_unknown() -> None:
    """A misspelt variable must not be silently without effect."""
    known = {CONFIG_VARIABLE, *_variables(Settings, PREFIX)}
    ours = [name for name in sorted(os.environ) if name.upper().startswith(PREFIX)]
    problems = [_unknown(name, known) for name in ours if name not in known]
    if problems:
        raise ConfigurationError("\n".join(problems), hint=_HINT)


def _variables(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _variables(kind, f"{prefix}{name.upper()}__")
        else:
            yield prefix + name.upper()


def _unknown(name: str, known: Iterable[str]) -> str:
    """Names come from people, too: they are shown bounded and without what cannot be seen."""
    close = difflib.get_close_matches(name, known, n=1)
    close = close or difflib.get_close_matches(name.upper(), known, n=1)
    meant = f"; did you mean {close[0]}?" if close else ""
    return f"{quoted(name)[1:-1]} is not a setting{meant}"


def _problem(error: ErrorDetails, document: Document | None) -> str:
    """Say in one line what is wrong and where; never the value, which may be a secret."""
    location = error["loc"]
    if error["type"] == "extra_forbidden":
        # Unknown variables were refused before: this is a key of the file.
        group = Settings.model_fields[str(location[0])].annotation if location[1:] else Settings
        known = getattr(group, "model_fields", {})
        return f"{_place(location, document, key=True)}: {_unknown(str(location[-1]), known)}"
    return f"{_place(location, document)}: {_message(error)}"


def _message(error: ErrorDetails) -> str:
    match error["type"]:
        case "string_pattern_mismatch":
            return f"must be {_FORMS[error['loc']]}"
        case "model_type":
            return "must be a mapping of settings"
        case "tuple_type":
            return "must be a list of names"
        case _:
            return error["msg"].removeprefix("Value error, ")


# What the patterns above mean.
_FORMS: dict[tuple[int | str, ...], str] = {
    ("stack",): "1 to 63 letters, digits, `_`, `.` or `-`, the first a letter or digit",
    ("runbooks_url",): "a URL or a path, without blanks, of at most 500 characters",
    ("http", "listen"): "an address and a port, such as 127.0.0.1:9923, [::]:9923 or :9923",
    ("cost", "budget"): "the name of a budget, without `:` and `\\`, of at most 100 characters",
    ("app_log", "group"): "the name of a log group, such as /ecs/open-webui, or auto",
    ("app_log", "database"): "a name without blanks, such as xops/webui.db",
    ("mandates", "ssm_prefix"): "a path of Parameter Store, such as /xops/mandates/",
    ("prometheus", "username"): "the name of a user, without `:`",
    ("prometheus", "tenant"): "the name of a tenant, without blanks",
    ("sns", "topic_arn"): "the ARN of a topic, such as arn:aws:sns:eu-west-1:123456789012:oncall",
}


def _place(location: tuple[int | str, ...], document: Document | None, *, key: bool = False) -> str:
    """Name the variable, or the line of the file that a value came from."""
    names = [str(part) for part in location if isinstance(part, str)]
    variable = PREFIX + "__".join(names).upper()
    given = bool(os.environ.get(variable))
    position = document.position(location, key=key) if document and not given else None
    if document is None or position is None:
        return variable
    path = quoted(".".join(map(str, location)))[1:-1]
    return f"{document.file}:{position.line}:{position.column}: {path}"
