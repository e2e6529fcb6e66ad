"""How the daemon speaks: structlog to stderr, JSON lines, or a console form on a terminal."""

import logging
import sys
from typing import Literal, TextIO

import structlog
from structlog.typing import FilteringBoundLogger, Processor

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "json", "console"]
EXCEPTION_CHARACTERS_MAX = 4000  # a traceback must not fill the log stream


def make_logger(
    *, level: LogLevel, log_format: LogFormat, stream: TextIO | None = None
) -> FilteringBoundLogger:
    """Return the logger that bootstrap hands to whoever speaks.

    Foreign libraries log through the standard library; only their warnings pass, in one line,
    so that no library can put a secret of a request into the log.
    """
    out = stream or sys.stderr
    console = log_format == "console" or (log_format == "auto" and out.isatty())
    _quiet_libraries()
    last: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=out.isatty())]
        if console
        else [structlog.processors.format_exc_info, _bounded, structlog.processors.JSONRenderer()]
    )
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(out),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        cache_logger_on_first_use=False,
    )
    return logger


def _quiet_libraries() -> None:
    logging.basicConfig(level=logging.ERROR, format="%(name)s: %(message)s", stream=sys.stderr)


def _bounded(
    _logger: object, _method: str, event: "structlog.typing.EventDict"
) -> "structlog.typing.EventDict":
    exception = event.get("exception")
    if isinstance(exception, str):
        event["exception"] = exception[-EXCEPTION_CHARACTERS_MAX:]
    return event
