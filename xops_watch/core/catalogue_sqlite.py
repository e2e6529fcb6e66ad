"""Signals of a SQLite database, seen from outside: its locks, its log, its file."""

from xops_watch.core.signal import MINUTE, Unit, signals_of

_wal = signals_of("sqlite_wal", period=MINUTE, grace=5 * MINUTE)
_probe = signals_of("commit_probe", period=MINUTE, grace=5 * MINUTE)
_OF = "database"

_LOCKS = (
    _wal(
        "sqlite.write_lock_busy",
        Unit.RATIO,
        _OF,
        "Share of random looks at which the write lock was held",
    ),
    _wal(
        "sqlite.write_lock_busy_error",
        Unit.RATIO,
        _OF,
        "Standard error of `sqlite.write_lock_busy`: the truth is within two of it, 19 times of 20",
    ),
    _wal(
        "sqlite.checkpoint_busy",
        Unit.RATIO,
        _OF,
        "Share of random looks at which the checkpoint lock was held",
    ),
    _wal(
        "sqlite.longest_hold",
        Unit.SECONDS,
        _OF,
        "Longest time that one holder was seen with the write lock, at least",
    ),
    _wal(
        "sqlite.writer_utilization",
        Unit.RATIO,
        _OF,
        "Commits a second times the seconds of a commit: how much of the one writer is used",
    ),
    _wal(
        "sqlite.concurrent_writers",
        Unit.COUNT,
        _OF,
        "Writers at work or waiting, at least (a lower bound: SQLite lets one write at a time)",
    ),
    _wal(
        "sqlite.foreign_lock",
        Unit.STATE,
        _OF,
        "Whether a lock is held from another machine: a second task, or a dead one's lease",
        "none",
        "seen",
    ),
    _wal("sqlite.looks_per_second", Unit.COUNT, _OF, "How often the locks are looked at"),
    _wal("sqlite.late_looks", Unit.RATIO, _OF, "Share of looks for which the machine had no time"),
    _wal("sqlite.lock_probe_time", Unit.SECONDS, _OF, "Time of one look at a lock (the median)"),
)

_LOG = (
    _wal("sqlite.commits_per_second", Unit.COUNT, _OF, "Write transactions committed"),
    _probe("sqlite.commit_latency", Unit.SECONDS, _OF, "Time of one small commit there"),
    _wal("sqlite.wal_size", Unit.BYTES, _OF, "Size of the write-ahead log"),
    _wal("sqlite.wal_frames_per_second", Unit.COUNT, _OF, "Pages written to the log, at least"),
    _wal(
        "sqlite.wal_resets_per_minute",
        Unit.COUNT,
        _OF,
        "How often the log began anew; none while commits go on means that readers hold it",
    ),
    _wal("sqlite.checkpoint_backlog", Unit.COUNT, _OF, "Pages not yet checkpointed"),
    _wal(
        "sqlite.checkpoint_stalled",
        Unit.SECONDS,
        _OF,
        "How long a reader has kept more than 2,000 pages from being checkpointed",
    ),
    _wal("sqlite.oldest_reader", Unit.SECONDS, _OF, "Age of the oldest open read mark"),
    _wal("sqlite.reader_lag", Unit.COUNT, _OF, "Pages written since the oldest open read mark"),
    _wal("sqlite.readers_held", Unit.COUNT, _OF, "Read marks that somebody holds, of 5"),
)

_FILE = (
    _wal(
        "sqlite.file_state",
        Unit.STATE,
        _OF,
        "State of the database file; what is not `ok` or `replaced` has no other values",
        "ok",
        "missing",
        "empty",
        "short",
        "not_sqlite",
        "no_shm",
        "recovering",
        "replaced",
        "denied",
        "io_error",
        "torn",
    ),
    _wal(
        "sqlite.in_use",
        Unit.STATE,
        _OF,
        "Whether any process has the database open (known in WAL mode)",
        "closed",
        "open",
    ),
    _wal("sqlite.database_size", Unit.BYTES, _OF, "Size of the database file, without its log"),
    _wal(
        "sqlite.journal_mode",
        Unit.STATE,
        _OF,
        "Journal mode in force, from the file's header",
        "rollback",
        "wal",
    ),
    _wal(
        "sqlite.journal_mode_expectation",
        Unit.STATE,
        _OF,
        "Whether the journal mode is the one that the settings expect",
        "met",
        "missed",
    ),
    _wal(
        "sqlite.journal_mode_changes",
        Unit.COUNT,
        _OF,
        "Changes of the journal mode since the reading before: two versions of Open WebUI disagree",
    ),
    _wal(
        "sqlite.schema_changes",
        Unit.COUNT,
        _OF,
        "Changes of the schema since the reading before: a migration ran",
    ),
    _wal(
        "sqlite.filesystem",
        Unit.STATE,
        _OF,
        "Whether the database lies on a network filesystem (EFS is NFS)",
        "local",
        "network",
    ),
)

SQLITE = (*_LOCKS, *_LOG, *_FILE)
