import threading

from tests.exporter.client import Desk, Stopwatch, ask, families, labels, of
from tests.exporter.scenes import NOW, series, snapshot, usual
from xops_watch.core.snapshot import Snapshot
from xops_watch.exporter.exposition import CLASSIC, OPENMETRICS
from xops_watch.exporter.publisher import SnapshotPublisher
from xops_watch.ports import Publisher

SUBJECTS = [f"service-{number}" for number in range(40)]


def numbered(number: int) -> Snapshot:
    """A snapshot of which every value is the same number."""
    return snapshot(*(series("ecs.tasks_running", subject, [number]) for subject in SUBJECTS))


def test_a_scrape_during_publication_is_always_of_one_snapshot() -> None:
    desk = Desk()
    shots = [numbered(number) for number in range(4)]
    desk.publisher.publish(shots[0])
    done = threading.Event()

    def publish() -> None:
        turn = 0
        while not done.is_set():
            turn += 1
            desk.publisher.publish(shots[turn % len(shots)])

    publishing = threading.Thread(target=publish)
    publishing.start()
    try:
        seen = [of(ask(desk.app, "/metrics"), "xops_ecs_tasks_running") for _ in range(60)]
    finally:
        done.set()
        publishing.join()
    assert all(len(found) == len(SUBJECTS) for found in seen)
    assert all(len(set(found.values())) == 1 for found in seen)
    assert len({next(iter(found.values())) for found in seen}) > 1


def test_a_subject_that_is_gone_leaves_no_series_behind() -> None:
    desk = Desk()
    desk.publisher.publish(snapshot(series("ecs.tasks_running", "old", [1])))
    ask(desk.app, "/metrics")
    desk.publisher.publish(snapshot(series("ecs.tasks_running", "new", [1])))
    assert of(ask(desk.app, "/metrics"), "xops_ecs_tasks_running") == {labels(subject="new"): 1}


def test_the_daemons_own_counters_are_fresh_although_the_snapshot_is_kept_as_text() -> None:
    desk = Desk()
    desk.publisher.publish(usual())
    before = of(ask(desk.app, "/metrics"), "xops_watch_tick_failures_total")
    desk.telemetry.tick_failed()
    after = of(ask(desk.app, "/metrics"), "xops_watch_tick_failures_total")
    assert (before, after) == ({labels(): 0}, {labels(): 1})


def test_what_scrapers_asked_for_is_ready_with_the_next_snapshot() -> None:
    publisher = SnapshotPublisher(monotonic=Stopwatch())
    publisher.publish(usual())
    first = publisher.shown
    assert first is not None
    assert not first.formats
    text = first.metrics(OPENMETRICS)
    publisher.publish(usual())
    second = publisher.shown
    assert second is not None
    assert second.formats == (OPENMETRICS,)
    assert second.metrics(OPENMETRICS) == text
    assert second.metrics(CLASSIC) != text


def test_silence_is_counted_from_the_start_then_from_the_last_publication() -> None:
    stopwatch = Stopwatch()
    publisher = SnapshotPublisher(monotonic=stopwatch)
    stopwatch.seconds += 7
    assert publisher.silent_seconds() == 7
    publisher.publish(usual())
    stopwatch.seconds += 5
    assert publisher.silent_seconds() == 5


def test_it_is_a_publisher() -> None:
    desk = Desk()
    publisher: Publisher = desk.publisher
    publisher.publish(usual())
    assert families(ask(desk.app, "/metrics"))
    assert desk.publisher.shown is not None
    assert desk.publisher.shown.snapshot.at == NOW
