"""Settings of watching SQLite databases."""

import os.path
from pathlib import PurePosixPath
from typing import Literal

from pydantic import Field, field_validator

from xops_watch.settings.group import Group, Names, names, word

DATABASES_MAX = 16
_PATH_CHARACTERS_MAX = 400


class Sqlite(Group):
    """Which SQLite databases are watched. Their files are read, never locked or written."""

    path: Names = Field(
        default=(),
        max_length=DATABASES_MAX,
        description="Absolute path of the database, such as /data/webui.db; several are"
        " comma-separated, up to 16",
    )
    interval_seconds: float = Field(
        default=60, ge=5, le=300, description="How often what was seen is made into readings"
    )
    looks_per_second: float | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="How often the locks are looked at; 10 on a network filesystem, where a look"
        " is a request to its server, and 50 elsewhere when nothing is given",
    )
    expected_journal_mode: Literal["any", "wal", "rollback"] = Field(
        default="any",
        description="Journal mode that is meant to be in force: WAL, or a rollback journal"
        " (SQLite calls it DELETE, TRUNCATE or PERSIST)",
    )
    sees_all_processes: bool = Field(
        default=False,
        description='Whether the task definition has pidMode "task": locks of other machines can be'
        " told then",
    )
    probe_path: str | None = Field(
        default=None,
        description="File of its own, in a directory of its own on the filesystem of the databases:"
        " a small commit there is timed once a minute. Nothing is probed when none is named",
    )

    @field_validator("path", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return names(value)

    @field_validator("path")
    @classmethod
    def _each_once(cls, paths: tuple[str, ...]) -> tuple[str, ...]:
        normal = tuple(_normal(path) for path in paths)
        if len(set(normal)) < len(normal):
            raise ValueError("each database is named once")
        return normal

    @field_validator("probe_path")
    @classmethod
    def _probe_apart(cls, path: str | None) -> str | None:
        return None if path is None else _normal(path)

    @field_validator("expected_journal_mode", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return word(value)

    @property
    def asked_for(self) -> bool:
        """Tell whether these settings ask for a source."""
        return bool(self.path)


def _normal(path: str) -> str:
    """Return the path without detours; what cannot be the path of a file is refused."""
    if not PurePosixPath(path).is_absolute() or not PurePosixPath(path).name:
        raise ValueError("a database is named by the absolute path of its file")
    if not path.isprintable() or len(path) > _PATH_CHARACTERS_MAX:
        raise ValueError(f"a path has up to {_PATH_CHARACTERS_MAX} characters that can be printed")
    return os.path.normpath(path)
