"""House rules that no linter has."""

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tidy.files import ROOT, files, named
from xops_watch.rulebook import load
from xops_watch.rulebook.shipped import shipped_profiles

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 60
OURS = [*files(".py", under="xops_watch"), *files(".py", under="dashboards")]
OURS += files(".py", under="docs")
PYTHON = [*OURS, *files(".py", under="tests")]
# Recorded answers of others and locks are as they are.
WRITTEN = [
    path
    for path in files()
    if not {"data", "recorded", "jsonschema", "golden"} & set(path.parts)
    and path.parent.name != "requirements"
    and path != Path(__file__)
]
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")
ELSEWHERE = re.compile(
    r"(?<![\w.])/(work|root)/"
    r"|pypi\.org|pythonhosted|deb\.debian\.org|registry\.npmjs|file:///opt"
)
EXCUSE = re.compile(r"#\s*(?:noqa|type:\s*ignore|pyright:\s*ignore|pragma)\b(?P<rest>.*)")
CODES = re.compile(r"^(?:\[[\w, -]+\]|:\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*|:\s*no \w+)?")


def test_a_file_can_be_read_at_one_sitting() -> None:
    long = {named(path): len(path.read_text("utf-8").splitlines()) for path in OURS}
    assert {name: lines for name, lines in long.items() if lines > FILE_LINES_MAX} == {}


def test_a_function_fits_on_a_screen() -> None:
    found = {name: lines for path in OURS for name, lines in _functions(path)}
    assert len(found) > 100
    assert {name: lines for name, lines in found.items() if lines > FUNCTION_LINES_MAX} == {}


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            yield f"{named(path)}:{node.lineno} {node.name}", lines


def test_an_exception_to_a_linter_gives_its_reason() -> None:
    excuses = [excuse for path in PYTHON for excuse in _excuses(path)]
    assert len(excuses) > 10
    bare = [excuse for excuse in excuses if not _has_reason(excuse)]
    assert not bare, "\n".join(bare)


def _excuses(path: Path) -> Iterator[str]:
    with path.open("rb") as text:
        for token in tokenize.tokenize(text.readline):
            if token.type == tokenize.COMMENT and EXCUSE.search(token.string):
                yield f"{named(path)}:{token.start[0]} {token.string}"


def _has_reason(comment: str) -> bool:
    match = EXCUSE.search(comment)
    rest = CODES.sub("", match["rest"] if match else "", count=1)
    return len(re.findall(r"\w+", rest)) > 0


@pytest.mark.parametrize(
    ("comment", "enough"),
    [
        ("# noqa: S603", False),
        ("# noqa: ANN401, S603", False),
        ("# noqa", False),
        ("# type: ignore[arg-type]", False),
        ("# pragma: no cover", False),
        ("# noqa: S603 - our own command", True),
        ("# noqa: ANN401  (JSON)", True),
        ("# type: ignore[arg-type]  # the stub is older than the library", True),
        ("# pragma: no cover - only on a broken kernel", True),
    ],
)
def test_what_a_reason_is(comment: str, *, enough: bool) -> None:
    assert _has_reason(comment) is enough


def test_nothing_is_left_for_later_and_nothing_leads_elsewhere() -> None:
    found = [
        f"{named(path)}:{number} {line.strip()}"
        for path in WRITTEN
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1)
        if UNFINISHED.search(line) or ELSEWHERE.search(line)
    ]
    assert not found, "\n".join(found)


PAGES = {"xops": "rules.md", "ai-portal": "rules-ai-portal.md"}
RULES = [
    (rule.id, PAGES[profile])
    for profile, folder in shipped_profiles().items()
    for rule in load([folder]).rules
]


@pytest.mark.parametrize(("name", "page"), RULES, ids=[name for name, _ in RULES])
def test_a_rule_has_a_runbook_and_a_place_in_the_documentation(name: str, page: str) -> None:
    runbook = ROOT / "docs/runbooks" / f"{name}.md"
    assert runbook.is_file()
    assert f"runbooks/{name}.md" in (ROOT / "mkdocs.yml").read_text("utf-8")
    assert f"\n## `{name}`\n" in (ROOT / "docs/reference" / page).read_text("utf-8")


def test_a_runbook_belongs_to_a_rule() -> None:
    runbooks = sorted(path.stem for path in (ROOT / "docs/runbooks").glob("*.md"))
    assert runbooks == sorted(name for name, _ in RULES)


def test_every_page_is_in_the_navigation() -> None:
    pages = {str(path.relative_to(ROOT / "docs")) for path in files(".md", under="docs")}
    listed = set(
        re.findall(r"^\s*- ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    )
    assert pages == listed


def test_a_link_from_the_front_pages_leads_somewhere() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text("utf-8")):
            assert (ROOT / target).exists(), f"{name}: {target}"
