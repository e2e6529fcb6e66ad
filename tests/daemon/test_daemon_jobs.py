"""Jobs: when they run, and what becomes of one that fails, hangs or is slow."""

from signal import SIGCONT, SIGSTOP, SIGTERM
from threading import Event

import pytest

from tests.daemon.process import program


def test_every_job_runs_at_once_and_again_at_its_interval() -> None:
    body = """
live(
    job(lambda: say("tick"), seconds=0.1),
    job(lambda: say("deliver"), seconds=0.2, name="deliver"),
    job(lambda: say("housekeep"), seconds=3600, name="housekeep"),
)
"""
    with program(body) as daemon:
        for _ in range(3):
            daemon.wait_for("deliver")
            daemon.wait_for("tick")
        assert daemon.end(SIGTERM) == 0
    assert daemon.said.count("housekeep") == 1
    assert daemon.said.count("tick") >= daemon.said.count("deliver")


def test_an_expected_failure_is_told_with_its_hint_and_the_job_goes_on() -> None:
    body = """
full = StoreError("the disk is full", hint="make room")
live(job(raising(full, full, full, full), seconds=0.05, failed=lambda: say("failed")))
"""
    with program(body) as daemon:
        daemon.wait_for("run 6")
        assert daemon.end(SIGTERM) == 0
    lines = [line for line in daemon.log if line["event"] == "job_failed"]
    assert len(lines) == 4
    for line in lines:
        assert (line["level"], line["job"]) == ("error", "tick")
        assert (line["detail"], line["hint"]) == ("the disk is full", "make room")
        assert "exception" not in line
    assert daemon.said.count("failed") == 4


def test_three_unexpected_errors_in_a_row_end_the_process_with_1() -> None:
    body = """
bug = ValueError("no\\nway")
live(job(raising(bug, bug, bug), seconds=0.05, failed=lambda: say("failed")))
"""
    with program(body) as daemon:
        assert daemon.end() == 1
    assert daemon.events() == ["job_bug", "job_bug", "job_bug", "stopping"]
    assert daemon.log[0]["exception"].endswith("ValueError: no\nway")
    assert daemon.log[-1]["fatal"] is True
    assert daemon.said.count("failed") == 3
    assert daemon.said[-2:] == ["drain 18.0", "returned"]


def test_a_success_between_unexpected_errors_forgives_them() -> None:
    body = """
bug = ValueError("no")
live(job(raising(bug, bug, None, bug, bug, None, bug), seconds=0.05))
"""
    with program(body) as daemon:
        daemon.wait_for("run 9")
        assert daemon.end(SIGTERM) == 0
    assert daemon.events() == ["job_bug"] * 5 + ["stopping"]


def test_the_errors_of_two_jobs_are_not_added_up() -> None:
    body = """
bug = ValueError("no")
live(
    job(raising(bug, bug), seconds=0.05),
    job(raising(bug, bug), seconds=0.05, name="deliver"),
)
"""
    with program(body) as daemon:
        daemon.wait_for("run 5")
        assert daemon.end(SIGTERM) == 0
    assert daemon.events().count("job_bug") == 4


@pytest.mark.parametrize("error", ["SystemExit(0)", "KeyboardInterrupt()", "MemoryError()"])
def test_what_would_end_a_thread_or_the_process_is_one_error_more(error: str) -> None:
    with program(f"live(job(raising({error}, None, {error}), seconds=0.05))") as daemon:
        daemon.wait_for("run 5")
        assert daemon.end(SIGTERM) == 0
    assert daemon.events() == ["job_bug", "job_bug", "stopping"]


def test_a_job_that_always_leaves_the_process_ends_it_with_1() -> None:
    body = "live(job(raising(*[SystemExit(0)] * 3), seconds=0.05))"
    with program(body) as daemon:
        assert daemon.end() == 1


