"""A finding can be accepted, by a comment that says why."""

from pathlib import Path

import pytest

from xops_watch.rulelint.inspection import inspect

TEXT = """\
# A rulebook with one warning: rule `one` has no `clear`.
rules:
- id: one
  title: One
  layers: [L5]
  phase: BC1
  severity: info
  threshold_source: proposed
  when: {signal: crew.queue_depth, above: 5}
  for: 10m
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
"""
WARNING = "9:9: warning: without `clear` the first value below the threshold ends the trigger"


def found(folder: Path, text: str) -> list[str]:
    file = folder / "rules.yaml"
    file.write_text(text, encoding="utf-8")
    (folder / "rules.test.yaml").write_text("tests:\n- rule: one\n", encoding="utf-8")
    lines = [str(finding) for finding in inspect([folder]).findings]
    return [line.removeprefix(f"{file}:") for line in lines]


def above(line: str, comment: str) -> str:
    return TEXT.replace(line, f"{comment}\n{line}")


def at(line: str, comment: str) -> str:
    return TEXT.replace(line, f"{line} {comment}")


COMMENT = "# lint: ignore no-clear it is empty or it is not"


def test_without_a_comment_there_is_the_warning(tmp_path: Path) -> None:
    assert found(tmp_path, TEXT) == [f"{WARNING} (add `clear` with a level and a time) [no-clear]"]


@pytest.mark.parametrize(
    "text",
    [
        above("- id: one", COMMENT),
        above("- id: one", f"{COMMENT}\n# and another comment"),
        at("- id: one", COMMENT),
        above("  when: {", f"  {COMMENT}"),
        at("  when: {signal: crew.queue_depth, above: 5}", COMMENT),
    ],
)
def test_a_comment_at_the_entry_or_at_the_finding_accepts_it(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, text) == []


def test_a_comment_elsewhere_accepts_nothing_and_is_told(tmp_path: Path) -> None:
    warning, comment = found(tmp_path, at("  for: 10m", COMMENT))
    assert warning.startswith(WARNING)
    assert comment == (
        "10:12: warning: `lint: ignore no-clear` excuses nothing here (delete it) [lint-ignore]"
    )


def test_a_comment_of_another_lint_does_not_accept_it(tmp_path: Path) -> None:
    text = above("- id: one", "# lint: ignore no-test later")
    assert [line.rpartition(" ")[2] for line in found(tmp_path, text)] == [
        "[lint-ignore]",
        "[no-clear]",
    ]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# lint: ignore no-clear", "`lint: ignore no-clear` gives no reason"),
        ("# lint: ignore no-cler why", "(did you mean `no-clear`?)"),
        ("# lint: ignore", "names nothing, which is not the code of a lint"),
    ],
)
def test_a_comment_without_a_code_or_a_reason_is_an_error(
    tmp_path: Path, comment: str, message: str
) -> None:
    first, second = found(tmp_path, above("- id: one", comment))
    assert first.startswith("3:1: error: ")
    assert message in first
    assert "[no-clear]" in second


def test_what_cannot_be_read_cannot_be_accepted(tmp_path: Path) -> None:
    text = above("- id: one", "# lint: ignore rule-file we like it").replace("above: 5", "above: x")
    (line,) = found(tmp_path, text)
    assert line.endswith("[rule-file]")
