"""pyproject, locks, Makefile and CI agree with each other."""

import re
import tomllib
from typing import Any

import pytest

from tests.tidy.files import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
REASONS = (ROOT / "docs/explanation/dependencies.md").read_text("utf-8")
LOCKS = ("build", "run", "demo", "test", "dev")


def package(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower()


def direct(*groups: str) -> set[str]:
    """Return the packages that pyproject asks for: the project's own, and extras and groups."""
    asked: list[Any] = list(PROJECT["project"]["dependencies"])
    for group in groups:
        asked += PROJECT["project"]["optional-dependencies"].get(group, [])
        asked += PROJECT["dependency-groups"].get(group, [])
    included = [one["include-group"] for one in asked if isinstance(one, dict)]
    names = {package(one) for one in asked if isinstance(one, str)}
    return names | (direct(*included) if included else set())


def locked(name: str) -> set[str]:
    """Return `package==version` of each line of one lock."""
    text = (ROOT / f"requirements/{name}.txt").read_text("utf-8")
    return set(re.findall(r"^[\w.-]+==[^ ;\\]+", text, re.MULTILINE))


@pytest.mark.parametrize("name", sorted(direct("demo", "dev")))
def test_a_dependency_has_a_reason(name: str) -> None:
    assert re.search(rf"^\| [^|]*`{re.escape(name)}`[^|]* \| .{{10,}} \|$", REASONS, re.MULTILINE)


def test_no_reason_is_given_for_what_is_gone() -> None:
    rows = re.findall(r"^\| (`[^|]*) \|", REASONS, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([\w.-]+)`", row)} == direct(
        "demo", "dev"
    )


@pytest.mark.parametrize("smaller", ["build", "run", "demo", "test"])
def test_the_largest_lock_has_the_versions_of_all(smaller: str) -> None:
    assert locked(smaller) < locked("dev")


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_everything_with_hashes_and_names_no_registry(lock: str) -> None:
    text = (ROOT / f"requirements/{lock}.txt").read_text("utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) >= 7
    for entry in entries:
        assert re.match(r"[\w.-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry
    assert "://" not in text
    assert "--index" not in text


@pytest.mark.parametrize(
    ("lock", "groups"),
    [
        ("run", []),
        ("demo", ["demo", "build"]),
        ("test", ["demo", "test"]),
        ("dev", ["demo", "dev"]),
    ],
)
def test_a_lock_has_all_that_pyproject_asks_for(lock: str, groups: list[str]) -> None:
    pinned = {package(line).replace(".", "-") for line in locked(lock)}
    assert {name.replace(".", "-") for name in direct(*groups)} <= pinned


def test_what_the_makefile_offers_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    explained = re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE)
    assert sorted(set(phony.split()) - {"$(checks)"}) == sorted(explained)
    assert {"demo", "test", "check", "fix", "docs", "bench", "image-test"} <= set(explained)


def test_ci_ends_with_the_tests() -> None:
    script = (ROOT / ".ci/run").read_text("utf-8")
    commands = [line for line in script.splitlines() if line and not line.startswith("#")]
    assert commands[-1] == "make test"
