"""A daemon that looks often, and what /metrics says of single signals."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.system.daemons import RunningDaemon, eventually, running
from xops_watch.clock import machine_now
from xops_watch.embedded_aws.control import EmbeddedAws

RUNNING = "ecs.tasks_running"
WEB = "xops/open-webui"


@contextmanager
def often(aws: EmbeddedAws, directory: Path, **settings: str) -> Iterator[RunningDaemon]:
    """Yield a daemon that asks ECS every real second or two: its time passes ten times as fast."""
    quick = {
        "XOPS_WATCH_TICK_SECONDS": "10",
        "XOPS_WATCH_ECS__INTERVAL_SECONDS": "10",
        "XOPS_WATCH_CLOCK__SPEED": "10",
        "XOPS_WATCH_CLOCK__ANCHOR": machine_now().isoformat(),
        "XOPS_WATCH_AWS__READ_TIMEOUT_SECONDS": "1",
    }
    with running(aws, directory, **quick | settings) as daemon:
        yield daemon


def statuses_of(daemon: RunningDaemon, signal: str) -> dict[str, str]:
    """Return the status of a signal on each subject, of one moment, as /metrics has it."""
    try:
        page = daemon.read("/metrics")[1]
    except OSError:
        return {}
    return {
        sample.labels["subject"]: sample.labels["status"]
        for family in text_string_to_metric_families(page)
        if family.name == "xops_signal_status"
        for sample in family.samples
        if sample.labels["signal"] == signal and sample.value == 1
    }


def status_of(daemon: RunningDaemon, signal: str, subject: str) -> str:
    """Return the status of a signal on one subject; empty when it is not there."""
    return statuses_of(daemon, signal).get(subject, "")


def becomes(daemon: RunningDaemon, status: str, signal: str = RUNNING, subject: str = WEB) -> None:
    """Return when the signal has the status."""
    eventually(
        lambda: status_of(daemon, signal, subject) == status,
        f"{signal} of {subject} is {status}, and not {status_of(daemon, signal, subject)}",
    )
