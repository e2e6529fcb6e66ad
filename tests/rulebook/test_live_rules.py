"""Rules that change under a running daemon: taken up whole, or not at all."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from tests.rulebook.books import EVOLUTIONS, rule_yaml
from xops_watch.core.rule import InForce
from xops_watch.errors import RulebookError
from xops_watch.rulebook.live import LiveRules, RuleFiles

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
TICK = timedelta(seconds=15)


class Deployment:
    """A folder of rules, the rules read from it, and a clock that ticks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = 0
        self.log = LogCapture()
        self.now = NOON
        self.overrides = folder.parent / "overrides.yaml"
        self.write("evolutions.yaml", EVOLUTIONS)
        self.write("rules.yaml", "rules:", rule_yaml("cpu", above="80%"))

    def start(self, *, overrides: bool = False) -> LiveRules:
        files = RuleFiles(paths=(self.folder,), overrides=self.overrides if overrides else None)
        return LiveRules(files, now=self.now, log=self.logger())

    def logger(self) -> FilteringBoundLogger:
        made: FilteringBoundLogger = structlog.wrap_logger(None, processors=[self.log])
        return made

    def write(self, name: str, *parts: str, path: Path | None = None) -> None:
        file = path or self.folder / name
        file.write_text("\n".join(parts) + "\n", encoding="utf-8")
        # Two writes within one tick of the filesystem's clock would look like one.
        self.written += 1
        os.utime(file, ns=(self.written * 10**9, self.written * 10**9))

    def tick(self, rules: LiveRules, times: int = 1) -> InForce:
        for _ in range(times):
            self.now += TICK
            found = rules.in_force(now=self.now)
        return found

    def events(self) -> list[str]:
        return [entry["event"] for entry in self.log.entries]


@pytest.fixture
def at(tmp_path: Path) -> Deployment:
    folder = tmp_path / "rules"
    folder.mkdir()
    return Deployment(folder)


def thresholds(found: InForce) -> dict[str, str]:
    return {rule.id: rule.primary.text for rule in found.rulebook.rules}


def test_without_a_change_the_same_rulebook_stays(at: Deployment) -> None:
    rules = at.start()
    first = at.tick(rules)
    assert at.tick(rules, 10) is first
    assert (first.loaded_at, first.refused) == (NOON, ())
    assert at.events() == []


def test_an_edited_file_is_taken_up_when_it_was_still_for_one_tick(at: Deployment) -> None:
    rules = at.start()
    at.write("rules.yaml", "rules:", rule_yaml("cpu", above="85%"))
    assert thresholds(at.tick(rules)) == {"cpu": "80%"}
    found = at.tick(rules)
    assert thresholds(found) == {"cpu": "85%"}
    assert found.loaded_at == NOON + 2 * TICK
    assert at.events() == ["rules_loaded"]


def test_a_file_that_is_written_at_every_tick_is_waited_for(at: Deployment) -> None:
    rules = at.start()
    for percent in range(81, 90):
        at.write("rules.yaml", "rules:", rule_yaml("cpu", above=f"{percent}%"))
        assert thresholds(at.tick(rules)) == {"cpu": "80%"}
    assert thresholds(at.tick(rules)) == {"cpu": "89%"}


def test_a_request_is_served_at_the_next_tick(at: Deployment) -> None:
    rules = at.start()
    at.write("rules.yaml", "rules:", rule_yaml("cpu", above="85%"))
    rules.read_again()
    assert thresholds(at.tick(rules)) == {"cpu": "85%"}
    assert at.events() == ["rules_loaded"]


def test_a_bad_file_is_refused_as_a_whole_and_the_last_good_rules_stay(at: Deployment) -> None:
    rules = at.start()
    at.write("more.yaml", "rules:", rule_yaml("queue", above="5%"))
    at.write("rules.yaml", "rules:", rule_yaml("cpu", above="85 bananas"))
    found = at.tick(rules, 2)
    assert thresholds(found) == {"cpu": "80%"}
    assert found.loaded_at == NOON
    assert len(found.refused) == 1
    assert found.refused[0].startswith(f"{at.folder / 'rules.yaml'}:")
    assert at.events() == ["rules_refused"]
    assert at.tick(rules, 5) is found


def test_a_corrected_file_ends_the_refusal(at: Deployment) -> None:
    rules = at.start()
    at.write("rules.yaml", "rules: [")
    assert at.tick(rules, 2).refused
    at.write("rules.yaml", "rules:", rule_yaml("cpu", above="85%"))
    found = at.tick(rules, 2)
    assert (thresholds(found), found.refused) == ({"cpu": "85%"}, ())


def test_the_old_content_again_ends_the_refusal(at: Deployment) -> None:
    rules = at.start()
    at.write("rules.yaml", "rules: [")
    assert at.tick(rules, 2).refused
    at.write("rules.yaml", "rules:", rule_yaml("cpu", above="80%"))
    assert at.tick(rules, 2).refused == ()


def test_added_and_removed_files_count_as_changes(at: Deployment) -> None:
    rules = at.start()
    at.write("more.yaml", "rules:", rule_yaml("queue", above="5%"))
    assert thresholds(at.tick(rules, 2)) == {"queue": "5%", "cpu": "80%"}
    (at.folder / "more.yaml").unlink()
    found = at.tick(rules, 2)
    assert thresholds(found) == {"cpu": "80%"}
    assert [(one.rule.id, one.reason) for one in found.rulebook.off] == [
        ("queue", "the rule was removed from the rule files")
    ]


def test_a_folder_that_vanishes_changes_nothing(at: Deployment) -> None:
    rules = at.start()
    shutil.rmtree(at.folder)
    found = at.tick(rules, 3)
    assert thresholds(found) == {"cpu": "80%"}
    assert found.refused


def test_overrides_are_watched_as_well(at: Deployment) -> None:
    at.write("", "overrides: []", path=at.overrides)
    rules = at.start(overrides=True)
    at.write(
        "", "overrides:", "- {rule: cpu, threshold: 90%, reason: we are brave}", path=at.overrides
    )
    assert thresholds(at.tick(rules, 2)) == {"cpu": "90%"}


def test_there_is_no_start_without_a_rulebook(at: Deployment) -> None:
    at.write("rules.yaml", "rules: [")
    with pytest.raises(RulebookError):
        at.start()
