"""Every shipped rule has scripts that bring about all that can become of it, and miss no change."""

from functools import cache
from pathlib import Path

import pytest

from tests.tidy.files import ROOT, named
from xops_watch.rulebook import load
from xops_watch.rulescript import read_suite
from xops_watch.rulescript.coverage import Coverage
from xops_watch.rulescript.folder import Suite, is_script, places_of_rules
from xops_watch.rulescript.mutation import try_mutants
from xops_watch.rulescript.run import run_file

FOLDERS = sorted({path.parent for path in (ROOT / "rules").glob("*/*.yaml")})
FILES = [
    path
    for folder in FOLDERS
    for path in sorted(folder.glob("*.yaml"))
    if not is_script(path) and "\nrules:" in "\n" + path.read_text("utf-8")
]


@cache
def suite_of(folder: Path) -> tuple[Suite, Coverage, dict[str, list[str]]]:
    """Return the scripts of a folder, what they cover, and the failures by rule under test."""
    suite, coverage = read_suite([folder]), Coverage()
    failed: dict[str, list[str]] = {}
    for file in suite.files:
        for one in run_file(file, suite.rulebook, coverage, lambda _: True).results:
            said = [f"{f.place}: expected {f.expected}, was {f.actual}" for f in one.failures]
            failed.setdefault(one.script.rule or "", []).extend(said)
    return suite, coverage, failed


@pytest.mark.parametrize("file", FILES, ids=named)
def test_scripts_of_shipped_rules_pass_and_cover_every_outcome(file: Path) -> None:
    suite, coverage, failed = suite_of(file.parent)
    rules = places_of_rules([file])
    assert [failure for rule in rules for failure in failed.get(rule, [])] == []
    lacking = coverage.lacks(suite.rulebook)
    assert {rule: lacking[rule] for rule in rules if rule in lacking} == {}


@pytest.mark.parametrize("file", FILES, ids=named)
def test_scripts_of_shipped_rules_notice_every_change(file: Path) -> None:
    suite, _, _ = suite_of(file.parent)
    scripts = [script for one in suite.files for script in one.scripts]
    places = places_of_rules([file])
    rules = [rule for rule in suite.rulebook.rules if rule.id in places]
    tried = [try_mutants(rule, suite.rulebook, scripts) for rule in rules]
    alive = [f"{places[one.rule]}: {mutant.change}" for one in tried for mutant in one.alive]
    assert not alive, "\n".join(alive)


def test_every_shipped_rule_is_looked_at() -> None:
    looked_at = {rule for file in FILES for rule in places_of_rules([file])}
    every = {rule.id for folder in FOLDERS for rule in load([folder]).rules}
    assert looked_at == every
    assert len(every) >= 3
