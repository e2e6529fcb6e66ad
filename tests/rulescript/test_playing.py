from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.rulescript.books import QUEUE, book, played, script, scripts
from xops_watch.rulescript.compare import failures
from xops_watch.rulescript.play import BEGIN, _record, concerns, play, restricted

SERIES = "series:\n- {signal: crew.queue_depth, subject: xops/crew, values: %s}\n"
WITH_HOLD = f"{QUEUE}\nfor: 2m\nclear: {{at_most: 3, for: 1m}}"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("7", "{at: 0m, state: pending, value: 7, blind: false}"),
        ("7x2", "{at: 2m, state: firing, severity: warning, suppressed: false}"),
        ("7x2 3", "{at: 3m, state: firing, value: 3}"),
        ("7x2 3x1", "{at: 4m, state: inactive}"),
        ("7 _x6", "{at: 6m, state: pending, blind: true}"),
        ("7 !deniedx5", "{at: 5m, state: pending, blind: false}"),
        ("!not_applicable 7", "{at: 0m, state: inactive, blind: false}"),
        ("_ 7", "{at: 0m, state: none}"),
    ],
)
def test_a_sample_is_seen_by_the_evaluation_of_its_instant(
    tmp_path: Path, values: str, expected: str
) -> None:
    rulebook = book(tmp_path, queue=WITH_HOLD)
    assert played(SERIES % f'"{values}"' + f"expect: [{expected}]", rulebook) == []


def test_a_failure_tells_what_was_expected_what_was_and_why(tmp_path: Path) -> None:
    rulebook = book(tmp_path, queue=WITH_HOLD)
    body = SERIES % '"7x3"' + "expect:\n- {at: 1m, state: firing, value: 8, blind: false}"
    (failure,) = played(body, rulebook)
    assert failure.place == "x.test.yaml:7:5"
    assert failure.at == timedelta(minutes=1)
    assert failure.expected == "state firing, value 8"
    assert failure.actual == "state pending, value 7"
    assert failure.evidence == "crew.queue_depth 7 (> 6)"


def test_a_late_value_is_seen_late_and_judged_at_its_own_time(tmp_path: Path) -> None:
    rulebook = book(tmp_path, queue=WITH_HOLD)
    body = """
series:
- {signal: crew.queue_depth, values: "7x9", delay: 3m}
expect:
- {at: 2m, state: none}
- {at: 4m, state: pending}
notices:
- {at: 5m, kind: firing, subject: xops/test}
"""
    assert played(body, rulebook) == []


@pytest.mark.parametrize(
    ("notices", "expected", "actual"),
    [
        (
            "[]",
            "no more notices",
            "notice firing of queue on xops/crew (warning) at 2m",
        ),
        (
            "[{at: 1m, kind: firing}]",
            "notice firing of queue at 1m",
            "no notice",
        ),
        (
            "[{at: 3m, kind: firing}]",
            "notice firing of queue at 3m",
            "notice firing of queue on xops/crew (warning) at 2m",
        ),
        (
            "[{at: 2m, kind: firing, severity: critical, subject: xops/crew}]",
            "notice firing of queue on xops/crew (critical) at 2m",
            "notice firing of queue on xops/crew (warning) at 2m",
        ),
        (
            "[{at: 2m, kind: firing}, {at: 4m, kind: resolved}]",
            "notice resolved of queue at 4m",
            "no notice",
        ),
    ],
)
def test_the_messages_are_exactly_these(
    tmp_path: Path, notices: str, expected: str, actual: str
) -> None:
    rulebook = book(tmp_path, queue=WITH_HOLD)
    (failure,) = played(SERIES % '"7x5"' + f"notices: {notices}", rulebook)
    assert (failure.expected, failure.actual) == (expected, actual)


def test_messages_of_rules_that_a_script_does_not_name_are_none_of_its_business(
    tmp_path: Path,
) -> None:
    rulebook = book(tmp_path, queue=WITH_HOLD, other=QUEUE)
    body = SERIES % '"7x1"' + "notices: []\nadvice: [{at: 1m, state: recommended}]"
    assert played(body, rulebook) == []


