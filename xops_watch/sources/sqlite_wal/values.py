"""From what the sampler found to values of signals, or the reason why there is none; no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass

from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.errors import GapReason
from xops_watch.sources.sqlite_wal.layout import JournalMode
from xops_watch.sources.sqlite_wal.progress import Log
from xops_watch.sources.sqlite_wal.sampler import Report
from xops_watch.sources.sqlite_wal.state import FINE, FileState
from xops_watch.sources.sqlite_wal.window import LOOKS_LEAST, Window

# The same lock twice: one may have been let go while the table was read.
_FOREIGN_LEAST = 2
_MINUTE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Why a signal has no value."""

    reason: GapReason
    why: str


Value = float | Absent

_NO_WAL = Absent(reason=GapReason.NOT_APPLICABLE, why="only a database in WAL mode has it")
_NO_EXPECTATION = Absent(
    reason=GapReason.NOT_ENABLED,
    why="say which mode is meant to be in force: XOPS_WATCH_SQLITE__EXPECTED_JOURNAL_MODE"
    " = wal or rollback",
)
_NO_PROCESSES = Absent(
    reason=GapReason.NOT_ENABLED,
    why='the locks of other machines can be told when the task definition has pidMode "task"; then'
    " set XOPS_WATCH_SQLITE__SEES_ALL_PROCESSES=true",
)
NO_PROBE = Absent(
    reason=GapReason.NOT_ENABLED,
    why="no commit is timed: set XOPS_WATCH_SQLITE__PROBE_PATH to a file of its own in"
    " a directory of its own on that filesystem",
)
_NOT_COUNTED = Absent(reason=GapReason.STALE, why="counters were read once: two reads are needed")
_NO_PROBE_YET = Absent(reason=GapReason.STALE, why="no commit was timed in the last minutes")

_STATE = "sqlite.file_state"
_MODE = "sqlite.journal_mode"
_FILESYSTEM = "sqlite.filesystem"
_EXPECTATION = "sqlite.journal_mode_expectation"
_WRITE_BUSY = "sqlite.write_lock_busy"
_COMMITS = "sqlite.commits_per_second"
COMMIT_LATENCY = "sqlite.commit_latency"
_UTILIZATION = "sqlite.writer_utilization"

