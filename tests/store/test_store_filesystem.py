"""The mount table tells where WAL is safe. The tables are shaped like those of real hosts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.store.filesystem import (
    JournalMode,
    choose_journal,
    filesystem_of,
    suitable_journal,
)

FARGATE_WITH_EFS = """\
1042 911 0:151 / / rw,relatime - overlay overlay rw,lowerdir=/var/lib/l/A:/var/lib/l/B,upperdir=/u
1043 1042 0:154 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
1044 1042 0:155 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755,inode64
1048 1042 0:47 / /data rw,relatime - nfs4 127.0.0.1:/ rw,vers=4.1,rsize=1048576,hard,proto=tcp
1050 1042 259:3 /docker/volumes/ab/_data /var/lib/xops rw,relatime - xfs /dev/nvme1n1p1 rw,attr2
1051 1042 259:3 /etc/hosts /etc/hosts rw,relatime - xfs /dev/nvme1n1p1 rw,attr2,inode64
"""

LAPTOP = """\
22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro
31 22 0:26 / /run rw,nosuid,nodev,noexec,relatime shared:2 master:7 - tmpfs tmpfs rw,size=1620844k
90 22 0:61 / /home/ann/remote\\040files rw,nosuid,nodev,relatime shared:51 - fuse.sshfs x:/ rw
91 22 0:62 / /mnt/back\\134slash\\011tab\\012line rw,relatime - cifs //nas/share rw,vers=3.1.1
92 22 0:63 / /mnt/win rw,noatime - 9p C:\\134 rw,dirsync,aname=drvfs;path=C:\\134
93 22 0:64 / /mnt/dash rw,relatime master:1 propagate_from:2 - btrfs /dev/sd-a rw,subvolid=5
94 22 0:65 / /mnt/covered rw,relatime shared:9 - ext4 /dev/sda1 rw
95 94 0:66 / /mnt/covered rw,relatime shared:10 - nfs server:/export/a\\040b rw,vers=3
"""


@pytest.mark.parametrize(
    ("table", "path", "filesystem"),
    [
        (FARGATE_WITH_EFS, "/tmp/state.db", "overlay"),  # noqa: S108 - text only, no file is made
        (FARGATE_WITH_EFS, "/data/state.db", "nfs4"),
        (FARGATE_WITH_EFS, "/data/deep/down/state.db", "nfs4"),
        (FARGATE_WITH_EFS, "/database/state.db", "overlay"),
        (FARGATE_WITH_EFS, "/var/lib/xops/state.db", "xfs"),
        (FARGATE_WITH_EFS, "/var/lib/state.db", "overlay"),
        (FARGATE_WITH_EFS, "/dev/shm/state.db", "tmpfs"),  # noqa: S108 - text only
        (LAPTOP, "/home/ann/state.db", "ext4"),
        (LAPTOP, "/home/ann/remote files/state.db", "fuse.sshfs"),
        (LAPTOP, "/home/ann/remote\\040files/state.db", "ext4"),
        (LAPTOP, "/mnt/back\\slash\ttab\nline/state.db", "cifs"),
        (LAPTOP, "/mnt/win/state.db", "9p"),
        (LAPTOP, "/mnt/dash/state.db", "btrfs"),
        (LAPTOP, "/mnt/covered/state.db", "nfs"),
        (LAPTOP, "/mnt/covered", "nfs"),
        ("", "/data/state.db", None),
        ("22 1 259:2 / /other rw - ext4 /dev/a rw\n", "/data/state.db", None),
        ("not a mount table\n1 2 3\n22 1 0:1 / / rw -\n\n", "/data/state.db", None),
        ("garbage\n22 1 259:2 / / rw - ext4 /dev/a rw\n", "/data/state.db", "ext4"),
    ],
)
def test_the_filesystem_is_that_of_the_longest_mount_point(
    table: str, path: str, filesystem: str | None
) -> None:
    assert filesystem_of(Path(path), table) == filesystem


def _kernel_escape(text: str) -> str:
    for plain in "\\ \t\n":
        text = text.replace(plain, f"\\{ord(plain):03o}")
    return text


_names = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20
).filter(lambda name: name not in {".", ".."})


@given(_names)
def test_any_mount_point_that_the_kernel_escapes_is_found(name: str) -> None:
    table = (
        "22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/a rw\n"
        f"23 22 0:9 / {_kernel_escape('/mnt/' + name)} rw shared:2 - nfs4 srv:/ rw\n"
    )
    assert filesystem_of(Path("/mnt") / name / "state.db", table) == "nfs4"


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    assert isinstance(filesystem_of(Path("/data/state.db"), text), str | None)


@pytest.mark.parametrize(
    "filesystem", ["ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay"]
)
def test_wal_is_chosen_on_a_local_filesystem(filesystem: str) -> None:
    journal = choose_journal(filesystem)
    assert journal.mode is JournalMode.WAL
    assert journal.filesystem == filesystem
    assert journal.reason == f"{filesystem} is a local filesystem"


@pytest.mark.parametrize(
    "filesystem",
    ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "lustre", "virtiofs", "fuse", "fuse.sshfs"],
)
def test_a_rollback_journal_is_chosen_on_what_machines_may_share(filesystem: str) -> None:
    journal = choose_journal(filesystem)
    assert journal.mode is JournalMode.DELETE
    assert "shared between machines" in journal.reason


@pytest.mark.parametrize("filesystem", ["novelfs", "fuseblk", None])
def test_a_rollback_journal_is_chosen_on_what_nobody_knows(filesystem: str | None) -> None:
    journal = choose_journal(filesystem)
    assert journal.mode is JournalMode.DELETE
    assert "not known" in journal.reason


@pytest.mark.skipif(
    not Path("/proc/self/mountinfo").exists(), reason="this kernel offers no mount table"
)
def test_the_table_of_this_machine_is_read() -> None:
    assert suitable_journal(Path("/proc/state.db")).filesystem == "proc"