def test_advice_depends_on_every_rule_of_its_evolution(tmp_path: Path) -> None:
    rulebook = book(tmp_path, queue=WITH_HOLD, other="when: {signal: ecs.tasks_pending, above: 1}")
    alone = SERIES % '"0x1"' + "expect: [{at: 1m, state: inactive}]"
    advised = SERIES % '"0x1"' + "advice: [{at: 1m, state: unknown}]"
    assert [r.id for r in restricted(rulebook, script(alone, rulebook)).rules] == ["queue"]
    assert played(advised, rulebook) == []
    assert concerns(script(advised, rulebook), "other", rulebook)
    assert not concerns(script(alone, rulebook), "other", rulebook)


def test_wrong_advice_is_a_failure(tmp_path: Path) -> None:
    rulebook = book(tmp_path, queue=WITH_HOLD)
    (failure,) = played(SERIES % '"0x1"' + "advice: [{at: 1m, state: recommended}]", rulebook)
    assert failure.expected == "advice recommended on add-worker"
    assert failure.actual == "not_needed"


def test_advice_depends_on_the_rules_that_block_it_and_on_what_it_requires(tmp_path: Path) -> None:
    rulebook = book(tmp_path, queue=WITH_HOLD, guard=QUEUE, other=QUEUE)
    step = rulebook.evolutions["add-worker"]
    first = replace(step, id="first", requires=())
    apart = {"queue": "add-worker", "guard": "none", "other": "first"}
    rulebook = replace(
        rulebook,
        rules=tuple(replace(rule, evolution=apart[rule.id]) for rule in rulebook.rules),
        evolutions={
            "add-worker": replace(step, blocked_by=("guard",), requires=("first",)),
            "first": replace(first, requires=("add-worker",)),
            "none": replace(step, id="none"),
            "unrelated": replace(step, id="unrelated"),
        },
    )
    body = SERIES % '"0x1"' + "advice: [{at: 1m, state: not_needed}]"
    part = restricted(rulebook, script(body, rulebook))
    assert [rule.id for rule in part.rules] == ["queue", "guard", "other"]
    assert set(part.evolutions) == {"add-worker", "first", "none"}


def test_ticks_reach_the_last_value_and_the_last_question(tmp_path: Path) -> None:
    rulebook = book(tmp_path, queue=WITH_HOLD)
    body = SERIES % '"0x9"' + "evaluate_every: 2m\nexpect: [{at: 12m, state: inactive}]"
    instants = [e.at - BEGIN for e in play(script(body, rulebook), rulebook)]
    assert instants == [timedelta(minutes=minute) for minute in range(0, 13, 2)]


def test_history_is_no_longer_than_the_store_would_give(tmp_path: Path) -> None:
    rulebook = book(tmp_path, queue=WITH_HOLD)
    (line,) = script(SERIES % '"1+1x59"' + "notices: []", rulebook).lines
    minute = timedelta(minutes=1)
    series = _record(line, minute).until(BEGIN + 20 * minute, 5 * minute)
    assert [reading.value for reading in series.readings] == [16, 17, 18, 19, 20, 21]


def test_the_states_of_a_signal_are_named_in_failures(tmp_path: Path) -> None:
    rulebook = book(tmp_path, queue="when: {signal: database.kind, is: sqlite}")
    text = """
tests:
- name: t
  rule: queue
  series: [{signal: database.kind, subject: xops, values: "sqlite"}]
  expect: [{at: 0m, value: postgresql}, {at: 0m, state: inactive}]
"""
    first, second = failures(scripts(text, rulebook)[0], rulebook)
    assert (first.expected, first.actual) == ("value postgresql", "value sqlite")
    assert (second.expected, second.actual) == ("state inactive", "state firing")


def test_a_subject_that_is_gone_ends_what_fires(tmp_path: Path) -> None:
    rulebook = book(tmp_path, queue=WITH_HOLD)
    body = (
        SERIES % '"7x2 !gonex20"'
        + """
notices:
- {at: 2m, kind: firing}
- {at: 8m, kind: resolved}
"""
    )
    assert played(body, rulebook) == []


def test_what_is_not_judged_has_no_value_and_no_severity(tmp_path: Path) -> None:
    rulebook = book(tmp_path, queue=WITH_HOLD)
    (failure,) = played(SERIES % '"_ 7"' + "expect: [{at: 0m, value: 7, blind: true}]", rulebook)
    assert (failure.expected, failure.actual) == (
        "blind true, value 7",
        "blind nothing, value nothing",
    )
