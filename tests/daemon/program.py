"""What the small programs of these tests are made of: a daemon whose jobs are theirs."""

import sys
from collections.abc import Callable
from datetime import timedelta

from xops_watch.clock import SystemClock
from xops_watch.daemon import Daemon, Job, Limits
from xops_watch.logs import adopt_libraries, make_logger


def say(*words: object) -> None:
    """Tell the test, at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def job(
    run: Callable[[], object],
    *,
    seconds: float = 0.2,
    name: str = "tick",
    failed: Callable[[], object] = lambda: None,
) -> Job:
    """Return a job."""
    return Job(name=name, run=run, interval=timedelta(seconds=seconds), failed=failed)


def raising(*errors: BaseException | None) -> Callable[[], None]:
    """Return what raises these one after the other, tells how often it ran, then raises none."""
    left = list(errors)
    count = 0

    def run() -> None:
        nonlocal count
        count += 1
        say("run", count)
        error = left.pop(0) if left else None
        if error is not None:
            raise error

    return run


def live(
    *jobs: Job,
    drain: Callable[[float], object] = lambda seconds: say("drain", seconds),
    hangup: Callable[[], object] = lambda: None,
    limits: Limits | None = None,
) -> None:
    """Be a daemon, the watched job is `tick`, and end the process with its exit code."""
    log = make_logger(level="info", log_format="json")
    adopt_libraries(log, level="info", log_format="json")
    daemon = Daemon(
        jobs=jobs,
        watched="tick",
        drain=drain,
        hangup=hangup,
        clock=SystemClock(),
        log=log,
        limits=limits or Limits(look=0.1),
    )
    code = daemon.run()
    say("returned")
    sys.exit(code)
