"""Which filesystem a file lies on, from the table of mounts.

A remote one decides how often the locks are asked for, since every answer is a request to its
server, and whether WAL is safe there at all.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MOUNTINFO = Path("/proc/self/mountinfo")
_MOUNTINFO_BYTES_MAX = 4_000_000  # some ten thousand mounts; more is not a mount table

_LOCAL = frozenset(
    {"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "ramfs", "reiserfs"}
    | {"rootfs", "tmpfs", "xfs", "zfs"}
)
_NETWORK = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "gfs2", "gpfs", "lustre", "nfs", "nfs4", "ocfs2"}
    | {"smb2", "smb3", "smbfs", "virtiofs", "wekafs"}
)
_OCTAL_ESCAPE = re.compile(r"\\([0-7]{3})")
_FIELDS_BEFORE_OPTIONAL = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Filesystem:
    """The type of a filesystem; `is_network` is None when the type tells nothing."""

    kind: str

    @property
    def is_network(self) -> bool | None:
        """Whether other machines may mount it too."""
        if self.kind in _LOCAL:
            return False
        if self.kind in _NETWORK or self.kind.split(".")[0] == "fuse":
            return True
        return None


UNKNOWN = Filesystem(kind="unknown")


def filesystem_of(path: Path, device: int, mountinfo: str) -> Filesystem:
    """Return the filesystem with this device number, else that of the deepest mount above `path`.

    Of two mounts at the same place the later one counts, because it covers the earlier.
    """
    number = f"{os.major(device)}:{os.minor(device)}"
    found, rank = UNKNOWN, (False, 0)
    for line in mountinfo.split("\n"):
        mount = _mount(line)
        if mount is None:
            continue
        point, its_number, kind = mount
        above = path.is_relative_to(point)
        fits = (above and its_number == number, len(point.parts))
        if above and fits >= rank:
            found, rank = Filesystem(kind=kind), fits
    return found


def read_mountinfo() -> str:
    """Return the table of mounts, nothing where the kernel offers none."""
    try:
        with MOUNTINFO.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read(_MOUNTINFO_BYTES_MAX)
    except OSError:
        return ""


def _mount(line: str) -> tuple[PurePosixPath, str, str] | None:
    """Return mount point, device and type of one line, None when it is not one (see proc(5)).

    `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw`: the tags before the
    single hyphen are optional.
    """
    words = line.split(" ")
    if "-" not in words[_FIELDS_BEFORE_OPTIONAL:]:
        return None
    hyphen = words.index("-", _FIELDS_BEFORE_OPTIONAL)
    if hyphen + 1 >= len(words):
        return None
    point = _OCTAL_ESCAPE.sub(lambda match: chr(int(match[1], 8)), words[4])
    return PurePosixPath(point), words[2], words[hyphen + 1]
