import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli.command import xops_watch
from tests.rulescript.books import QUEUE, book

GOOD = """tests:
- name: fires above 6
  rule: queue
  series: [{signal: crew.queue_depth, subject: xops/crew, values: "6x2 7 6"}]
  notices: [{at: 3m, kind: firing, severity: warning}, {at: 4m, kind: resolved}]
- name: waits in silence
  rule: queue
  series: [{signal: crew.queue_depth, subject: xops/crew, values: "6 _x6"}]
  expect: [{at: 6m, state: inactive, blind: true}]
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    book(tmp_path, queue=QUEUE)
    (tmp_path / "rules.test.yaml").write_text(GOOD)
    return tmp_path


def _break(rules: Path) -> None:
    text = GOOD.replace("at: 3m, kind: firing, severity: warning", "at: 2m, kind: firing")
    (rules / "rules.test.yaml").write_text(text)


def test_tests_that_pass_are_one_line_a_file(rules: Path) -> None:
    outcome = xops_watch("rules", "test", str(rules))
    assert outcome.code == 0
    assert outcome.out == (
        f"{rules}/rules.test.yaml: 2 of 2 tests pass\n2 tests in 1 file: all pass\n"
    )
    assert outcome.err == ""


def test_each_test_is_a_line_when_asked(rules: Path) -> None:
    outcome = xops_watch("rules", "test", "-v", str(rules))
    assert outcome.out.splitlines()[:2] == ["pass  fires above 6", "pass  waits in silence"]


def test_a_failure_shows_its_place_what_was_expected_and_what_was(rules: Path) -> None:
    _break(rules)
    outcome = xops_watch("rules", "test", str(rules))
    assert outcome.code == 1
    assert outcome.out == (
        f"{rules}/rules.test.yaml:5:13: fires above 6\n"
        "    at 2m expected notice firing of queue at 2m\n"
        "    but it was no notice\n"
        f"{rules}/rules.test.yaml: 1 of 2 tests pass\n"
        "2 tests in 1 file: 1 failed\n"
    )


def test_only_tests_with_a_text_are_played(rules: Path) -> None:
    _break(rules)
    outcome = xops_watch("rules", "test", "-k", "SILENCE", str(rules))
    assert outcome.code == 0
    assert outcome.out.splitlines()[-1] == "1 test in 1 file: all pass"


def test_a_bad_script_is_said_with_its_places_and_is_no_failed_test(rules: Path) -> None:
    (rules / "rules.test.yaml").write_text(GOOD.replace("rule: queue", "rule: qeue", 1))
    outcome = xops_watch("rules", "test", str(rules))
    assert outcome.code == 2
    assert outcome.out == (
        f"{rules}/rules.test.yaml:3:9: there is no rule `qeue` (did you mean `queue`?)\n"
    )
    assert outcome.err == "correct what is named above, and play the scripts again\n"


@pytest.mark.parametrize("arguments", [["-k", "nothing-like-it"], []])
def test_no_tests_at_all_is_a_mistake(tmp_path: Path, arguments: list[str]) -> None:
    book(tmp_path, queue=QUEUE)
    outcome = xops_watch("rules", "test", *arguments, str(tmp_path))
    assert outcome.code == 2
    assert outcome.err.startswith("xops-watch: no tests\n  hint: ")


def test_a_path_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    outcome = xops_watch("rules", "test", str(tmp_path / "none"))
    assert outcome.code == 2
    assert "Traceback" not in outcome.err


def test_a_single_script_is_played_to_the_rules_of_its_folder(rules: Path) -> None:
    (rules / "more.test.yaml").write_text("[")
    outcome = xops_watch("rules", "test", str(rules / "rules.test.yaml"))
    assert outcome.code == 0


def test_each_folder_is_a_rulebook_of_its_own(
    rules: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    book(other, queue=QUEUE.replace("6", "9"))
    (other / "rules.test.yaml").write_text(GOOD)
    outcome = xops_watch("rules", "test", str(rules), str(other))
    assert outcome.code == 1
    assert outcome.out.splitlines()[-1] == "4 tests in 2 files: 1 failed"


def test_coverage_names_what_no_test_brings_about(rules: Path) -> None:
    outcome = xops_watch("rules", "test", "--coverage", str(rules))
    assert outcome.code == 0
    assert [line.split() for line in outcome.out.splitlines()[1:3]] == [
        ["RULE", "FIRES", "CLEARS", "UNKNOWN", "SUPPRESSED"],
        ["queue", "yes", "yes", "yes", "-"],
    ]
    (rules / "rules.test.yaml").write_text(GOOD.partition("- name: waits")[0])
    outcome = xops_watch("rules", "test", "--coverage", str(rules))
    assert outcome.code == 1
    assert outcome.out.splitlines()[2].split() == ["queue", "yes", "yes", "NO", "-"]


def test_mutants_that_no_test_notices_are_named_with_the_place_of_the_rule(rules: Path) -> None:
    outcome = xops_watch("rules", "test", "--mutate", str(rules))
    assert outcome.code == 0
    assert "mutants of 1 rule: all noticed\n" in outcome.out
    (rules / "rules.test.yaml").write_text(GOOD.replace('"6x2 7 6"', '"5x2 9 5"'))
    outcome = xops_watch("rules", "test", "--mutate", str(rules))
    assert outcome.code == 1
    assert f"{rules}/rules.yaml:2:7: queue: no script notices when: crew" in outcome.out


def test_rules_whose_tests_fail_are_not_changed(rules: Path) -> None:
    _break(rules)
    outcome = xops_watch("rules", "test", "--mutate", str(rules))
    assert outcome.code == 1
    assert outcome.err == "no rule was changed: first let the tests pass\n"


def test_programs_get_json(rules: Path) -> None:
    _break(rules)
    outcome = xops_watch("rules", "test", "--json", "--coverage", "--mutate", str(rules))
    shown = json.loads(outcome.out)
    assert outcome.code == 1
    assert shown["not_covered"] == {}
    assert shown["mutants"] == []
    assert [test["passed"] for test in shown["tests"]] == [False, True]
    assert shown["tests"][0]["failures"] == [
        {
            "place": f"{rules}/rules.test.yaml:5:13",
            "at_seconds": 120.0,
            "expected": "notice firing of queue at 2m",
            "actual": "no notice",
            "evidence": "",
        }
    ]


def test_junit_is_what_ci_servers_read(rules: Path) -> None:
    _break(rules)
    file = rules / "junit.xml"
    outcome = xops_watch("rules", "test", "--junit", str(file), str(rules))
    assert outcome.code == 1
    root = ET.fromstring(file.read_text(encoding="utf-8"))  # noqa: S314 - written a line above
    assert root.tag == "testsuites"
    (suite,) = root
    counts = {"tests": "2", "failures": "1", "errors": "0", "skipped": "0", "time": "0"}
    assert suite.attrib == {"name": f"{rules}/rules.test.yaml", **counts}
    assert {**root.attrib, "name": ""} == {"name": "", **counts}
    first, second = suite
    assert first.attrib == {
        "name": "fires above 6",
        "classname": "queue",
        "file": f"{rules}/rules.test.yaml",
        "line": "2",
        "time": "0",
    }
    (failure,) = first
    assert failure.get("message") == (
        "at 2m expected notice firing of queue at 2m, but it was no notice"
    )
    assert failure.text == f"{rules}/rules.test.yaml:5:13: {failure.get('message')}"
    assert list(second) == []


def test_hostile_names_stay_text_in_junit(rules: Path) -> None:
    name = 'a <b> & "q" ]]> \U0001f600'
    text = GOOD.replace("name: fires above 6", f"name: {json.dumps(name, ensure_ascii=False)}")
    (rules / "rules.test.yaml").write_text(text, encoding="utf-8")
    file = rules / "junit.xml"
    assert xops_watch("rules", "test", "--junit", str(file), str(rules)).code == 0
    root = ET.fromstring(file.read_text(encoding="utf-8"))  # noqa: S314 - written a line above
    assert root[0][0].get("name") == name


def test_a_junit_file_that_cannot_be_written_is_said(rules: Path) -> None:
    outcome = xops_watch("rules", "test", "--junit", str(rules / "no" / "x.xml"), str(rules))
    assert outcome.code == 2
    assert "cannot be written" in outcome.err
