"""The optional YAML file of settings, which the environment overrides."""

import os
from pathlib import Path

from pydantic_settings import PydanticBaseSettingsSource

from xops_watch.errors import ConfigurationError
from xops_watch.located_yaml import Document, read_yaml

CONFIG_VARIABLE = "XOPS_WATCH_CONFIG"


class ConfigFile(PydanticBaseSettingsSource):
    """The YAML file named by XOPS_WATCH_CONFIG."""

    def get_field_value(self, field: object, field_name: str) -> tuple[object, str, bool]:  # noqa: ARG002 - pydantic-settings' interface
        """Not asked: the file is read as a whole."""
        return None, field_name, False

    def __call__(self) -> dict[str, object]:
        """Return the content of the file, nothing when none is named."""
        document = config_file()
        if document is None or not isinstance(document.content, dict):
            return {}
        # A group of which every line is a comment is written `log:` and nothing.
        return {name: value for name, value in document.content.items() if value is not None}


def config_file() -> Document | None:
    """Return the named file, None when none is; raises ConfigurationError if it is no mapping."""
    path = os.environ.get(CONFIG_VARIABLE)
    if not path:
        return None
    document = read_yaml(Path(path))
    problems = [str(problem) for problem in document.problems]
    if not problems and not isinstance(document.content, dict | None):
        problems = [f"{path}: is not a mapping of settings"]
    if problems:
        raise ConfigurationError("\n".join(problems), hint=f"{CONFIG_VARIABLE} names this file")
    return document
