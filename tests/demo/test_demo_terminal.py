"""The demo on a real terminal of 40 columns, ended by the keys that people press."""

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.cli.command import clean_environment, xops_watch
from tests.demo.showing import ANYWHERE, WAIT_SECONDS
from xops_watch.clock import monotonic

COLUMNS = 40
CTRL_C = b"\x03"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def _take_the_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _of_this_terminal(extra: dict[str, str]) -> dict[str, str]:
    """Return an environment that does not tell the width of another terminal."""
    environment = clean_environment(extra)
    return {name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES")}


def _read_until(terminal: int, end: str, *, key: bytes = b"", at: str = "\0") -> str:
    """Return what the terminal shows up to `end`; press `key` once `at` is there."""
    shown, pressed, limit = "", False, monotonic() + WAIT_SECONDS
    while end not in shown:
        ready, _, _ = select.select([terminal], [], [], max(0.0, limit - monotonic()))
        assert ready, shown
        shown += os.read(terminal, 65_536).decode(errors="replace")
        if at in shown and not pressed:
            pressed = True
            os.write(terminal, key)
    return shown


def test_it_reads_well_on_40_columns_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    terminal, inside = os.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "xops_watch", "demo", "--speed", "600", "--listen", ANYWHERE],
        env=_of_this_terminal({"TMPDIR": str(tmp_path), "TERM": "xterm"}),
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
        preexec_fn=_take_the_terminal,  # noqa: PLW1509 - one system call, no lock
    )
    try:
        # The terminal's driver turns the key into SIGINT for every process in the foreground.
        shown = _read_until(terminal, "stopped;", key=CTRL_C, at="DO FIRST")
        assert process.wait(WAIT_SECONDS) == 0
    finally:
        process.kill()
        process.wait()
        os.close(inside)
        os.close(terminal)
    assert list(tmp_path.iterdir()) == []
    assert "\x1b[36m" in shown  # the world, in cyan
    assert "Traceback" not in shown
    lines = COLOUR.sub("", shown).replace("^C", "").splitlines()
    assert not [line for line in lines if len(line) > COLUMNS and " " in line.strip()]
    body = [line for line in lines if line.startswith("  | ")]
    assert "  | DO FIRST" in body
    assert len(body) > 5


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_character_that_the_terminal_does_not_know_is_no_traceback(
    tmp_path: Path, encoding: str
) -> None:
    folder = tmp_path / "\u2265 6"
    folder.mkdir()
    outcome = xops_watch("rules", "check", str(folder), PYTHONIOENCODING=encoding)
    assert outcome.code == 1
    assert "6: error: holds no rule files" in outcome.out
    assert "Traceback" not in outcome.err
