"""What is logged: changes, once, and never the same failure each minute."""

from tests.collect.collect_scene import MINUTE, SHORT, Scene, failure, gap, reading
from tests.fakes import FakeSource
from xops_watch.core.reading import Observation
from xops_watch.errors import GapReason, SourceError

HOUR = 60


def events_of(*answers: list[Observation] | SourceError, rounds: int | None = None) -> list[str]:
    scene = Scene(FakeSource(*answers))
    for _ in range(rounds or len(answers)):
        scene.round(after=MINUTE)
    return scene.events()


def test_a_source_that_is_well_says_nothing() -> None:
    assert events_of([reading()], rounds=HOUR) == []


def test_a_failure_is_told_with_what_where_and_what_to_do() -> None:
    scene = Scene(FakeSource(failure(GapReason.DENIED, "no right"), name="ecs"))
    scene.round()
    assert scene.logged() == [
        {
            "event": "source_read_failed",
            "log_level": "warning",
            "source": "ecs",
            "reason": "denied",
            "detail": "no right",
            "hint": "put it up",
        }
    ]


def test_a_failure_that_goes_on_is_told_once() -> None:
    assert events_of(failure(), rounds=HOUR) == ["source_read_failed"]


def test_a_failure_whose_words_change_each_time_is_told_once() -> None:
    answers = [failure(what=f"request {number} failed at 12:{number:02}") for number in range(HOUR)]
    assert events_of(*answers) == ["source_read_failed"]


def test_another_reason_is_told() -> None:
    answers = [failure(), failure(GapReason.THROTTLED), failure(GapReason.THROTTLED)]
    assert events_of(*answers) == ["source_read_failed"] * 2


def test_the_end_of_a_failure_is_told_once() -> None:
    assert events_of(failure(), [reading()], [reading()]) == [
        "source_read_failed",
        "source_read_again",
    ]


def test_a_failure_that_comes_back_is_told_again() -> None:
    expected = ["source_read_failed", "source_read_again", "source_read_failed"]
    assert events_of(failure(), [reading()], failure()) == expected


def test_an_answer_in_part_is_told_once_and_so_is_its_end() -> None:
    partly: list[Observation] = [gap(GapReason.DENIED, "no right to main"), reading()]
    scene = Scene(FakeSource(partly, partly, partly, [reading()]))
    for _ in range(5):
        scene.round(after=MINUTE)
    first, last = scene.logged()
    assert first == {
        "event": "source_read_in_part",
        "log_level": "warning",
        "source": "fake",
        "reason": "denied",
        "detail": "no right to main",
    }
    assert (last["event"], last["source"]) == ("source_read_again", "fake")


def test_from_a_part_to_nothing_is_told() -> None:
    partly: list[Observation] = [gap(GapReason.DENIED), reading()]
    assert events_of(partly, failure(GapReason.DENIED), rounds=3) == [
        "source_read_in_part",
        "source_read_failed",
    ]


def test_a_provider_without_a_value_is_not_worth_a_line() -> None:
    quiet: list[Observation] = [gap(GapReason.STALE), gap(GapReason.NOT_APPLICABLE)]
    assert events_of(quiet, rounds=HOUR) == []


def test_a_bug_is_told_each_time_and_the_blindness_it_makes_once() -> None:
    scene = Scene(FakeSource(KeyError("x")))
    for _ in range(3):
        scene.round(after=MINUTE)
    assert scene.events() == ["source_bug", "source_read_failed", "source_bug", "source_bug"]


def test_a_source_that_hangs_is_told_once() -> None:
    hung = FakeSource([reading()])
    hung.hang()
    scene = Scene(hung, deadline=SHORT)
    for _ in range(10):
        scene.round(after=MINUTE)
    hung.release()
    assert scene.events() == ["source_read_failed"]
