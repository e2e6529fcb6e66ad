"""How long the calls of one operation wait after AWS asked to slow down."""

import pytest

from xops_watch.aws.gate import Gate, Gates


class Scene:
    def __init__(self, chance: float = 0.0) -> None:
        self.at = 0.0
        self.gate = Gate(tell=lambda: self.at, chance=lambda: chance)

    def pauses(self, refusals: int) -> list[float]:
        """Return how long it is shut after each refusal, when each comes as it opens."""
        found = []
        for _ in range(refusals):
            self.gate.refused()
            found.append(self.gate.seconds_left())
            self.at += found[-1]
        return found


def test_it_is_open_for_who_was_never_refused() -> None:
    assert Scene().gate.seconds_left() == 0


def test_each_pause_is_twice_as_long_up_to_a_limit() -> None:
    assert Scene().pauses(7) == [0.5, 1, 2, 4, 8, 8, 8]


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 4.0), (0.5, 3.0), (1.0, 2.0)])
def test_up_to_half_of_a_pause_is_chance(chance: float, pause: float) -> None:
    scene = Scene(chance)
    scene.pauses(3)
    scene.gate.refused()
    assert scene.gate.seconds_left() == pause


def test_refusals_of_calls_that_were_under_way_say_nothing_new() -> None:
    scene = Scene()
    for _ in range(8):
        scene.gate.refused()
    assert scene.gate.seconds_left() == 0.5
    scene.at = 0.5
    scene.gate.refused()
    assert scene.gate.seconds_left() == 1


def test_an_answer_makes_the_next_pause_short() -> None:
    scene = Scene()
    scene.pauses(4)
    scene.gate.answered()
    assert scene.pauses(2) == [0.5, 1]


def test_an_answer_of_a_call_that_was_under_way_opens_nothing() -> None:
    scene = Scene()
    scene.pauses(2)
    scene.gate.refused()
    scene.gate.answered()
    assert scene.gate.seconds_left() == 2
    scene.at += 2
    assert scene.pauses(1) == [4]


def test_each_operation_of_each_region_has_its_own() -> None:
    gates = Gates()
    first = gates.of("ecs", "eu-west-1", "ListServices")
    first.refused()
    assert gates.of("ecs", "eu-west-1", "ListServices") is first
    assert gates.of("ecs", "eu-west-2", "ListServices").seconds_left() == 0
    assert gates.of("ecs", "eu-west-1", "ListTasks").seconds_left() == 0
    assert gates.of("sns", "eu-west-1", "ListServices").seconds_left() == 0


def test_who_comes_to_a_shut_gate_passes_when_it_opens() -> None:
    gate = Gate(chance=lambda: 1.0)
    gate.refused()
    assert gate.pass_through()
    assert gate.seconds_left() == 0


def test_after_three_refusals_in_a_row_nobody_waits() -> None:
    scene = Scene()
    scene.pauses(2)
    scene.gate.refused()
    assert not scene.gate.pass_through()
    scene.at += 2
    assert scene.gate.pass_through()
