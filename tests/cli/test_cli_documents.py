import json
from pathlib import Path

import pytest

from tests.cli.command import xops_watch
from tests.rules.transcribed import ROWS

RULES = """\
rules:
- id: cpu
  title: CPU
  rows: [A.trigger.10]
  quote: a row
  layers: [L5]
  phase: BC1
  severity: advice
  threshold_source: documented
  when: {signal: ecs.cpu_utilization, above: 80%}
  evolution: step
evolutions:
- id: step
  title: A step
  component: L5
  classification: Config Change
  classification_source: documented
  phase: BC1
  how: A Terraform variable
  lead_time: 1d
  first_steps: [Look, Think, Change]
stages:
- {id: one, title: One, users: "1", services: "1", monthly_cost: 1, row: A.cost.one}
aliases:
- {id: also, rows: [A.trigger.9], quote: another row, of: [cpu]}
facts:
- {id: size, title: A size, rows: [B.L5.prod], quote: a size}
decisions:
- {id: fargate, title: Fargate, why: No patching, rows: [A.permanent.fargate]}
contradictions:
- id: c1
  conflict: >-
    One row says that CPU above 80 % is too much and another says that CPU above 70 % is, so
    that nobody knows.
  treatment: 80 % it is.
  rows: [A.trigger.9, A.trigger.10]
- {id: c2, conflict: Nothing, treatment: Nothing, rows: [B.L5.prod]}
"""
COVERED = [
    ("A.cost.one", "stage", "one", []),
    ("A.permanent.fargate", "decision", "fargate", []),
    ("A.trigger.9", "alias", "also", ["cpu"]),
    ("A.trigger.10", "rule", "cpu", ["cpu"]),
    ("B.L5.prod", "fact", "size", []),
]


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "mine.yaml").write_text(RULES, "utf-8")
    return str(tmp_path)


def test_every_row_is_listed_with_what_covers_it_for_programs(folder: str) -> None:
    outcome = xops_watch("rules", "list", "--rows", "--json", folder)
    assert outcome.code == 0
    listed = [tuple(entry.values()) for entry in json.loads(outcome.out)]
    assert listed == COVERED


def test_every_row_is_listed_with_what_covers_it_for_people(folder: str) -> None:
    outcome = xops_watch("rules", "list", "--rows", folder)
    header, *lines = outcome.out.splitlines()
    assert header.split("  ")[0] == "ROW"
    assert [tuple(line.split()) for line in lines] == [
        (row, kind, id_, *rules) for row, kind, id_, rules in COVERED
    ]


def test_every_row_of_documents_a_and_b_is_listed_of_the_shipped_rules() -> None:
    outcome = xops_watch("rules", "list", "--rows", "--json")
    assert outcome.code == 0
    assert {entry["row"] for entry in json.loads(outcome.out)} == set(ROWS)


def test_a_check_says_what_a_reader_of_the_documents_must_know(folder: str) -> None:
    plain = xops_watch("rules", "check", folder)
    outcome = xops_watch("rules", "check", "--documents", folder)
    assert outcome.code == plain.code
    assert "C1" not in plain.out
    assert (
        """\

C1  rows: A.trigger.9, A.trigger.10
    One row says that CPU above 80 % is too much and another says that CPU above 70 % is, so
    that nobody knows.
    Treatment: 80 % it is.

C2  rows: B.L5.prod
    Nothing
    Treatment: Nothing
"""
        in outcome.out
    )


def test_a_check_says_it_to_programs_as_well(folder: str) -> None:
    outcome = xops_watch("rules", "check", "--documents", "--json", folder)
    assert outcome.code == xops_watch("rules", "check", "--json", folder).code
    assert json.loads(outcome.out)["contradictions"][1] == {
        "id": "c2",
        "rows": ["B.L5.prod"],
        "conflict": "Nothing",
        "treatment": "Nothing",
    }


def test_of_files_that_cannot_be_read_only_the_problems_are_said(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(RULES.replace("above: 80%", "above: 80"), "utf-8")
    outcome = xops_watch("rules", "check", "--documents", str(tmp_path))
    assert outcome.code == 1
    assert "C1" not in outcome.out
    assert "Traceback" not in outcome.err


def test_the_shipped_rules_know_27_contradictions() -> None:
    outcome = xops_watch("rules", "check", "--documents")
    heads = [line.split()[0] for line in outcome.out.splitlines() if "  rows: " in line]
    assert heads == [f"C{number}" for number in range(1, 28)]
