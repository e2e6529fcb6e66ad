"""Every file in `bad/` against the exact messages in `bad/expected.txt`."""

from pathlib import Path

import pytest

from xops_watch.errors import RulebookError
from xops_watch.rulebook import check, load

BAD = Path(__file__).parent / "bad"
BASE = BAD / "base.yaml"
CASES = sorted(path.name for path in BAD.glob("*.yaml") if path != BASE)
EXPECTED = (BAD / "expected.txt").read_text(encoding="utf-8").splitlines()


def problems_of(*files: Path) -> list[str]:
    return [str(problem).replace(f"{BAD}/", "") for problem in check(files)]


def test_the_base_of_all_cases_is_sound() -> None:
    assert problems_of(BASE) == []


@pytest.mark.parametrize("case", CASES)
def test_each_mistake_is_named_at_its_place(case: str) -> None:
    expected = [line for line in EXPECTED if line.startswith(f"{case}:")]
    assert expected, f"{case} has no expected messages"
    assert problems_of(BASE, BAD / case) == expected


def test_every_expected_message_belongs_to_a_case() -> None:
    strays = [line for line in EXPECTED if line.partition(":")[0] not in CASES]
    assert strays == []


def test_all_problems_of_all_files_come_together() -> None:
    files = [BAD / "units.yaml", BASE, BAD / "words.yaml"]
    expected = [line for line in EXPECTED if line.startswith("units.yaml:")]
    expected += [line for line in EXPECTED if line.startswith("words.yaml:")]
    assert problems_of(*files) == expected


def test_load_raises_what_check_returns() -> None:
    files = [BASE, BAD / "references.yaml"]
    with pytest.raises(RulebookError) as raised:
        load(files)
    assert raised.value.problems == tuple(str(problem) for problem in check(files))
    assert raised.value.hint == (
        "correct the 5 problems above; `xops-watch rules check` shows what is left"
    )


def test_a_problem_points_at_the_very_text() -> None:
    """Whatever a message quotes first stands at the position that it names."""
    for line in EXPECTED:
        file, row, column, message = line.split(":", 3)
        quote = message.split("`")[1::2]
        text = (BAD / file).read_text(encoding="utf-8").splitlines()[int(row) - 1]
        value = text[int(column) - 1 :]
        if "is not a key of" in message or "there is no" in message:
            assert value.startswith(quote[0]), line
        if "is none of" in message or "is not a signal" in message:
            assert value.startswith(quote[1]), line


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            "evolutions:\n- id: sound-step\n  title: 'T\n",
            "steps.yaml:3:10: the quote that opens here is never closed",
        ),
        (
            "evolutions: @\n- id: sound-step\n",
            "steps.yaml:1:13: text that begins with `@` has to be in quotes",
        ),
        (
            "evolution:\n- id: sound-step\n",
            "steps.yaml:1:1: `evolution` is not a key of a rule file (did you mean `evolutions`?)",
        ),
    ],
)
def test_a_name_in_an_unreadable_file_is_not_called_unknown(
    tmp_path: Path, steps: str, message: str
) -> None:
    rules = BASE.read_text(encoding="utf-8").partition("evolutions:")[0]
    (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
    (tmp_path / "steps.yaml").write_text(steps)
    assert [str(problem).replace(f"{tmp_path}/", "") for problem in check([tmp_path])] == [message]


def test_a_suggestion_stays_on_its_line(tmp_path: Path) -> None:
    text = BASE.read_text(encoding="utf-8").replace("- id: sound-step", '- id: "sound\\n-step"')
    (tmp_path / "rules.yaml").write_text(text)
    suggestion, refused = (str(problem) for problem in check([tmp_path]))
    assert suggestion.endswith(
        "rules.yaml:10:14: there is no evolution `sound-step` (did you mean `sound\\n-step`?)"
    )
    assert "rules.yaml:12:7: `id`: `sound\\n-step` is not an id" in refused


def test_more_problems_than_anybody_reads_are_counted(tmp_path: Path) -> None:
    (tmp_path / "many.yaml").write_text("rules:\n" + "- {}\n" * 300)
    problems = check([tmp_path])
    assert len(problems) == 201
    assert str(problems[-1]).endswith("many.yaml:202:3: 100 more problems from here on")


def test_501_rules_are_too_many(tmp_path: Path) -> None:
    base = BASE.read_text(encoding="utf-8")
    rule = base.partition("rules:\n")[2].partition("evolutions:")[0]
    more = "".join(rule.replace("- id: sound", f"- id: rule-{n}") for n in range(500))
    (tmp_path / "more.yaml").write_text("rules:\n" + more)
    assert [str(problem) for problem in check([BASE, tmp_path])] == [
        f"{tmp_path}/more.yaml:3994:3: 501 rules are too many; 500 is the most"
    ]
    (tmp_path / "more.yaml").write_text("rules:\n" + more.partition("- id: rule-499")[0])
    assert len(load([BASE, tmp_path]).rules) == 500
