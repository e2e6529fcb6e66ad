"""Both profiles come with the package, and only one of them is in use by default."""

import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import shipped_profiles, shipped_rules

ROOT = Path(__file__).parents[2]
ASK = (
    "import json; from xops_watch.rulebook.shipped import shipped_profiles;"
    "print(json.dumps({name: str(path) for name, path in shipped_profiles().items()}))"
)


def test_the_profiles_of_a_checkout_lie_at_its_root() -> None:
    rules = ROOT / "rules"
    assert shipped_profiles() == {"xops": rules / "xops", "ai-portal": rules / "ai-portal"}


def test_every_folder_of_rules_is_a_profile() -> None:
    folders = {path.name for path in (ROOT / "rules").iterdir() if path.is_dir()}
    assert folders == set(shipped_profiles())


def test_the_xops_profile_is_the_one_in_use() -> None:
    assert shipped_rules() == (ROOT / "rules" / "xops",)


@pytest.mark.parametrize("name", ["xops", "ai-portal"])
def test_a_profile_is_a_rulebook_by_itself(name: str) -> None:
    assert load([shipped_profiles()[name]]).rules


def test_the_profiles_share_no_rule_and_no_step() -> None:
    xops, portal = (load([path]) for path in shipped_profiles().values())
    assert {rule.id for rule in xops.rules} & {rule.id for rule in portal.rules} == set()
    assert xops.evolutions.keys() & portal.evolutions.keys() == set()
    assert xops.stages.keys() & portal.stages.keys() == set()


def test_a_wheel_brings_both_profiles_beside_its_code(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=100)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with ZipFile(wheel) as archive:
        archive.extractall(installed)
    answer = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=installed,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    folders = {name: Path(path) for name, path in json.loads(answer.stdout).items()}
    assert folders == {
        name: installed / "xops_watch" / "rules" / name for name in ("xops", "ai-portal")
    }
    for name, folder in folders.items():
        here = {path.name for path in shipped_profiles()[name].iterdir()}
        assert {path.name for path in folder.iterdir()} == here


def test_the_image_gets_every_profile() -> None:
    assert "\nCOPY rules rules\n" in (ROOT / "Dockerfile").read_text("utf-8")
    assert "!rules" in (ROOT / ".dockerignore").read_text("utf-8").split()
