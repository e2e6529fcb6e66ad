"""Signals that are counted in the log of the application: troubles of SQLite."""

from xops_watch.core.signal import MINUTE, Unit, signals_of

_app_log = signals_of("app_logs", period=5 * MINUTE, grace=30 * MINUTE, delay=2 * MINUTE)
LOGGED = (
    _app_log(
        "sqlite.lock_errors_1h",
        Unit.COUNT,
        "database",
        "Lines of the last hour in Open WebUI's log that name a lock or a pool that ran out",
    ),
    _app_log(
        "sqlite.pool_errors_1h",
        Unit.COUNT,
        "database",
        "Those of them that name the pool: SQLAlchemy's QueuePool limit",
    ),
    _app_log(
        "sqlite.disk_errors_1h",
        Unit.COUNT,
        "database",
        "Lines of the last hour that name a disk I/O error, or a database that cannot be opened",
    ),
    _app_log(
        "sqlite.readonly_errors_1h",
        Unit.COUNT,
        "database",
        "Lines of the last hour that name a write to a read-only database",
    ),
    _app_log(
        "sqlite.malformed_errors_1h",
        Unit.COUNT,
        "database",
        "Lines of the last hour that name a malformed database, or a file that is none",
    ),
    _app_log(
        "sqlite.journal_mode_errors_1h",
        Unit.COUNT,
        "database",
        "Lines of the last hour that name journal_mode: a mode or a filesystem, not contention",
    ),
)
