"""Which journal is safe where the state file lies.

WAL keeps its index in memory that every process maps. Two machines that mount the same network
filesystem do not share memory, so WAL there ends in a corrupt file. Only filesystems known to be
local get WAL; whatever is remote or unknown gets a rollback journal, which needs nothing but
file locks.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

MOUNTINFO = Path("/proc/self/mountinfo")
MOUNTINFO_BYTES_MAX = 4_000_000  # some ten thousand mounts; more is not a mount table

LOCAL_FILESYSTEMS = frozenset(
    {
        "bcachefs",
        "btrfs",
        "ext2",
        "ext3",
        "ext4",
        "f2fs",
        "jfs",
        "overlay",
        "ramfs",
        "reiserfs",
        "rootfs",
        "tmpfs",
        "xfs",
        "zfs",
    }
)

_NETWORK_FILESYSTEMS = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "gfs2", "gpfs", "lustre", "nfs", "nfs4", "ocfs2"}
    | {"smb2", "smb3", "smbfs", "virtiofs", "wekafs"}
)
_OCTAL_ESCAPE = re.compile(r"\\([0-7]{3})")
_FIELDS_BEFORE_OPTIONAL = 6


class JournalMode(StrEnum):
    """How SQLite makes a transaction whole; its own words."""

    WAL = "wal"
    DELETE = "delete"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """The journal in use, the filesystem it was chosen for, and why; for logs and people."""

    mode: JournalMode
    filesystem: str
    reason: str


IN_MEMORY = Journal(mode=JournalMode.MEMORY, filesystem="none", reason="nothing is kept")


def suitable_journal(path: Path) -> Journal:
    """Return the journal for a file at `path`, which is absolute and free of symbolic links."""
    return choose_journal(filesystem_of(path, _mountinfo()))


def choose_journal(filesystem: str | None) -> Journal:
    """Return the journal for a filesystem; None when it is not known."""
    if filesystem is None:
        reason = "the filesystem is not known; a rollback journal is safe anywhere"
        return Journal(mode=JournalMode.DELETE, filesystem="unknown", reason=reason)
    if filesystem in LOCAL_FILESYSTEMS:
        reason = f"{filesystem} is a local filesystem"
        return Journal(mode=JournalMode.WAL, filesystem=filesystem, reason=reason)
    if filesystem in _NETWORK_FILESYSTEMS or filesystem.split(".")[0] == "fuse":
        reason = f"{filesystem} may be shared between machines, where WAL would corrupt the file"
    else:
        reason = f"{filesystem} is not known to be a local filesystem"
    return Journal(mode=JournalMode.DELETE, filesystem=filesystem, reason=reason)


def filesystem_of(path: Path, mountinfo: str) -> str | None:
    """Return the type of the filesystem that holds `path`, as /proc/self/mountinfo tells it.

    The longest mount point above the path counts; of two at the same place, the later one,
    because it covers the earlier.
    """
    found: str | None = None
    depth = 0
    for line in mountinfo.split("\n"):
        mount = _mount(line)
        if mount is None:
            continue
        point, filesystem = mount
        if path.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = filesystem, len(point.parts)
    return found


def _mount(line: str) -> tuple[PurePosixPath, str] | None:
    """Return mount point and type of one line, None when it is not one (see proc(5)).

    `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw`: the tags before the
    single hyphen are optional.
    """
    words = line.split(" ")
    if "-" not in words[_FIELDS_BEFORE_OPTIONAL:]:
        return None
    hyphen = words.index("-", _FIELDS_BEFORE_OPTIONAL)
    if hyphen + 1 >= len(words):
        return None
    return PurePosixPath(_unescape(words[4])), words[hyphen + 1]


def _unescape(text: str) -> str:
    r"""Undo the kernel's escapes: \040 is a space, \011 a tab, \012 a new line, \134 a \."""
    return _OCTAL_ESCAPE.sub(lambda match: chr(int(match[1], 8)), text)


def _mountinfo() -> str:
    """Return the mount table, nothing where the kernel offers none (macOS, a bare chroot)."""
    try:
        with MOUNTINFO.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read(MOUNTINFO_BYTES_MAX)
    except OSError:
        return ""
