"""What is wrong with a script file is said all at once, each at its place."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rulescript.books import QUEUE, book, problems, scripts
from xops_watch.core.rule import Rulebook
from xops_watch.errors import RulebookError
from xops_watch.located_yaml import parse_yaml
from xops_watch.rulescript import read_suite
from xops_watch.rulescript.read import read_script

GOOD = """tests:
- name: t
  rule: queue
  series:
  - {signal: crew.queue_depth, values: "7x2"}
  expect:
  - {at: 1m, state: firing}
"""
CPU = "when: {signal: ecs.cpu_utilization, above: 80%}"
KIND = "when: {signal: database.kind, is: sqlite}"
ACROSS = "when: {signal: ecs.tasks_pending, above: 3, across: sum}"


@pytest.fixture
def rulebook(tmp_path: Path) -> Rulebook:
    return book(tmp_path, queue=QUEUE, cpu=CPU, kind=KIND, across=ACROSS)


def test_the_file_that_all_mistakes_are_made_in_is_sound(rulebook: Rulebook) -> None:
    assert problems(GOOD, rulebook) == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (
            "name: t",
            "name: t\n  nmae: t",
            "3:3: `nmae` is not a key of a test (did you mean `name`?)",
        ),
        ("rule: queue", "rule: qeue", "3:9: there is no rule `qeue` (did you mean `queue`?)"),
        (
            "crew.queue_depth,",
            "crew.queue_dept,",
            "5:14: `signal`: `crew.queue_dept` is not a signal (did you mean `crew.queue_depth`?)",
        ),
        (
            '"7x2"',
            '"7xx"',
            (
                "5:40: `values`: `7xx` is not understood"
                " (like `80`, `80x3`, `1+2x3`, `10-1x4`, `_x5` or `!denied`)"
            ),
        ),
        ('"7x2"', "0x10", '5:40: `values`: `16` is not text (put it in quotes: "16")'),
        (
            '"7x2"}',
            '"7x2", unit: "%"}',
            "5:53: `%` is no unit of a count (leave `unit` out)",
        ),
        (
            'crew.queue_depth, values: "7x2"',
            'ecs.cpu_utilization, values: "7x2"',
            '5:5: `ecs.cpu_utilization` is a ratio: its values need a unit (write `unit: "%"`)',
        ),
        (
            'crew.queue_depth, values: "7x2"',
            'ecs.cpu_utilization, unit: ms, values: "7x2"',
            '5:41: `ms` is no unit of a ratio (write `unit: "%"`)',
        ),
        (
            'crew.queue_depth, values: "7x2"',
            'ecs.cpu_utilization, unit: pct, values: "7x2"',
            '5:41: `pct` is no unit (write `unit: "%"`)',
        ),
        (
            "at: 1m, state: firing",
            "at: 90s, state: firing",
            "7:10: at 1m30s nothing is judged: evaluations are 1m apart (ask at 1m or 2m)",
        ),
        (
            "state: firing",
            "state: fired",
            ("7:21: `state`: `fired` is none of inactive, pending, firing, none"),
        ),
        (
            ", state: firing",
            "",
            "7:5: expects nothing (add `state`, `blind`, `value` or another)",
        ),
        ("state: firing", "value: many", "7:21: `value`: `many` is not a number with a unit"),
        (
            '"7x2"',
            f'"{"7 " * 50_001}"',
            "5:40: `values`: is 100002 characters long; 100000 is the most",
        ),
        ("state: firing", "blind: no", "7:21: `blind`: is true or false"),
        (
            "state: firing",
            "value: 80%",
            "7:21: `80%` is no value of `crew.queue_depth`",
        ),
        (
            "state: firing",
            "state: firing, subject: xops/crw",
            "7:38: queue is not judged on `xops/crw` (this script has xops/test)",
        ),
        (
            "state: firing",
            "state: firing, rule: cpuu",
            "7:35: there is no rule `cpuu` (did you mean `cpu`?)",
        ),
        (
            "- {at: 1m, state: firing}",
            "- {rule: cpu, at: 1m, value: 80}",
            (
                "7:32: `80` has no unit, but `ecs.cpu_utilization` has one"
                " (like `95%`, `200ms`, `3GB` or `180$`)"
            ),
        ),
        (
            "- {at: 1m, state: firing}",
            "- {rule: kind, at: 1m, value: mysql}",
            "7:33: `mysql` is no state of `database.kind` (its states are sqlite, postgresql)",
        ),
        (
            "- {at: 1m, state: firing}",
            "- {rule: across, at: 1m, state: firing, subject: xops/a}",
            "7:52: across is not judged on `xops/a` (this script has all)",
        ),
        (
            "  expect:\n  - {at: 1m, state: firing}\n",
            "",
            "2:3: a test expects something (add `expect`, `notices` or `advice`)",
        ),
        (
            "  expect:\n  - {at: 1m, state: firing}\n",
            "  expect: {}\n",
            "6:11: `expect` needs a list (begin each entry with `- `)",
        ),
        (
            "expect:\n  - {at: 1m, state: firing}",
            "notices:\n  - {at: 1m, kind: fire}",
            "7:20: `kind`: `fire` is none of firing, resolved (did you mean `firing`?)",
        ),
        (
            "expect:\n  - {at: 1m, state: firing}",
            "advice:\n  - {at: 1m, evolution: add-wroker, state: recommended}",
            "7:25: there is no evolution `add-wroker` (did you mean `add-worker`?)",
        ),
        ("rule: queue", "rule: queue\n  interval: 0s", "4:13: `interval`: is more than 0s"),
        (
            '  - {signal: crew.queue_depth, values: "7x2"}\n',
            "",
            "4:3: `series` needs a list (begin each entry with `- `)",
        ),
        (
            'values: "7x2"}',
            'values: "7x2"}\n  - {signal: crew.queue_depth, values: "6"}',
            "6:5: there is another series of `crew.queue_depth` on `xops/test`",
        ),
        (
            "at: 1m",
            "at: 400d",
            (
                "2:3: 576001 evaluations in 400d are too many; 50000 is the most"
                " (make `evaluate_every` longer)"
            ),
        ),
        (
            'values: "7x2"}',
            'values: "7x40000"}\n  - {signal: ecs.tasks_pending, values: "6x40000"}',
            (
                "5:3: the series hold 80002 values together; 50000 is the most"
                " (make `interval` longer, or split the test)"
            ),
        ),
        ("tests:", "test:", "1:1: a script file has the key tests"),
        (GOOD, "tests: []", "1:8: `tests`: holds no test (begin each with `- name: ...`)"),
        (GOOD, GOOD + "rules: []\n", "8:1: `rules` is not a key of a script file"),
    ],
)
def test_each_mistake_is_named_at_its_place(
    rulebook: Rulebook, old: str, new: str, found: str
) -> None:
    assert old in GOOD
    first = problems(GOOD.replace(old, new), rulebook)[0]
    assert first.startswith(f"x.test.yaml:{found}")


def test_a_list_has_its_most(rulebook: Rulebook) -> None:
    series = "".join(
        f'  - {{signal: crew.queue_depth, subject: s{n}, values: "7x1"}}\n' for n in range(101)
    )
    text = GOOD.replace('  - {signal: crew.queue_depth, values: "7x2"}\n', series)
    assert problems(text.replace("at: 1m,", "at: 1m, subject: s1,"), rulebook) == [
        "x.test.yaml:105:5: `series` takes no more than 100 entries"
    ]


def test_a_test_is_keys_with_values(rulebook: Rulebook) -> None:
    assert problems("tests: [1]", rulebook) == [
        (
            "x.test.yaml:1:9: a test is written as keys with values (its keys are name, rule,"
            " subject, interval, evaluate_every, series, expect, notices, advice)"
        )
    ]


def test_a_name_may_be_given_once_for_all_series(rulebook: Rulebook) -> None:
    (one,) = scripts(GOOD.replace("rule: queue", "rule: queue\n  subject: xops/crew"), rulebook)
    assert [line.subject for line in one.lines] == ["xops/crew"]
    assert one.expectations[0].subject == "xops/crew"


def test_a_rule_on_a_fixed_subject_is_judged_on_that(tmp_path: Path) -> None:
    rulebook = book(tmp_path, queue="when: {signal: crew.queue_depth, subject: xops, above: 6}")
    (one,) = scripts(GOOD.replace("depth,", "depth, subject: xops,"), rulebook)
    assert one.expectations[0].subject == "xops"


def test_a_notice_on_a_subject_that_is_not_there_is_a_slip(rulebook: Rulebook) -> None:
    entry = "notices:\n  - {at: 1m, kind: firing, subject: other}"
    text = GOOD.replace("expect:\n  - {at: 1m, state: firing}", entry)
    assert problems(text, rulebook) == [
        "x.test.yaml:7:37: queue is not judged on `other` (this script has xops/test)"
    ]


def test_a_state_may_be_expected_as_the_value(rulebook: Rulebook) -> None:
    text = GOOD.replace("rule: queue", "rule: kind").replace("crew.queue_depth", "database.kind")
    text = text.replace('"7x2"', '"postgresqlx2"').replace("at: 1m", "at: 0m")
    (one,) = scripts(text.replace("state: firing", "value: postgresql"), rulebook)
    assert one.expectations[0].value == 1


def test_every_mistake_of_a_file_is_said_at_once(rulebook: Rulebook) -> None:
    text = """tests:
