"""How the daemon speaks: structlog to stderr, JSON lines, or a console form on a terminal."""

import logging
import sys
import textwrap
import threading
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "json", "console"]
VALUE_CHARACTERS_MAX = 4000  # neither a traceback nor a provider's answer may fill the log stream

_OFF = logging.CRITICAL + 1
# What libraries say at each level is theirs; these say too much.
_LIBRARY_LEVELS = {
    "apscheduler.executors": _OFF,  # of a job that failed the daemon tells itself
    "apscheduler.scheduler": logging.ERROR,  # a job that takes longer than its interval is no news
    "waitress.queue": logging.ERROR,  # a line for every client that waits some milliseconds
}
_HANDLER = "xops-watch"


def make_logger(
    *, level: LogLevel, log_format: LogFormat, stream: TextIO | None = None
) -> FilteringBoundLogger:
    """Return the logger that bootstrap hands to whoever speaks."""
    out = stream or sys.stderr
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(out),
        processors=[structlog.processors.add_log_level, *_render(log_format, out)],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        cache_logger_on_first_use=False,
    )
    return logger


def adopt_libraries(
    log: FilteringBoundLogger,
    *,
    level: LogLevel,
    log_format: LogFormat,
    stream: TextIO | None = None,
) -> None:
    """Bring into the form of our log what others would write to stderr, in the whole process.

    Foreign libraries log through the standard library; only their warnings and errors pass,
    whatever our level is, so that none can put a secret of a request into the log. Python's own
    warnings, threads that die and what nobody caught come as one line, too.
    """
    out = stream or sys.stderr
    handler = logging.StreamHandler(out)
    handler.name = _HANDLER
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_render(log_format, out),
            ],
        )
    )
    root = logging.getLogger()
    for old in [known for known in root.handlers if known.name == _HANDLER]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(logging.WARNING, _number(level)))
    for name, least in _LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel(least)
    logging.captureWarnings(capture=True)
    _adopt_the_uncaught(log)


def _adopt_the_uncaught(log: FilteringBoundLogger) -> None:
    def thread_died(what: threading.ExceptHookArgs) -> None:
        name = what.thread.name if what.thread else ""
        log.error("thread_bug", thread=name, exc_info=what.exc_value)

    def ignored(what: "sys.UnraisableHookArgs") -> None:
        log.error("ignored_bug", where=repr(what.object), exc_info=what.exc_value)

    threading.excepthook = thread_died
    sys.unraisablehook = ignored
    sys.excepthook = lambda _kind, error, _traceback: log.error("bug", exc_info=error)


def _render(log_format: LogFormat, out: TextIO) -> list[Processor]:
    """Return what makes one line of an event; never with the local variables of a traceback."""
    line: list[Processor] = [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _bounded,
    ]
    if log_format == "console" or (log_format == "auto" and out.isatty()):
        plain = structlog.dev.plain_traceback
        console = structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=plain)
        return [*line, _visible, console]
    return [*line, structlog.processors.JSONRenderer()]


def _bounded(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Cut long text, at its beginning if it is a traceback: the error stands at the end."""
    for name, value in event.items():
        if isinstance(value, str) and len(value) > VALUE_CHARACTERS_MAX:
            cut = slice(-VALUE_CHARACTERS_MAX, None) if name == "exception" else slice(None)
            event[name] = value[cut][:VALUE_CHARACTERS_MAX]
    return event


def _visible(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Escape what drives a terminal or begins a line; a traceback is indented instead."""
    for name, value in event.items():
        if name == "exception":
            lines = "\n".join(_escaped(line) for line in str(value).split("\n"))
            event[name] = textwrap.indent(lines, "    ")
        elif isinstance(value, str):
            event[name] = _escaped(value)
    return event


def _escaped(text: str) -> str:
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _number(level: LogLevel) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
