"""What the doctor sees of this machine, without leaving a trace on it."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from xops_watch.doctor.check import Health
from xops_watch.doctor.machine import look_at_port, look_at_state
from xops_watch.store.sqlite import SqliteStore


def test_a_state_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    check = look_at_state(tmp_path / "state.db")
    assert check.health is Health.OK
    assert check.found.startswith(f"{tmp_path}/state.db will be made, on ")
    assert list(tmp_path.iterdir()) == []


def test_a_state_file_in_use_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    store = SqliteStore.open(path)
    before = sorted((p.name, p.stat().st_mtime_ns) for p in tmp_path.iterdir())
    check = look_at_state(path)
    assert check.health is Health.OK
    assert f"{path} is there" in check.found
    assert sorted((p.name, p.stat().st_mtime_ns) for p in tmp_path.iterdir()) == before
    store.close()


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    check = look_at_state(tmp_path / "nowhere" / "state.db")
    assert check.health is Health.FAILED
    assert f"there is no directory {tmp_path}/nowhere" in check.found
    assert "mount the volume" in check.fix


def test_another_file_is_never_taken_for_the_state(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("precious")
    check = look_at_state(path)
    assert (check.health, path.read_text()) == (Health.FAILED, "precious")
    assert "is not a state file" in check.found


def test_a_directory_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    check = look_at_state(tmp_path)
    assert check.health is Health.FAILED
    assert "cannot be read: Is a directory" in check.found


@contextmanager
def as_somebody_else(uid: int = 65_534) -> Iterator[None]:
    """Root may write anywhere: look as another user, if we are root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(before)


def test_what_may_not_be_written_is_told() -> None:
    with TemporaryDirectory(dir="/tmp") as name:
        directory = Path(name)
        state = directory / "state.db"
        directory.chmod(0o555)
        with as_somebody_else():
            check = look_at_state(state)
        assert check.health is Health.FAILED
        assert f"{directory} is not writable for this user" in check.found
        directory.chmod(0o777)
        state.touch(0o444)
        with as_somebody_else():
            check = look_at_state(state)
        assert check.health is Health.FAILED
        assert f"{state} is not writable for this user" in check.found


def test_a_full_disk_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xops_watch.doctor.machine.FREE_BYTES_MIN", 10**18)
    check = look_at_state(tmp_path / "state.db")
    assert check.health is Health.WARNING
    assert " MB are free" in check.found


def test_a_free_port_is_fine() -> None:
    assert look_at_port("127.0.0.1", 0).health is Health.OK


def test_a_port_that_somebody_else_has_is_told_with_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        check = look_at_port("127.0.0.1", other.getsockname()[1])
    assert check.health is Health.FAILED
    assert "Address already in use" in check.found
    assert "XOPS_WATCH_HTTP__LISTEN" in check.fix


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid", "2001:db8::1"])
def test_an_address_that_is_not_ours_is_told(host: str) -> None:
    check = look_at_port(host, 9923)
    assert check.health is Health.FAILED
    assert "cannot listen at " in check.found
