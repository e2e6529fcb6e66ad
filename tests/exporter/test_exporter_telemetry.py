import threading
from datetime import timedelta

from tests.exporter.client import PROMETHEUS_ACCEPT, Desk, ask, families, labels, of
from tests.exporter.scenes import NOW
from xops_watch import __version__
from xops_watch.ports import OutboxDepth, Telemetry


def test_what_can_be_counted_starts_at_zero() -> None:
    reply = ask(Desk().app, "/metrics")
    assert of(reply, "xops_watch_tick_failures_total") == {labels(): 0}
    assert of(reply, "xops_watch_notices_total") == {
        labels(outcome="delivered"): 0,
        labels(outcome="failed"): 0,
        labels(outcome="refused"): 0,
    }


def test_everything_is_counted_under_its_labels() -> None:
    desk = Desk()
    telemetry: Telemetry = desk.telemetry
    for _ in range(2):
        telemetry.gap("ecs", "denied")
    telemetry.gap("cloudwatch", "throttled")
    telemetry.source_bug("s3")
    telemetry.tick_failed()
    telemetry.aws_request("ecs", "DescribeServices", "ok")
    telemetry.notice("refused")
    reply = ask(desk.app, "/metrics", accept=PROMETHEUS_ACCEPT)
    assert of(reply, "xops_watch_gaps_total") == {
        labels(source="ecs", reason="denied"): 2,
        labels(source="cloudwatch", reason="throttled"): 1,
    }
    assert of(reply, "xops_watch_source_bugs_total") == {labels(source="s3"): 1}
    assert of(reply, "xops_watch_tick_failures_total") == {labels(): 1}
    assert of(reply, "xops_watch_aws_requests_total") == {
        labels(service="ecs", operation="DescribeServices", outcome="ok"): 1
    }
    assert of(reply, "xops_watch_notices_total")[labels(outcome="refused")] == 1


def test_the_outbox_is_unknown_until_it_was_looked_at() -> None:
    desk = Desk()
    assert of(ask(desk.app, "/metrics"), "xops_watch_outbox_notices") == {}
    desk.telemetry.outbox(OutboxDepth(notices=0, oldest_at=None), now=NOW)
    reply = ask(desk.app, "/metrics")
    assert of(reply, "xops_watch_outbox_notices") == {labels(): 0}
    assert of(reply, "xops_watch_outbox_oldest_seconds") == {labels(): 0}


def test_the_outbox_tells_the_age_of_its_oldest_notice() -> None:
    desk = Desk()
    depth = OutboxDepth(notices=3, oldest_at=NOW - timedelta(minutes=2))
    desk.telemetry.outbox(depth, now=NOW)
    reply = ask(desk.app, "/metrics")
    assert of(reply, "xops_watch_outbox_notices") == {labels(): 3}
    assert of(reply, "xops_watch_outbox_oldest_seconds") == {labels(): 120}


def test_a_clock_that_jumped_back_makes_no_negative_age() -> None:
    desk = Desk()
    depth = OutboxDepth(notices=1, oldest_at=NOW + timedelta(minutes=2))
    desk.telemetry.outbox(depth, now=NOW)
    assert of(ask(desk.app, "/metrics"), "xops_watch_outbox_oldest_seconds") == {labels(): 0}


def test_threads_that_count_at_once_lose_nothing() -> None:
    desk = Desk()

    def count() -> None:
        for _ in range(2000):
            desk.telemetry.aws_request("ecs", "ListTasks", "ok")

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (counted,) = of(ask(desk.app, "/metrics"), "xops_watch_aws_requests_total").values()
    assert counted == 16_000


def test_the_daemon_tells_its_version_its_lease_and_its_process() -> None:
    reply = ask(Desk().app, "/metrics")
    assert of(reply, "xops_watch_build_info") == {labels(version=__version__): 1}
    assert of(reply, "xops_watch_leader") == {labels(): 1}
    (resident,) = of(reply, "process_resident_memory_bytes").values()
    assert resident > 1_000_000


def test_counters_bring_no_created_series() -> None:
    reply = ask(Desk().app, "/metrics", accept=PROMETHEUS_ACCEPT)
    assert not [
        sample.name
        for family in families(reply)
        for sample in family.samples
        if sample.name.endswith("_created")
    ]


def test_a_cost_is_shown_as_it_is_now() -> None:
    desk = Desk()
    family = "xops_watch_aws_cost_dollars_per_month"
    assert not of(ask(desk.app, "/metrics"), family)
    desk.telemetry.aws_cost("cloudwatch", "GetMetricData", 4.32)
    desk.telemetry.aws_cost("cloudwatch", "GetMetricData", 2.16)
    assert of(ask(desk.app, "/metrics"), family) == {
        labels(service="cloudwatch", operation="GetMetricData"): 2.16
    }
