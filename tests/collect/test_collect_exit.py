"""A source that hangs cannot hold the end of the process."""

import subprocess
import sys

PROGRAM = """
import sys
from datetime import UTC, datetime, timedelta
import structlog
from tests.fakes import FakeSource, RecordingTelemetry
from xops_watch.collect import Collector

hung = FakeSource()
hung.hang()
log = structlog.wrap_logger(structlog.PrintLogger(sys.stderr))
collector = Collector(
    [hung], deadline=timedelta(seconds=0.05), telemetry=RecordingTelemetry(), log=log
)
collection = collector.collect(now=datetime(2026, 1, 5, tzinfo=UTC))
print(collection.observations[0].reason)
"""


def test_the_process_ends_while_a_source_hangs() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, "timeout\n")
    assert "Traceback" not in ended.stderr
