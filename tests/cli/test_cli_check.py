"""`rules check`: what it prints, and what its exit code is."""

import json
from pathlib import Path

import click
import pytest
from jsonschema import Draft202012Validator

from tests.cli.command import xops_watch
from xops_watch.cli.rules_check import annotation
from xops_watch.located_yaml import Position
from xops_watch.rulelint.findings import Finding, Level

RULE = """\
rules:
- id: one
  title: One
  layers: [L5]
  phase: BC1
  severity: info
  threshold_source: proposed
  when: {signal: crew.queue_depth, above: 5}
  for: 10m
  clear: {at_most: 2, for: 30m}
  evolution: step
evolutions:
- id: step
  title: Sound step
  component: Compute
  classification: Config Change
  classification_source: proposed
  phase: BC1
  how: Terraform variable
  lead_time: 1d
  first_steps: [Look, Think, Act]
contradictions:
- {id: c1, conflict: Users or writes, treatment: Two rules, rows: [A.trigger.1]}
"""
WRONG = RULE.replace("how: Terraform variable", "how: Migration script and downtime")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A rulebook in which nothing is found, with its script and its runbook."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "one.md").write_text("# One\n")
    (tmp_path / "rules" / "mine.yaml").write_text(RULE)
    (tmp_path / "rules" / "mine.test.yaml").write_text("tests:\n- rule: one\n")
    return tmp_path


def check(folder: Path, *options: str) -> tuple[int, list[str]]:
    runbooks = ("--runbooks", str(folder / "runbooks"))
    outcome = xops_watch("rules", "check", *runbooks, *options, str(folder / "rules"))
    assert "Traceback" not in outcome.err
    return outcome.code, outcome.out.splitlines()


def test_a_sound_rulebook_is_fine(folder: Path) -> None:
    code, (line,) = check(folder, "--strict")
    assert code == 0
    assert line.startswith("1 rule, 1 evolution, 0 stages: fine (digest ")


def test_an_error_has_its_line_and_makes_the_exit_code_1(folder: Path) -> None:
    (folder / "rules" / "mine.yaml").write_text(WRONG)
    code, (finding, summary) = check(folder)
    assert code == 1
    assert finding == (
        f"{folder}/rules/mine.yaml:16:19: error: `migration script` is a change of schema, a"
        " move of data or downtime: that is no Config Change (its class is Data Migration or"
        " higher, its risk MED) [unhonest-class]"
    )
    assert summary.startswith("1 rule, 1 evolution, 0 stages: 1 error (digest ")


def test_a_warning_is_told_and_counts_only_when_strict(folder: Path) -> None:
    (folder / "runbooks" / "one.md").unlink()
    (folder / "rules" / "mine.test.yaml").unlink()
    code, (runbook, script, summary) = check(folder)
    assert code == 0
    assert (
        f"mine.yaml:2:7: warning: `one` has no runbook (write {folder}/runbooks/one.md)" in runbook
    )
    assert script.endswith("[no-test]")
    assert ": 2 warnings (digest " in summary
    assert check(folder, "--strict")[0] == 1


def test_files_that_cannot_be_read_are_findings_of_the_same_shape(folder: Path) -> None:
    (folder / "rules" / "mine.yaml").write_text(RULE.replace("above: 5", "above: 5%"))
    code, (finding, summary) = check(folder)
    assert code == 1
    assert finding.startswith(f"{folder}/rules/mine.yaml:8:43: error: `5%` is a ratio, but")
    assert finding.endswith("[rule-file]")
    assert summary == "1 error"


def test_github_shows_findings_at_their_lines(folder: Path) -> None:
    (folder / "rules" / "mine.yaml").write_text(WRONG)
    code, (finding, _) = check(folder, "--format", "github")
    assert code == 1
    assert finding.startswith(
        f"::error file={folder}/rules/mine.yaml,line=16,col=19,title=rules check%3A unhonest-class"
        "::`migration script` is a change of schema"
    )


def test_a_command_to_github_cannot_be_ended_by_what_it_tells() -> None:
    finding = Finding(
        code="never-true",
        level=Level.WARNING,
        file="a,b:c%.yaml",
        position=None,
        message="80%, then\r\n::error::no",
        hint="a: b",
    )
    assert annotation(finding) == (
        "::warning file=a%2Cb%3Ac%25.yaml,title=rules check%3A never-true"
        "::80%25, then%0D%0A::error::no (a: b)"
    )


def test_github_is_told_files_as_the_checkout_calls_them() -> None:
    place = Position(line=1, column=2)
    file = str(Path.cwd() / "rules" / "x.yaml")
    finding = Finding(code="a", level=Level.ERROR, file=file, position=place, message="m")
    assert annotation(finding) == "::error file=rules/x.yaml,line=1,col=2,title=rules check%3A a::m"


def test_json_is_for_programs(folder: Path) -> None:
    (folder / "rules" / "mine.yaml").write_text(WRONG)
    code, lines = check(folder, "--json", "--documents")
    told = json.loads("\n".join(lines))
    assert code == 1
    (finding,) = told["findings"]
    assert (finding["code"], finding["severity"]) == ("unhonest-class", "error")
    assert (finding["line"], finding["column"]) == (16, 19)
    assert (told["errors"], told["warnings"], told["rules"]) == (1, 0, 1)
    assert [one["id"] for one in told["contradictions"]] == ["c1"]
    assert check(folder, "--format", "json", "--documents") == (code, lines)


def test_the_contradictions_come_after_the_findings_and_change_no_exit_code(folder: Path) -> None:
    code, lines = check(folder, "--documents")
    assert code == 0
    assert "C1  rows: A.trigger.1" in lines
    assert lines[-1].startswith("1 rule, ")


def test_a_name_from_outside_does_not_drive_the_terminal(folder: Path) -> None:
    (folder / "rules" / "mine.yaml").rename(folder / "rules" / "a\x1b[31mb.yaml")
    (folder / "rules" / "mine.test.yaml").unlink()
    code, lines = check(folder)
    assert code == 0
    assert "\x1b" not in "".join(lines)


def test_a_folder_of_runbooks_that_is_not_there_is_wrong_usage(folder: Path) -> None:
    outcome = xops_watch("rules", "check", "--runbooks", "/nowhere", str(folder / "rules"))
    assert outcome.code == click.UsageError.exit_code
    assert "'/nowhere' does not exist" in outcome.err


def test_the_schema_is_printed_for_editors() -> None:
    outcome = xops_watch("rules", "schema")
    assert outcome.code == 0
    schema = json.loads(outcome.out)
    Draft202012Validator.check_schema(schema)
    assert schema["title"] == "xops-watch rule file"
