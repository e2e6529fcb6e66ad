"""Signals: whenever they come, the process ends in order and in time."""

from signal import SIGHUP, SIGINT, SIGTERM, Signals

import pytest

from tests.daemon.process import program


@pytest.mark.parametrize("number", [SIGTERM, SIGINT])
def test_a_signal_ends_it_with_0_after_a_drain_of_at_most_18_seconds(number: Signals) -> None:
    with program('live(job(lambda: say("tick")))') as daemon:
        daemon.wait_for("tick")
        assert daemon.end(number) == 0
    assert daemon.said[-2:] == ["drain 18.0", "returned"]
    (line,) = daemon.log
    assert (line["event"], line["fatal"]) == ("stopping", False)


def test_a_running_tick_ends_first_and_what_it_owes_is_drained() -> None:
    body = """
def tick():
    say("begin")
    time.sleep(1)
    say("end")
live(job(tick, seconds=60))
"""
    with program(body) as daemon:
        daemon.wait_for("begin")
        assert daemon.end(SIGTERM) == 0
    begin, end, drain, returned = daemon.said
    assert (begin, end, returned) == ("begin", "end", "returned")
    assert 0 < float(drain.removeprefix("drain ")) <= 18


def test_a_tick_that_does_not_end_leaves_time_for_the_drain() -> None:
    body = """
def tick():
    say("begin")
    threading.Event().wait()
live(job(tick), limits=Limits(end=4.0, last_runs=0.5, look=0.1))
"""
    with program(body) as daemon:
        daemon.wait_for("begin")
        assert daemon.end(SIGTERM) == 0
    _, drain = daemon.said
    assert 0 < float(drain.removeprefix("drain ")) < 3.0
    assert daemon.events() == ["stopping", "left_running_job"]


def test_more_signals_change_nothing() -> None:
    body = """
def drain(seconds):
    say("draining")
    time.sleep(1)
    say("drained")
live(job(lambda: say("tick")), drain=drain)
"""
    with program(body) as daemon:
        daemon.wait_for("tick")
        daemon.send(SIGTERM)
        daemon.wait_for("draining")
        daemon.send(SIGINT)
        daemon.send(SIGTERM)
        assert daemon.end(SIGTERM) == 0
    assert daemon.said[-3:] == ["draining", "drained", "returned"]


def test_a_drain_that_fails_is_told_and_the_end_is_still_in_order() -> None:
    body = """
def drain(seconds):
    raise StoreError("the disk is full", hint="make room")
live(job(lambda: say("tick")), drain=drain)
"""
    with program(body) as daemon:
        daemon.wait_for("tick")
        assert daemon.end(SIGTERM) == 0
    assert daemon.said[-1] == "returned"
    line = daemon.log[-1]
    assert (line["event"], line["detail"]) == ("drain_failed", "the disk is full")
    assert line["hint"] == "make room"


def test_a_drain_with_a_bug_is_one_line_and_holds_nothing() -> None:
    with program('live(job(lambda: say("tick")), drain=lambda seconds: 1 // 0)') as daemon:
        daemon.wait_for("tick")
        assert daemon.end(SIGTERM) == 0
    assert daemon.events() == ["stopping", "thread_bug"]
    assert "ZeroDivisionError" in daemon.log[-1]["exception"]


def test_a_drain_that_hangs_is_left() -> None:
    body = """
def drain(seconds):
    say("draining", seconds)
    threading.Event().wait()
live(job(lambda: say("tick")), drain=drain, limits=Limits(end=2.0, look=0.1))
"""
    with program(body) as daemon:
        daemon.wait_for("tick")
        assert daemon.end(SIGTERM) == 0
    assert daemon.events() == ["stopping", "left_running_job"]


def test_after_a_fatal_error_what_hangs_does_not_change_the_exit_code() -> None:
    body = """
bugs = [ValueError("no")] * 3
live(
    job(raising(*bugs), seconds=0.05),
    job(lambda: threading.Event().wait(), name="deliver"),
    limits=Limits(end=1.5, last_runs=0.1, look=0.1),
)
"""
    with program(body) as daemon:
        assert daemon.end() == 1
    assert daemon.events()[-1] == "left_running_job"


def test_a_signal_at_any_line_of_the_waiting_ends_it() -> None:
    # A handler that takes a lock which the waiting holds would wait for ever; only at some lines.
    body = """
import sys
from xops_watch.clock import SystemClock
from xops_watch.daemon import Daemon
from tests.daemon.program import make_logger

log = make_logger(level="error", log_format="json")
for line in range(40):
    ticked, left = threading.Event(), line
    daemon = Daemon(
        jobs=(job(ticked.set, seconds=60),),
        watched="tick",
        drain=lambda seconds: None,
        clock=SystemClock(),
        log=log,
        limits=Limits(look=0.001),
    )
    def trace(frame, event, argument):
        global left
        waiting = os.path.basename(frame.f_code.co_filename) in ("daemon.py", "threading.py")
        if ticked.is_set() and waiting:
            left -= 1
            if left < 0:
                sys.settrace(None)
                signal.raise_signal(signal.SIGTERM)
                return None
        return trace
    sys.settrace(trace)
    code = daemon.run()
    sys.settrace(None)
    say("ended", line, code)
"""
    with program(body) as daemon:
        for line in range(40):
            daemon.wait_for(f"ended {line} 0")
        assert daemon.end() == 0


def test_a_hangup_is_heard_before_the_watched_job_runs_at_once() -> None:
    body = """
live(job(lambda: say("tick"), seconds=3600), hangup=lambda: say("hangup"))
"""
    with program(body) as daemon:
        daemon.wait_for("tick")
        daemon.send(SIGHUP)
        daemon.wait_for("hangup")
        daemon.wait_for("tick")
        daemon.send(SIGHUP)
        daemon.wait_for("hangup")
        daemon.wait_for("tick")
        assert daemon.end(SIGTERM) == 0
    assert daemon.said == ["tick", "hangup", "tick", "hangup", "tick", *daemon.said[5:]]


def test_a_hangup_while_the_watched_job_runs_makes_it_run_once_more() -> None:
    body = """
def tick():
    say("begun")
    time.sleep(0.5)
    say("done")

live(job(tick, seconds=3600), hangup=lambda: say("hangup"))
"""
    with program(body) as daemon:
        daemon.wait_for("begun")
        daemon.send(SIGHUP)
        daemon.wait_for("hangup")
        daemon.wait_for("begun")
        daemon.wait_for("done")
        assert daemon.end(SIGTERM) == 0
    assert daemon.said[:5] == ["begun", "hangup", "done", "begun", "done"]
    assert daemon.said.count("begun") == 2
