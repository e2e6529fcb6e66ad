"""What others would write to stderr, in the same form as our own lines."""

import gc
import io
import json
import logging
import subprocess
import sys
import threading
import warnings
from typing import Any

import pytest

from xops_watch.logs import LogFormat, LogLevel, adopt_libraries, make_logger

LIBRARIES = ("botocore.credentials", "urllib3.connectionpool", "waitress", "apscheduler.scheduler")


def _adopted(log_format: LogFormat = "json", level: LogLevel = "info") -> io.StringIO:
    stream = io.StringIO()
    log = make_logger(level=level, log_format=log_format, stream=stream)
    adopt_libraries(log, level=level, log_format=log_format, stream=stream)
    return stream


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("name", LIBRARIES)
def test_an_error_of_a_library_is_one_json_line(name: str) -> None:
    stream = _adopted()
    error = OSError("no\nroute")
    logging.getLogger(name).error("attempt %d\nfailed", 2, exc_info=error)
    (line,) = _lines(stream)
    assert (line["event"], line["level"], line["logger"]) == ("attempt 2\nfailed", "error", name)
    assert line["exception"].endswith("OSError: no\nroute")
    assert "timestamp" in line


@pytest.mark.parametrize("name", LIBRARIES[:3])
def test_a_warning_of_a_library_is_one_json_line(name: str) -> None:
    stream = _adopted()
    logging.getLogger(name).warning("%s is odd", "this")
    (line,) = _lines(stream)
    assert (line["event"], line["level"], line["logger"]) == ("this is odd", "warning", name)


@pytest.mark.parametrize("level", ["debug", "info", "warning"])
def test_libraries_never_say_less_than_warnings_whatever_our_level(level: LogLevel) -> None:
    stream = _adopted(level=level)
    for name in ("botocore.auth", "urllib3", "a.library.to.come"):
        logger = logging.getLogger(name)
        logger.debug("the secret key is hunter2")
        logger.info("the session token is hunter2")
        assert not logger.isEnabledFor(logging.INFO)
    assert stream.getvalue() == ""


def test_at_level_error_warnings_of_libraries_are_not_written() -> None:
    stream = _adopted(level="error")
    logging.getLogger("botocore").warning("no")
    logging.getLogger("botocore").error("yes")
    assert [line["event"] for line in _lines(stream)] == ["yes"]


def test_what_the_daemon_tells_itself_libraries_do_not_repeat() -> None:
    stream = _adopted()
    logging.getLogger("apscheduler.executors.default").error("Job raised an exception")
    logging.getLogger("apscheduler.scheduler").warning("skipped: maximum number of instances")
    logging.getLogger("waitress.queue").warning("Task queue depth is 1")
    assert stream.getvalue() == ""


def test_on_the_console_a_library_cannot_forge_a_line() -> None:
    stream = _adopted("console")
    logging.getLogger("urllib3").warning("odd\n2026-01-01 [error] forged\x1b[2J")
    (line,) = stream.getvalue().splitlines()
    assert line.isprintable()


def test_a_second_adoption_does_not_double_the_lines() -> None:
    first, second = _adopted(), _adopted()
    logging.getLogger("botocore").error("once")
    assert first.getvalue() == ""
    assert len(_lines(second)) == 1


def test_a_warning_of_python_is_one_json_line() -> None:
    stream = _adopted()
    warnings.simplefilter("always")
    warnings.warn("a library will drop\nthis Python", UserWarning, stacklevel=1)
    (line,) = _lines(stream)
    assert line["logger"] == "py.warnings"
    assert "this Python" in line["event"]


def test_a_thread_that_dies_is_one_json_line() -> None:
    stream = _adopted()
    thread = threading.Thread(target=lambda: 1 // 0, name="http")
    thread.start()
    thread.join()
    (line,) = _lines(stream)
    assert (line["event"], line["thread"]) == ("thread_bug", "http")
    assert "ZeroDivisionError" in line["exception"]


class _Ungrateful:
    def __del__(self) -> None:
        raise ValueError("no\nway")


def test_an_error_that_python_ignores_is_one_json_line() -> None:
    stream = _adopted()
    _Ungrateful()
    gc.collect()
    (line,) = _lines(stream)
    assert line["event"] == "ignored_bug"
    assert "_Ungrateful.__del__" in line["where"]
    assert line["exception"].endswith("ValueError: no\nway")


SCRIPT = """
import logging, threading, sys
from xops_watch.logs import adopt_libraries, make_logger
log = make_logger(level="debug", log_format="json")
adopt_libraries(log, level="debug", log_format="json")
def shout(number):
    for turn in range(300):
        log.info("own", number=number, filler="x" * 200)
        logging.getLogger("library").warning("foreign %d %s", number, "y" * 200)
threads = [threading.Thread(target=shout, args=(n,)) for n in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
raise KeyError("nobody\\ncatches this")
"""


def test_threads_and_libraries_never_share_a_line_and_the_end_is_one_too() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert len(lines) == 4 * 300 * 2 + 1
    assert lines[-1]["event"] == "bug"
    assert "KeyError" in lines[-1]["exception"]
