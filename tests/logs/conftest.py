"""What `adopt_libraries` changes in the whole process is put back after each test."""

import logging
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest

TOUCHED = ("apscheduler.executors", "apscheduler.scheduler", "waitress.queue")


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in TOUCHED}
    hooks = threading.excepthook, sys.unraisablehook, sys.excepthook
    with warnings.catch_warnings():
        yield
        logging.captureWarnings(capture=False)
    threading.excepthook, sys.unraisablehook, sys.excepthook = hooks
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, number in levels.items():
        logging.getLogger(name).setLevel(number)
