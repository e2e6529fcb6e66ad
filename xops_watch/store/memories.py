"""What sources must still know after a restart: one text for each name."""

from sqlite_utils import Database

_KEEP = """
INSERT INTO memories (name, content) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET content = excluded.content
"""

_RECALL = "SELECT content FROM memories WHERE name = ?"


def keep(db: Database, name: str, text: str) -> None:
    """Keep the text under the name, in the place of what was there."""
    db.execute(_KEEP, (name, text))


def recall(db: Database, name: str) -> str | None:
    """Return what was kept last under the name, None when nothing was."""
    row = db.execute(_RECALL, (name,)).fetchone()
    return None if row is None else str(row[0])
