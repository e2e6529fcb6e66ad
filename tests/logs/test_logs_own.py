"""What the daemon itself says: lines of JSON, or a console form on a terminal."""

import io
import json
import os
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.typing import FilteringBoundLogger

from xops_watch.logs import VALUE_CHARACTERS_MAX, LogFormat, LogLevel, make_logger

LEVELS: tuple[LogLevel, ...] = ("debug", "info", "warning", "error")
FORGED = 'fine\n{"event": "forged"}\r\n2026-01-01 [error] forged\x1b[2J\x85\u2028\x00'


def _logger(
    log_format: LogFormat, level: LogLevel = "info"
) -> tuple[FilteringBoundLogger, io.StringIO]:
    stream = io.StringIO()
    return make_logger(level=level, log_format=log_format, stream=stream), stream


def test_a_json_line_says_when_how_bad_what_and_with_which_values() -> None:
    log, stream = _logger("json")
    log.warning("source_read_failed", source="ecs", seconds=1.5, down=["ecs"])
    (line,) = stream.getvalue().splitlines()
    said = json.loads(line)
    assert datetime.fromisoformat(said.pop("timestamp")).tzinfo == UTC
    assert said == {
        "event": "source_read_failed",
        "level": "warning",
        "source": "ecs",
        "seconds": 1.5,
        "down": ["ecs"],
    }


@pytest.mark.parametrize("least", LEVELS)
@pytest.mark.parametrize("log_format", ["json", "console"])
def test_what_is_below_the_level_is_not_written(least: LogLevel, log_format: LogFormat) -> None:
    log, stream = _logger(log_format, least)
    for level in LEVELS:
        getattr(log, level)(f"said_at_{level}")
    written = re.findall(r"said_at_(\w+)", stream.getvalue())
    assert written == list(LEVELS[LEVELS.index(least) :])


def test_bound_fields_stay_with_the_logger_they_were_bound_to() -> None:
    log, stream = _logger("json")
    log.bind(rule="cpu").info("first")
    log.info("second")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first["rule"] == "cpu"
    assert "rule" not in second


def test_the_form_is_json_where_nobody_looks() -> None:
    log, stream = _logger("auto")
    log.info("listening")
    assert json.loads(stream.getvalue())["event"] == "listening"


@pytest.mark.parametrize("log_format", ["auto", "console"])
def test_the_form_is_coloured_console_on_a_terminal(log_format: LogFormat) -> None:
    written = _on_a_terminal(log_format)
    assert not written.startswith("{")
    assert "\x1b[" in written
    assert re.sub(r"\x1b\[[0-9;]*m", "", written).split()[1:] == ["[info", "]", "tick", "firing=2"]


def test_json_stays_json_on_a_terminal_when_it_is_asked_for() -> None:
    assert json.loads(_on_a_terminal("json"))["event"] == "tick"


def _on_a_terminal(log_format: LogFormat) -> str:
    master, slave = os.openpty()
    try:
        with open(slave, "w", encoding="utf-8", closefd=False) as terminal:
            make_logger(level="info", log_format=log_format, stream=terminal).info("tick", firing=2)
        return os.read(master, 10_000).decode()
    finally:
        os.close(slave)
        os.close(master)


def test_the_console_form_has_no_colours_in_a_file() -> None:
    log, stream = _logger("console")
    log.info("tick", firing=2)
    assert "\x1b" not in stream.getvalue()
    assert "tick" in stream.getvalue()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_value_cannot_forge_a_line_or_drive_the_terminal(log_format: LogFormat) -> None:
    log, stream = _logger(log_format)
    log.info(FORGED, subject=FORGED, names=[FORGED], fields={FORGED: FORGED})
    (line,) = stream.getvalue().splitlines()
    assert line.isprintable()


@given(st.text(), st.text() | st.lists(st.text()), st.sampled_from(["json", "console"]))
def test_whatever_is_said_is_one_printable_line(
    event: str, value: str | list[str], log_format: LogFormat
) -> None:
    log, stream = _logger(log_format)
    log.info(event, value=value)
    assert stream.getvalue().endswith("\n")
    assert stream.getvalue()[:-1].isprintable()
    if log_format == "json":
        said = json.loads(stream.getvalue())
        assert (said["event"], said["value"]) == (event, value)


def test_a_traceback_is_one_field_of_the_json_line() -> None:
    log, stream = _logger("json")
    _fail(log)
    (line,) = stream.getvalue().splitlines()
    exception = json.loads(line)["exception"]
    assert exception.startswith("Traceback (most recent call last):\n")
    assert exception.endswith("ValueError: " + FORGED)


def test_a_traceback_on_the_console_begins_no_line_at_the_margin() -> None:
    log, stream = _logger("console")
    _fail(log)
    head, *lines = stream.getvalue().split("\n")
    assert "job_bug" in head
    assert len(lines) > 4
    for line in lines:
        assert line.isprintable()
        assert line.startswith("    ") or not line


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_no_local_variables(log_format: LogFormat) -> None:
    log, stream = _logger(log_format)
    _fail(log)
    assert "hunter2" not in stream.getvalue()


def _fail(log: FilteringBoundLogger) -> None:
    try:
        _open_the_door("hunter" + str(1 + 1))
    except ValueError:
        log.exception("job_bug", job="tick")


def _open_the_door(password: str) -> None:
    raise ValueError(FORGED if password else "")


def test_long_values_are_cut_at_their_end_and_tracebacks_at_their_beginning() -> None:
    log, stream = _logger("json")
    error = ValueError("x" * 100_000 + "END")
    log.error("e" * 100_000, detail="BEGIN" + "y" * 100_000, exc_info=error)
    said = json.loads(stream.getvalue())
    assert len(said["event"]) == VALUE_CHARACTERS_MAX
    assert len(said["detail"]) == VALUE_CHARACTERS_MAX
    assert said["detail"].startswith("BEGIN")
    assert len(said["exception"]) == VALUE_CHARACTERS_MAX
    assert said["exception"].endswith("END")


def test_values_that_json_does_not_know_are_still_written() -> None:
    log, stream = _logger("json")
    log.info("odd", at=datetime(2026, 1, 1, tzinfo=UTC), raw=b"\xff", anything=object)
    said = json.loads(stream.getvalue())
    assert "2026" in said["at"]
    assert "xff" in said["raw"]
