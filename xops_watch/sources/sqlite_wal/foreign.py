"""Tells locks of another machine from those of this one.

The kernel's table of locks has those of its own processes, and only such as this process can see
(`pidMode: task`). A lock that is held and not in the table is held from elsewhere: by a second
task on the same network filesystem, or by a dead one whose lease has not ended.
"""

import re
from pathlib import Path

LOCK_TABLE = Path("/proc/locks")
_TABLE_BYTES_MAX = 4_000_000
# `1: POSIX  ADVISORY  WRITE 1234 fd:00:56789 120 120`; a waiting one has `->` after its number.
_ENTRY = re.compile(
    r"\d+: (?P<waits>-> )?\w+ +\w+ +\w+ +-?\d+ [0-9a-f]+:[0-9a-f]+:(?P<inode>\d+) "
    r"(?P<first>\d+) (?P<last>\d+|EOF)"
)


def is_in_table(table: str, *, inode: int, start: int) -> bool:
    """Tell whether the table has a lock that is held on this byte of this inode.

    The device is not compared: filesystems in layers have two numbers. Of two files with one inode
    number a local lock may be taken for this one's, which at worst hides a foreign one.
    """
    for line in table.splitlines():
        entry = _ENTRY.match(line.strip())
        if entry is None or entry["waits"] or int(entry["inode"]) != inode:
            continue
        last = entry["last"]
        if int(entry["first"]) <= start and (last == "EOF" or start <= int(last)):
            return True
    return False


def read_table() -> str:
    """Return the kernel's table of locks; raises OSError."""
    with LOCK_TABLE.open(encoding="ascii", errors="replace") as file:
        return file.read(_TABLE_BYTES_MAX)