- name: one
  rule: qeue
  series:
  - {signal: crew.queue_dept, values: "1"}
  - {signal: crew.queue_depth, values: "-1"}
  expect:
  - {at: 1, rule: queue, state: fired}
- name: one
  rule: queue
  series: [{signal: crew.queue_depth, values: "1"}]
  notices: [{at: 1m, kind: firing, rule: nothing-like-it}]
"""
    assert [one.split(" (")[0] for one in problems(text, rulebook)] == [
        "x.test.yaml:3:9: there is no rule `qeue`",
        "x.test.yaml:5:14: `signal`: `crew.queue_dept` is not a signal",
        "x.test.yaml:6:40: `values`: goes to -1, below 0, where `crew.queue_depth` never is",
        "x.test.yaml:8:10: `at`: `1` has no unit",
        "x.test.yaml:8:33: `state`: `fired` is none of inactive, pending, firing, none",
        "x.test.yaml:9:9: there is another test `one`",
        "x.test.yaml:12:42: there is no rule `nothing-like-it`",
    ]


@pytest.mark.parametrize(
    ("rule", "series", "subject"),
    [
        ("queue", '{signal: crew.queue_depth, values: "1"}', "xops/test"),
        ("queue", '{signal: crew.queue_depth, subject: xops/crew, values: "1"}', "xops/crew"),
        ("across", '{signal: ecs.tasks_pending, subject: xops/a, values: "1"}', "all"),
    ],
)
def test_the_only_subject_need_not_be_named(
    rulebook: Rulebook, rule: str, series: str, subject: str
) -> None:
    text = f"tests:\n- name: t\n  rule: {rule}\n  series: [{series}]\n"
    (one,) = scripts(text + "  expect: [{at: 0m, state: inactive}]\n", rulebook)
    assert one.expectations[0].subject == subject


def test_of_several_subjects_one_has_to_be_named(rulebook: Rulebook) -> None:
    text = """tests:
