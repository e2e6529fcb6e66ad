"""Starts an embedded AWS as a process of its own, and ends it."""

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from xops_watch.clock import ScaledClock, monotonic
from xops_watch.embedded_aws.control import EmbeddedAws

START_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 5.0


class StartFailedError(Exception):
    """The process ended or fell silent before it listened; the text has its standard error."""


@contextmanager
def spawn(*, port: int = 0, clock: ScaledClock | None = None) -> Iterator[EmbeddedAws]:
    """Yield the control of a fresh embedded AWS, ready to answer; it ends with the block.

    It also ends if this process dies. Raises StartFailedError.
    """
    with tempfile.TemporaryFile() as errors:
        # A session of its own: Ctrl-C ends whoever uses it first, and then, in order, this.
        process = subprocess.Popen(  # noqa: S603  (our own module, by our own interpreter)
            _command(port, clock),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        try:
            yield EmbeddedAws(_endpoint(process, errors))
        finally:
            _end(process)


def _command(port: int, clock: ScaledClock | None) -> Sequence[str]:
    """Return the command line."""
    command = [sys.executable, "-m", "xops_watch.embedded_aws", "--exit-with-stdin"]
    command += ["--port", str(port)]
    if clock is not None:
        command += ["--clock-speed", str(clock.speed), "--clock-anchor", clock.anchor.isoformat()]
    return command


def _endpoint(process: subprocess.Popen[bytes], errors: IO[bytes]) -> str:
    """Return the endpoint that the process prints; raises StartFailedError."""
    limit = monotonic() + START_SECONDS_MAX
    line = b""
    while process.stdout is not None and not line.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, limit - monotonic()))
        # Not readline: it would wait beyond the limit for the rest of a line.
        piece = os.read(process.stdout.fileno(), 4096) if ready else b""
        if not piece:
            break
        line += piece
    if line.endswith(b"\n"):
        return str(json.loads(line)["endpoint"])
    errors.seek(0)
    msg = f"the embedded AWS does not start: {errors.read().decode(errors='replace')}"
    raise StartFailedError(msg)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and close the pipes to it."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
