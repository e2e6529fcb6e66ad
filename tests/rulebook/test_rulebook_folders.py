"""Which files of a folder make a rulebook, and what is said when they cannot."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from xops_watch.errors import RulebookError
from xops_watch.rulebook import check, load

BASE = Path(__file__).parent / "bad" / "base.yaml"
SOUND = BASE.read_text(encoding="utf-8")
RULES, _, REST = SOUND.partition("evolutions:")


def said(*paths: Path, inside: Path) -> list[str]:
    return [str(problem).replace(str(inside), "F") for problem in check(paths)]


def test_sections_may_be_spread_over_files(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(RULES)
    (tmp_path / "a.yaml").write_text("evolutions:" + REST)
    rulebook = load([tmp_path])
    assert [rule.id for rule in rulebook.rules] == ["sound"]
    assert list(rulebook.evolutions) == ["sound-step"]
    assert list(rulebook.stages) == ["sound-stage"]


def test_tests_hidden_files_and_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SOUND)
    (tmp_path / "a.test.yaml").write_text("not: a rule file")
    (tmp_path / ".a.yaml.swp.yaml").write_text("[")
    (tmp_path / "README.md").write_text("# Rules")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "b.yaml").write_text("[")
    assert len(load([tmp_path]).rules) == 1


def test_a_link_to_a_file_is_read_as_the_file(tmp_path: Path) -> None:
    """Mounted configuration is links to files in a hidden folder."""
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "a.yaml").write_text(SOUND)
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    assert len(load([tmp_path]).rules) == 1


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    assert said(tmp_path, inside=tmp_path) == ["F: holds no rule files (rule files end in `.yaml`)"]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    missing = tmp_path / "rules"
    assert said(missing, inside=tmp_path) == ["F/rules: cannot be read: No such file or directory"]


def test_a_folder_without_rules_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("evolutions:" + REST)
    assert said(tmp_path, inside=tmp_path) == ["F: no rules here: nothing would be watched"]


def test_no_path_at_all_is_an_error() -> None:
    with pytest.raises(RulebookError, match="nothing would be watched"):
        load([])


def test_a_yml_file_is_not_silently_ignored(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SOUND)
    (tmp_path / "b.yml").write_text(SOUND)
    assert said(tmp_path, inside=tmp_path) == [
        "F/b.yml: is not read: rule files end in `.yaml` (rename it)"
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_forbidden_file_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(SOUND)
    file.chmod(0)
    assert said(tmp_path, inside=tmp_path) == ["F/a.yaml: cannot be read: Permission denied"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root lists every folder")
def test_a_forbidden_folder_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir(mode=0o300)
    assert said(folder, inside=tmp_path) == ["F/rules: cannot be listed: Permission denied"]


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    assert said(tmp_path, inside=tmp_path) == ["F/a.yaml: is not a file"]


def test_a_loop_of_links_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("a.yaml")
    problems = said(tmp_path, inside=tmp_path)
    assert problems == ["F/a.yaml: cannot be read: Too many levels of symbolic links"]


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "00.yaml").write_text(SOUND)
    for number in range(1, 51):
        (tmp_path / f"{number:02}.yaml").write_text("stages: []")
    assert said(tmp_path, inside=tmp_path) == [
        "F/50.yaml: 51 rule files are too many; 50 is the most"
    ]


def test_the_digest_is_what_sha256sum_says(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(RULES)
    (tmp_path / "a.yaml").write_text("evolutions:" + REST)
    listing = subprocess.run(
        ["sha256sum", "a.yaml", "b.yaml"], cwd=tmp_path, capture_output=True, check=True
    ).stdout
    assert load([tmp_path]).digest == hashlib.sha256(listing).hexdigest()


def test_the_digest_changes_with_a_byte_and_with_a_name(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(SOUND)
    first = load([tmp_path]).digest
    file.write_text(SOUND + "\n")
    second = load([tmp_path]).digest
    file.rename(tmp_path / "b.yaml")
    assert len({first, second, load([tmp_path]).digest}) == 3


def test_the_digest_does_not_depend_on_the_place(tmp_path: Path) -> None:
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "a.yaml").write_text(SOUND)
    assert load([tmp_path / "here"]).digest == load([tmp_path / "there"]).digest