- name: t
  rule: queue
  series:
  - {signal: crew.queue_depth, subject: xops/a, values: "1"}
  - {signal: crew.queue_depth, subject: xops/b, values: "1"}
  expect: [{at: 0m, state: inactive}]
"""
    assert problems(text, rulebook) == [
        "x.test.yaml:7:12: names no subject, and there are several (xops/a, xops/b)"
    ]


def test_values_come_at_the_pace_of_the_rules_first_signal(rulebook: Rulebook) -> None:
    text = (
        'tests:\n- name: t\n  rule: kind\n  series: [{signal: database.kind, values: "sqlite"}]\n'
    )
    (one,) = scripts(text + "  notices: []\n", rulebook)
    period = next(r.primary.signal.period for r in rulebook.rules if r.id == "kind")
    assert one.interval == one.every == period


def test_an_entry_that_names_no_rule_needs_one_in_its_test(rulebook: Rulebook) -> None:
    text = GOOD.replace("  rule: queue\n", "")
    assert problems(text, rulebook) == [
        "x.test.yaml:6:5: names no rule (add `rule` here, or to the test)"
    ]
    advice = "advice:\n  - {at: 1m, state: recommended}"
    text = text.replace("expect:\n  - {at: 1m, state: firing}", advice)
    assert problems(text, rulebook) == [
        "x.test.yaml:6:5: says of no evolution (add `evolution`, or `rule` to the test)"
    ]


def test_scripts_lie_beside_the_rules(tmp_path: Path) -> None:
    book(tmp_path, queue=QUEUE)
    (tmp_path / "b.test.yaml").write_text(GOOD)
    (tmp_path / "a.test.yaml").write_text(GOOD)
    (tmp_path / ".hidden.test.yaml").write_text("{")
    names = [Path(file.file).name for file in read_suite([tmp_path]).files]
    assert names == ["a.test.yaml", "b.test.yaml"]


def test_a_rule_file_by_itself_has_the_script_of_its_name(tmp_path: Path) -> None:
    book(tmp_path, queue=QUEUE)
    (tmp_path / "rules.test.yaml").write_text(GOOD)
    (tmp_path / "other.test.yaml").write_text("[")
    names = [Path(file.file).name for file in read_suite([tmp_path / "rules.yaml"]).files]
    assert names == ["rules.test.yaml"]


def test_a_folder_of_too_many_scripts_is_refused(tmp_path: Path) -> None:
    book(tmp_path, queue=QUEUE)
    for number in range(201):
        (tmp_path / f"{number:03}.test.yaml").write_text(GOOD)
    with pytest.raises(RulebookError) as raised:
        read_suite([tmp_path])
    assert raised.value.problems == (
        f"{tmp_path}/200.test.yaml: 201 script files are too many; 200 is the most",
    )


def test_the_problems_of_all_scripts_come_together(tmp_path: Path) -> None:
    book(tmp_path, queue=QUEUE)
    (tmp_path / "a.test.yaml").write_text("tests: 1")
    (tmp_path / "b.test.yaml").write_text("[")
    with pytest.raises(RulebookError) as raised:
        read_suite([tmp_path])
    assert len(raised.value.problems) == 2
    assert "play the scripts again" in raised.value.hint


fragments = st.sampled_from(
    [*"{}[]:,\n -", "tests:", "- ", "name: t", "rule: queue", "series:", "expect:", "at: 1m", "  "]
)


@given(st.lists(fragments, max_size=30))
def test_whatever_is_written_is_read_or_refused(parts: list[str]) -> None:
    rulebook = Rulebook(rules=(), evolutions={}, stages={}, digest="")
    file, found = read_script(parse_yaml("".join(parts).encode(), file="x"), rulebook)
    assert found or file.scripts
