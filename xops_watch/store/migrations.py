"""The schema of the state file, and the way from each older one to this.

Migrations only go forward and each is one transaction with its new number, so a crash leaves
the file at one schema or the next. What was released is never edited: a change is one more
entry at the end of MIGRATIONS.
"""

from collections.abc import Sequence

from sqlite_utils import Database

from xops_watch.errors import StoreError
from xops_watch.store.transactions import writing

APPLICATION_ID = 0x786F7073  # "xops": tells our files from other SQLite files

# `series` gives each signal on a subject a small number, so that a reading is some 20 bytes.
# Readings lie in the order they are asked for: by series, then by instant.
_FIRST = """
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    signal TEXT NOT NULL,
    subject TEXT NOT NULL,
    seen_at INTEGER,
    UNIQUE (signal, subject)
);
CREATE TABLE readings (
    series INTEGER NOT NULL,
    taken_at INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (series, taken_at)
) WITHOUT ROWID;
CREATE TABLE gaps (
    series INTEGER PRIMARY KEY,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    noticed_at INTEGER NOT NULL
);
CREATE TABLE signal_gaps (
    signal TEXT NOT NULL PRIMARY KEY,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    noticed_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE triggers (
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    status TEXT NOT NULL,
    since INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    blind_since INTEGER,
    PRIMARY KEY (rule, subject)
) WITHOUT ROWID;
CREATE TABLE transitions (
    id INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    at INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    UNIQUE (at, rule, subject, after)
);
CREATE TABLE notices (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    content TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER,
    delivered_at INTEGER,
    last_error TEXT
);
CREATE INDEX notices_owed ON notices (made_at, id) WHERE delivered_at IS NULL;
CREATE INDEX notices_delivered ON notices (delivered_at) WHERE delivered_at IS NOT NULL;
"""

# Notices learned to say what else must be known before a step is begun. The new fields are laid
# under the old content, so that nothing that was said is changed.
_SECOND = """
UPDATE notices SET content = json_patch(
    '{"lead_time_source": "proposed", "effort": "", "cost": "", "advice": "recommended",
      "notes": [], "overrides": []}',
    content
) WHERE json_valid(content);
"""

# What a source must still know after a restart, in its own words.
_THIRD = """
CREATE TABLE memories (
    name TEXT NOT NULL PRIMARY KEY,
    content TEXT NOT NULL
) WITHOUT ROWID;
"""

# What people answered. Of an evolution one decision stands at most: the index says so.
_FOURTH = """
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY,
    evolution TEXT NOT NULL,
    content TEXT NOT NULL,
    at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_because TEXT
);
CREATE UNIQUE INDEX decisions_standing ON decisions (evolution) WHERE ended_at IS NULL;
"""

MIGRATIONS: tuple[str, ...] = (_FIRST, _SECOND, _THIRD, _FOURTH)


def migrate(db: Database, place: str, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Bring the file to the newest schema.

    Raises StoreError when the file has a newer one, sqlite3.Error when a step fails; the
    steps before it are kept.
    """
    _demand_known(db, place, len(migrations))
    for number, script in enumerate(migrations, start=1):
        if schema_version(db) >= number:
            continue
        with writing(db):
            # Another process may have done this step while we waited for the lock.
            if schema_version(db) < number:
                db.executescript(script)
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {number}")
    _demand_known(db, place, len(migrations))


def schema_version(db: Database) -> int:
    """Return the number of the newest migration that the file has had."""
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version


def _demand_known(db: Database, place: str, known: int) -> None:
    found = schema_version(db)
    if found > known:
        raise StoreError(
            f"{place}: made by a newer xops-watch (schema {found}, this one knows {known})",
            hint="run that version or a newer one, or name another state file",
        )
