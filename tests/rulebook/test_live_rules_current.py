"""The rulebook in force, for whoever must not make the daemon read its files again."""

from pathlib import Path

from tests.rulebook.books import rule_yaml
from tests.rulebook.test_live_rules import Deployment


def test_who_asks_for_the_current_rules_reads_no_file(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    at = Deployment(tmp_path / "rules")
    rules = at.start()
    before = rules.current
    assert before == rules.in_force(now=at.now)
    at.write("rules.yaml", "rules:", rule_yaml("cpu", above="90%"))
    for _ in range(3):
        assert rules.current is before
    after = at.tick(rules, times=2)
    assert after.rulebook.digest != before.rulebook.digest
    assert rules.current is after
