"""What the log receives when no topic is configured."""

import io
import json

import pytest
import structlog
from structlog.typing import FilteringBoundLogger

from tests.notify.notices import FIRING, GOLDEN
from xops_watch.logs import make_logger
from xops_watch.notify.log import LogNotifier
from xops_watch.notify.machine import document


def test_one_line_holds_every_field_of_the_json_form() -> None:
    with structlog.testing.capture_logs() as lines:
        log: FilteringBoundLogger = structlog.get_logger()
        LogNotifier(log).send(FIRING)
    fields = document(FIRING)
    fields["stack_name"] = fields.pop("stack")  # `stack` is a stack trace to structlog
    assert lines == [{"event": "notice", "log_level": "error", **fields}]


@pytest.mark.parametrize("name", GOLDEN)
def test_a_notice_is_one_json_line_at_every_level_that_can_be_configured(name: str) -> None:
    stream = io.StringIO()
    log = make_logger(level="error", log_format="json", stream=stream)
    LogNotifier(log).send(GOLDEN[name])
    (line,) = stream.getvalue().splitlines()
    said = json.loads(line)
    assert (said["event"], said["key"]) == ("notice", GOLDEN[name].key)


def test_hostile_text_does_not_break_out_of_the_console_form() -> None:
    stream = io.StringIO()
    log = make_logger(level="info", log_format="console", stream=stream)
    LogNotifier(log).send(GOLDEN["hostile"])
    assert "\x1b" not in stream.getvalue()
    assert len(stream.getvalue().splitlines()) == 1