def test_a_slow_job_is_never_twice_at_work_never_left_out_and_no_news() -> None:
    body = """
busy = threading.Lock()
def slow():
    assert busy.acquire(blocking=False), "twice at work"
    time.sleep(0.35)
    say("slow")
    busy.release()
live(job(slow, seconds=0.1), job(lambda: say("quick"), seconds=0.1, name="quick"))
"""
    with program(body) as daemon:
        for _ in range(5):
            daemon.wait_for("slow")
        assert daemon.end(SIGTERM) == 0
    assert daemon.said.count("quick") > 5
    assert daemon.events() == ["stopping"]


def test_a_hung_tick_ends_the_process_with_1() -> None:
    body = """
live(
    job(lambda: threading.Event().wait()),
    job(lambda: say("deliver"), name="deliver"),
    limits=Limits(stall=1.0, look=0.1),
)
"""
    with program(body) as daemon:
        assert daemon.end() == 1
    (line,) = daemon.log
    assert (line["event"], line["level"], line["job"]) == ("stalled", "error", "tick")
    assert "deliver" in daemon.said
    assert "returned" not in daemon.said


def test_three_intervals_pass_before_a_tick_counts_as_hung() -> None:
    body = """
def slow():
    time.sleep(1.5)
    say("slow")
live(job(slow, seconds=1.0), limits=Limits(stall=0.1, look=0.1))
"""
    with program(body) as daemon:
        daemon.wait_for("slow")
        daemon.wait_for("slow")
        assert daemon.end(SIGTERM) == 0
    assert daemon.events() == ["stopping"]


def test_a_tick_that_only_fails_is_not_silent() -> None:
    body = """
errors = [StoreError("the disk is full", hint="make room")] * 1000
live(job(raising(*errors), seconds=0.1), limits=Limits(stall=0.5, look=0.1))
"""
    with program(body) as daemon:
        daemon.wait_for("run 15")
        assert daemon.end(SIGTERM) == 0


def test_a_hung_delivery_stops_neither_the_ticks_nor_the_end() -> None:
    body = """
live(
    job(lambda: say("tick"), seconds=0.05),
    job(lambda: threading.Event().wait(), name="deliver"),
    limits=Limits(stall=1.0, look=0.1, end=2.0, last_runs=0.2),
)
"""
    with program(body) as daemon:
        for _ in range(30):
            daemon.wait_for("tick")
        assert daemon.end(SIGTERM) == 0
    assert daemon.events() == ["stopping", "left_running_job"]
    assert daemon.said[-1].startswith("drain ")


def test_a_machine_that_stood_still_is_no_stall() -> None:
    body = 'live(job(lambda: say("tick")), limits=Limits(stall=2.0, look=0.1))'
    with program(body) as daemon:
        daemon.wait_for("tick")
        daemon.send(SIGSTOP)
        Event().wait(4.0)
        daemon.send(SIGCONT)
        for _ in range(5):
            daemon.wait_for("tick")
        assert daemon.end(SIGTERM) == 0
    assert daemon.events() == ["stopping"]


def test_ticks_go_on_when_the_time_of_day_is_set_back_or_forward() -> None:
    body = """
import apscheduler.schedulers.base, apscheduler.triggers.interval, xops_watch.clock

class Moved(datetime):
    shift = timedelta()
    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + cls.shift

for module in (apscheduler.schedulers.base, apscheduler.triggers.interval, xops_watch.clock):
    module.datetime = Moved

count = 0
def tick():
    global count
    count += 1
    say("tick", count)
    Moved.shift += {5: timedelta(hours=-1), 10: timedelta(hours=1)}.get(count, timedelta())
live(job(tick))
"""
    with program(body) as daemon:
        daemon.wait_for("tick 15")
        assert daemon.end(SIGTERM) == 0
    assert daemon.events() == ["stopping"]


def test_a_log_that_takes_nothing_more_does_not_hide_a_stall() -> None:
    body = """
from tests.daemon.program import make_logger
reader, writer = os.pipe()
os.dup2(writer, 2)
log = make_logger(level="info", log_format="json")
def chatter():
    while True:
        log.info("x" * 1000)
live(job(chatter), limits=Limits(stall=0.5, look=0.1))
"""
    with program(body) as daemon:
        assert daemon.end() == 1
