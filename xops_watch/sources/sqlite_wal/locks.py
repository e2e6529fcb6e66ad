"""Asks the kernel who holds which lock of a file, and takes none.

`F_OFD_GETLK` only answers: it sets nothing, it works on a file that is open for reading, and it
sees the locks of every process, this one included. SQLite's own test tool asks the same way.
"""

import errno
import fcntl
import struct
from dataclasses import dataclass

# struct flock of 64-bit Linux: type, whence, start, length, pid (0 is demanded) and padding.
_FLOCK = "hhqqi4x"
_FROM_THE_START = 0
_NOT_OFFERED = frozenset({errno.EINVAL, errno.ENOTSUP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Bytes of a file on which a lock stands for something."""

    start: int
    length: int = 1


# On the wal-index, in WAL mode.
WRITE = Range(start=120)
CHECKPOINT = Range(start=121)
READERS = tuple(Range(start=123 + slot) for slot in range(5))
# "Dead man switch": shared by every process that has the database open.
OPEN = Range(start=128)

# On the database itself, in rollback mode: PENDING, RESERVED and the bytes that readers share.
# Only a writer holds any of them alone.
WRITER = Range(start=0x4000_0000, length=512)


def is_held(fd: int, where: Range, *, exclusive_only: bool = True) -> bool:
    """Tell whether somebody holds a lock in the range; raises OSError when nobody can tell.

    Without `exclusive_only` the locks that readers share count as well.
    """
    kind = fcntl.F_RDLCK if exclusive_only else fcntl.F_WRLCK
    question = struct.pack(_FLOCK, kind, _FROM_THE_START, where.start, where.length, 0)
    try:
        answer = fcntl.fcntl(fd, fcntl.F_OFD_GETLK, question)
    except OSError as error:
        if error.errno not in _NOT_OFFERED:
            raise
        # Some network filesystems know the older question only. This process has no locks there
        # that it could overlook.
        answer = fcntl.fcntl(fd, fcntl.F_GETLK, question)
    held: int = struct.unpack(_FLOCK, answer)[0]
    return held != fcntl.F_UNLCK
