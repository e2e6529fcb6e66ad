"""Lines of Open WebUI's log that tell of troubles of SQLite, counted and never kept."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tests.aws.bench import MINUTE, ScriptedClient, make_client
from tests.contract.source_promises import assert_promises_kept
from tests.sources.account_scene import app_logs, details, gaps
from xops_watch.aws.log_lines import PATTERN
from xops_watch.clock import machine_now
from xops_watch.core.reading import Reading
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason, SourceError

NOW = datetime(2026, 1, 5, 12, 6, 30, tzinfo=UTC)
END = datetime(2026, 1, 5, 12, 5, tzinfo=UTC)
SLICE = 5 * MINUTE
LOCK = "sqlite.lock_errors_1h"
DATABASE = "xops/webui.db"
PRIVATE_LINE = "database is locked [parameters: ('my private question',)]"


class Log:
    """A log group: lines with their instants, in pages of `size`, and what was asked for."""

    def __init__(self, *, size: int = 100) -> None:
        self.lines: list[tuple[datetime, str]] = []
        self.asked: list[tuple[datetime, datetime]] = []
        self.size = size
        self.pages_of: dict[datetime, int] = {}
        self.client = ScriptedClient(filter_log_events=self._filter)

    def write(self, at: datetime, line: str, *, times: int = 1) -> None:
        self.lines.extend([(at, line)] * times)

    def _filter(
        self,
        startTime: int,  # noqa: N803 - as boto3 names it
        endTime: int,  # noqa: N803 - as above
        **asked: object,
    ) -> Iterator[Mapping[str, Any]]:
        assert asked == {"logGroupName": "/ecs/webui", "filterPattern": PATTERN}
        start, end = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (startTime, endTime))
        self.asked.append((start, end))
        found = [{"message": line} for at, line in self.lines if start <= at <= end]
        yield {"events": found[: self.size]}
        for at in range(self.size, len(found), self.size):
            yield {"events": found[at : at + self.size]}
        for _ in range(self.pages_of.get(start, 1) - 1):
            yield {"events": []}


def newest(observations: Sequence[object], signal: str = LOCK) -> tuple[datetime, float]:
    readings = [o for o in observations if isinstance(o, Reading) and o.signal == signal]
    last = max(readings, key=lambda o: o.taken_at)
    return last.taken_at, last.value


def test_lines_of_the_last_whole_hour_are_counted_by_kind() -> None:
    log = Log()
    log.write(END - timedelta(hours=1), "sqlite3.OperationalError: database is locked")
    log.write(END - MINUTE, "(sqlite3.OperationalError) database table is locked: chat")
    log.write(END - MINUTE, "QueuePool limit of size 5 overflow 10 reached, connection timed out")
    log.write(END - MINUTE, "disk I/O error")
    log.write(END - MINUTE, "unable to open database file")
    log.write(END - MINUTE, "attempt to write a readonly database")
    log.write(END - MINUTE, "database disk image is malformed")
    log.write(END - MINUTE, "database is locked [SQL: PRAGMA journal_mode=WAL]")
    log.write(END - MINUTE, "all is well")  # of a filter that lets too much through
    log.write(END - timedelta(hours=1, milliseconds=1), "database is locked")  # before the hour
    log.write(END, "database is locked")  # after it
    observations = app_logs(log.client).observe(now=NOW)
    at_end = [o for o in observations if isinstance(o, Reading) and o.taken_at == END]
    assert {o.signal: o.value for o in at_end} == {
        "sqlite.lock_errors_1h": 4,
        "sqlite.pool_errors_1h": 1,
        "sqlite.disk_errors_1h": 2,
        "sqlite.readonly_errors_1h": 1,
        "sqlite.malformed_errors_1h": 1,
        "sqlite.journal_mode_errors_1h": 1,
    }
    assert {o.subject for o in at_end} == {DATABASE}
    assert {o.seen_at for o in at_end} == {NOW}


def test_a_quiet_log_that_was_read_whole_is_zero() -> None:
    assert newest(app_logs(Log().client).observe(now=NOW)) == (END, 0)


def test_a_line_that_comes_late_corrects_what_was_told() -> None:
    log = Log()
    source = app_logs(log.client)
    assert newest(source.observe(now=NOW)) == (END, 0)
    log.write(END - MINUTE, "database is locked")
    later = source.observe(now=NOW + SLICE)
    readings = [o for o in later if isinstance(o, Reading) and o.signal == LOCK]
    assert {o.taken_at: o.value for o in readings} == {END + SLICE: 1, END: 1, END - SLICE: 0}


def test_an_hour_is_read_once_and_then_its_end_only() -> None:
    log = Log()
    source = app_logs(log.client)
    source.observe(now=NOW)
    assert len(log.asked) == 14
    log.asked.clear()
    source.observe(now=NOW + SLICE)
    assert [start for start, _ in log.asked] == [END, END - SLICE, END - 2 * SLICE]
    assert {end - start for start, end in log.asked} == {SLICE - timedelta(milliseconds=1)}
    log.asked.clear()
    source.observe(now=NOW + timedelta(hours=5))
    assert len(log.asked) == 14


def test_part_of_a_count_is_no_count_and_the_rest_follows() -> None:
    log = Log()
    log.write(END - timedelta(minutes=50), "database is locked", times=7)
    for number in range(14):
        log.pages_of[END - number * SLICE] = 10
    source = app_logs(log.client)
    first = source.observe(now=NOW)
    assert not [o for o in first if isinstance(o, Reading)]
    assert set(gaps(first).values()) == {GapReason.STALE}
    assert details(first)[0].startswith("only 6 of 12 parts of the last hour are counted")
    # Three parts are counted again each time, so three more follow.
    second = source.observe(now=NOW)
    assert details(second)[0].startswith("only 9 of 12 parts")
    source.observe(now=NOW)
    third = source.observe(now=NOW)
    assert newest(third) == (END, 7)
    assert gaps(third) == {}


def test_another_log_group_is_counted_anew() -> None:
    log = Log()
    names = iter(["/ecs/webui", "/ecs/webui"])
    source = app_logs(log.client, lambda _: next(names))
    source.observe(now=NOW)
    source.observe(now=NOW)
    assert len(log.asked) == 17
    other: list[str] = []

    def count(logGroupName: str, **_: object) -> Sequence[Mapping[str, Any]]:  # noqa: N803 - as boto3
        other.append(logGroupName)
        return [{"events": []}]

    groups = iter(["a", "b"])
    source = app_logs(ScriptedClient(filter_log_events=count), lambda _: next(groups))
    source.observe(now=NOW)
    source.observe(now=NOW)
    assert other == ["a"] * 14 + ["b"] * 14


def test_no_line_is_kept_or_told() -> None:
    log = Log()
    log.write(END - MINUTE, PRIVATE_LINE)
    source = app_logs(log.client)
    observations = source.observe(now=NOW)
    assert newest(observations) == (END, 1)
    assert "private" not in repr(observations)
    assert "private" not in repr(vars(source))
    broken = ScriptedClient(
        filter_log_events=lambda **_: [{"events": [{"message": [PRIVATE_LINE]}]}]
    )
    with pytest.raises(SourceError) as caught:
        app_logs(broken).observe(now=NOW)
    assert "private" not in f"{caught.value.what} {caught.value.hint}"


def test_a_log_group_that_is_not_there_says_what_to_mend() -> None:
    def refuse(**_: object) -> object:
        raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "FilterLogEvents")

    with pytest.raises(SourceError) as caught:
        app_logs(ScriptedClient(filter_log_events=refuse)).observe(now=NOW)
    assert caught.value.reason is GapReason.NOT_ENABLED
    assert caught.value.what == (
        "there is no log group '/ecs/webui': mend XOPS_WATCH_APP_LOG__GROUP"
    )


def test_the_filter_is_one_that_aws_takes() -> None:
    assert len(PATTERN) <= 1024
    client = make_client("logs", "http://127.0.0.1:1")
    millis = int(END.timestamp() * 1000)
    with Stubber(client) as stub:
        for number in range(14):
            start = millis - (number + 1) * 300_000
            asked = {
                "logGroupName": "/ecs/webui",
                "startTime": start,
                "endTime": start + 299_999,
                "filterPattern": PATTERN,
            }
            event = {"logStreamName": "a", "timestamp": start, "message": "database is locked"}
            page = {"events": [event], "searchedLogStreams": [], "nextToken": "more"}
            stub.add_response("filter_log_events", page, asked)
            last: dict[str, Any] = {"events": [], "searchedLogStreams": []}
            stub.add_response("filter_log_events", last, {**asked, "nextToken": "more"})
        observations = app_logs(client).observe(now=NOW)
        stub.assert_no_pending_responses()
    assert newest(observations) == (END, 12)


def test_a_log_over_http(aws: EmbeddedAws) -> None:
    client = make_client("logs", aws.endpoint)
    client.create_log_group(logGroupName="/ecs/webui")
    client.create_log_stream(logGroupName="/ecs/webui", logStreamName="web/1")
    lines = ["ERROR database is locked", "INFO fine", "ERROR QueuePool limit of size 5"]
    instant = machine_now()  # moto takes no line older than two weeks
    events = [{"timestamp": int(instant.timestamp() * 1000), "message": line} for line in lines]
    client.put_log_events(logGroupName="/ecs/webui", logStreamName="web/1", logEvents=events)
    source = app_logs(client)
    observations = source.observe(now=instant + 10 * MINUTE)
    client.delete_log_group(logGroupName="/ecs/webui")
    assert newest(observations)[1] == 2
    assert_promises_kept(source, observations, now=instant + 10 * MINUTE)