_OF_LOG = (
    "sqlite.checkpoint_backlog",
    "sqlite.checkpoint_stalled",
    "sqlite.oldest_reader",
    "sqlite.reader_lag",
    "sqlite.readers_held",
    "sqlite.in_use",
    "sqlite.wal_size",
)
_FRAMES = "sqlite.wal_frames_per_second"
_RESETS = "sqlite.wal_resets_per_minute"
_OF_WINDOW_OF_LOG = ("sqlite.checkpoint_busy", _FRAMES, _RESETS)
_MODE_CHANGES = "sqlite.journal_mode_changes"
_SCHEMA_CHANGES = "sqlite.schema_changes"
_WRITERS = "sqlite.concurrent_writers"
_OF_WINDOW = (
    _WRITE_BUSY,
    "sqlite.write_lock_busy_error",
    "sqlite.longest_hold",
    _WRITERS,
    "sqlite.looks_per_second",
    "sqlite.late_looks",
    "sqlite.lock_probe_time",
    _COMMITS,
    _MODE_CHANGES,
    _SCHEMA_CHANGES,
    _UTILIZATION,
    "sqlite.foreign_lock",
)
_SIZE = "sqlite.database_size"
SIGNALS = (
    _STATE,
    _MODE,
    _EXPECTATION,
    _FILESYSTEM,
    _SIZE,
    *_OF_LOG,
    *_OF_WINDOW,
    *_OF_WINDOW_OF_LOG,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the settings say beside the files: `commit_seconds` is None without the probe."""

    expected: JournalMode | None = None
    sees_all_processes: bool = False
    has_probe: bool = False
    commit_seconds: float | None = None


def values_of(report: Report, context: Context) -> Mapping[str, Value]:
    """Return a value, or why there is none, for every signal of one database."""
    survey = report.survey
    values: dict[str, Value] = dict.fromkeys(SIGNALS, _refused(report))
    state = survey.standing.state
    if survey.standing == FINE and report.was_replaced:
        state = FileState.REPLACED
    values[_STATE] = _place(_STATE, state)
    is_network = survey.filesystem.is_network
    if is_network is not None:
        values[_FILESYSTEM] = float(is_network)
    elif survey.standing == FINE:
        kind = survey.filesystem.kind
        why = f"whether {kind!r:.50} is a network filesystem is not known"
        values[_FILESYSTEM] = Absent(reason=GapReason.INVALID, why=why)
    if survey.journal_mode is not None:
        values[_MODE] = _place(_MODE, survey.journal_mode)
        missed = context.expected is not survey.journal_mode
        values[_EXPECTATION] = float(missed) if context.expected else _NO_EXPECTATION
    if survey.standing == FINE:
        values[_SIZE] = float(survey.database_bytes)
        values.update(_of_log(report))
        values.update(_of_window(report, context))
    return values


def _place(signal: str, state: str) -> float:
    return float(SIGNAL_BY_NAME[signal].states.index(state))


def _refused(report: Report) -> Absent:
    standing = report.survey.standing
    return Absent(reason=standing.reason, why=standing.detail)


def _of_log(report: Report) -> Mapping[str, Value]:
    survey, log = report.survey, report.survey.log
    if survey.journal_mode is not JournalMode.WAL or log is None:
        return dict.fromkeys(_OF_LOG, _NO_WAL)
    return {
        **_of_readers(log),
        "sqlite.in_use": float(bool(survey.is_open)),
        "sqlite.wal_size": float(survey.log_bytes),
    }


def _of_readers(log: Log) -> Mapping[str, Value]:
    return {
        "sqlite.checkpoint_backlog": float(log.backlog),
        "sqlite.checkpoint_stalled": log.stalled,
        "sqlite.oldest_reader": log.oldest_reader,
        "sqlite.reader_lag": float(log.reader_lag),
        "sqlite.readers_held": float(log.readers_held),
    }


def _of_window(report: Report, context: Context) -> Mapping[str, Value]:
    window, is_wal = report.window, report.survey.journal_mode is JournalMode.WAL
    values: dict[str, Value] = {}
    if window is None:
        why = f"only {report.looks} looks so far: {LOOKS_LEAST} are needed"
        few = Absent(reason=GapReason.STALE, why=why)
        values.update(dict.fromkeys((*_OF_WINDOW, *_OF_WINDOW_OF_LOG), few))
    else:
        values.update(_of_looks(window, report))
        values.update(_of_counts(report, window, context))
    if not is_wal:
        values.update(dict.fromkeys(_OF_WINDOW_OF_LOG, _NO_WAL))
    if not context.sees_all_processes:
        values["sqlite.foreign_lock"] = _NO_PROCESSES
    if not context.has_probe:
        values[_UTILIZATION] = NO_PROBE
    return values


def _of_looks(window: Window, report: Report) -> Mapping[str, Value]:
    checkpoint = window.checkpoint_busy
    never = Absent(reason=GapReason.STALE, why="no look at the checkpoint lock yet")
    return {
        _WRITE_BUSY: window.busy,
        "sqlite.write_lock_busy_error": window.busy_error,
        "sqlite.checkpoint_busy": never if checkpoint is None else checkpoint,
        "sqlite.longest_hold": window.longest_hold,
        "sqlite.looks_per_second": window.looks / report.seconds,
        "sqlite.late_looks": window.late_share,
        "sqlite.lock_probe_time": window.probe_seconds,
        "sqlite.foreign_lock": float(report.foreign_locks >= _FOREIGN_LEAST),
    }


def _of_counts(report: Report, window: Window, context: Context) -> Mapping[str, Value]:
    counts, seconds = report.counts, report.counted_seconds
    if counts is None:
        names = (_COMMITS, _FRAMES, _RESETS, _MODE_CHANGES, _SCHEMA_CHANGES, _WRITERS, _UTILIZATION)
        return dict.fromkeys(names, _NOT_COUNTED)
    commits, used = counts.commits / seconds, context.commit_seconds
    return {
        _COMMITS: commits,
        _FRAMES: counts.frames / seconds,
        _RESETS: counts.resets / seconds * _MINUTE_SECONDS,
        _MODE_CHANGES: float(counts.mode_changes),
        _SCHEMA_CHANGES: float(counts.schema_changes),
        # Little's law, with those of whom SQLite's sleeps tell: who waits inside a process is
        # unseen.
        _WRITERS: commits * window.mean_wait + window.busy,
        _UTILIZATION: _NO_PROBE_YET if used is None else commits * used,
    }
