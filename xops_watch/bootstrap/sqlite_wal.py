"""The source that watches SQLite databases, and what must be true of their places."""

import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from xops_watch.bootstrap.wiring import Needs, Wiring
from xops_watch.errors import ConfigurationError
from xops_watch.ports import Source
from xops_watch.settings import Settings
from xops_watch.sources.commit_probe import CommitProbeSource
from xops_watch.sources.sqlite_wal import SIGNALS, Context, JournalMode, SqliteWalSource, Watched

_ANSWER_SECONDS = 3.0


def watched_databases(settings: Settings) -> tuple[Watched, ...]:
    """Return the databases and their subjects: the stack, and as much of the path as tells them."""
    paths = [Path(path) for path in settings.sqlite.path]
    names = _shortest_names(paths)
    return tuple(Watched(subject=f"{settings.stack}/{names[path]}", path=path) for path in paths)


def demand_apart(settings: Settings) -> None:
    """Raise ConfigurationError when a file of ours lies in the directory of a database.

    SQLite makes files beside its own, and a file opened twice in one process loses its locks. That
    holds for the database whose users are counted too, whether it is watched or not.
    """
    ours = {"XOPS_WATCH_STATE_PATH": settings.state_path}
    if settings.sqlite.probe_path is not None:
        ours["XOPS_WATCH_SQLITE__PROBE_PATH"] = Path(settings.sqlite.probe_path)
    users = settings.openwebui.database_path
    databases = [*settings.sqlite.path, *([str(users.absolute())] if users else [])]
    for database in databases:
        for name, path in ours.items():
            if _in_one_directory(path, Path(database)):
                raise ConfigurationError(
                    f"{name} is in the directory of the watched database {database!r:.200}",
                    hint=f"give {name} a directory of its own: nothing is ever written there",
                )


def _shortest_names(paths: Sequence[Path]) -> Mapping[Path, str]:
    """Return the ends of the paths that are long enough to differ."""
    return {path: _shortest_name(path, paths) for path in paths}


def _shortest_name(path: Path, paths: Sequence[Path]) -> str:
    length = 1
    while sum(other.parts[-length:] == path.parts[-length:] for other in paths) > 1:
        length += 1
    return "/".join(path.parts[-length:]).lstrip("/")


def _in_one_directory(one: Path, other: Path) -> bool:
    """Tell whether both files are in the same directory, under whatever names it has.

    A filesystem that does not answer is not waited for: the names count then.
    """
    if one.absolute().parent == other.parent:
        return True
    found: list[bool] = []

    def compare() -> None:
        try:
            found.append(one.absolute().parent.samefile(other.parent))
        except (OSError, RuntimeError):
            found.append(False)  # what is not there yet is told by the source

    asking = threading.Thread(target=compare, name="sqlite-places", daemon=True)
    asking.start()
    asking.join(_ANSWER_SECONDS)
    return bool(found) and found[0]


def _build(needs: Needs) -> Sequence[Source]:
    settings, sqlite = needs.settings, needs.settings.sqlite
    demand_apart(settings)
    expected = sqlite.expected_journal_mode
    databases = watched_databases(settings)
    probe = None
    if sqlite.probe_path is not None:
        subjects = [database.subject for database in databases]
        probe = CommitProbeSource(subjects, Path(sqlite.probe_path), seen=needs.seen)
    source = SqliteWalSource(
        databases,
        interval=timedelta(seconds=sqlite.interval_seconds),
        rate=sqlite.looks_per_second,
        context=Context(
            expected=None if expected == "any" else JournalMode(expected),
            sees_all_processes=sqlite.sees_all_processes,
        ),
        commit_seconds=probe.commit_seconds if probe is not None else None,
        seen=needs.seen,
    )
    return (source,) if probe is None else (probe, source)


WIRING = Wiring(
    name="sqlite_wal",
    setting="XOPS_WATCH_SQLITE__PATH",
    signals=(*SIGNALS, *CommitProbeSource.signals),
    enabled=lambda settings: settings.sqlite.asked_for,
    build=_build,
)
