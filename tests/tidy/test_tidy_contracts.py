"""The import contracts hold, and each of them fails when it is broken on purpose."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LAYERS = "Imports point inward and siblings do not import each other"
CORE = "The core knows values only: no clock, no input, no output"
SOURCES = "Sources do not know each other"
CLIENTS = "Only aws.clients, aws.credentials and the demo use boto3"
EMBEDDED = "The embedded AWS could be a project of its own: it shares the clock, nothing else"

BREACHES = [
    (LAYERS, "core/signal.py", "from xops_watch.ports import Clock"),
    (LAYERS, "watch.py", "import xops_watch.deliver"),
    (LAYERS, "errors.py", "import xops_watch.clock"),
    (LAYERS, "newcomer.py", "import math"),
    (CORE, "core/trigger.py", "import time"),
    (CORE, "core/evaluate.py", "import structlog"),
    (SOURCES, "sources/ecs.py", "import xops_watch.sources.cloudwatch"),
    (CLIENTS, "notify/sns.py", "import boto3"),
    (EMBEDDED, "embedded_aws/world.py", "import xops_watch.errors"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("checkout")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "xops_watch", root / "xops_watch", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


def lint_imports(root: Path) -> tuple[int, str]:
    """Return the exit code and the words of what import-linter says of a checkout."""
    script = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [sys.executable, str(script), "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_the_contracts_are_kept(copy: Path) -> None:
    code, words = lint_imports(copy)
    assert code == 0, words
    for contract in (LAYERS, CORE, SOURCES, CLIENTS, EMBEDDED):
        assert f"{contract} KEPT" in words


@pytest.mark.parametrize(("contract", "file", "line"), BREACHES)
def test_a_contract_that_is_broken_is_found(
    copy: Path, contract: str, file: str, line: str
) -> None:
    path = copy / "xops_watch" / file
    before = path.read_text("utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n", "utf-8")
    try:
        code, words = lint_imports(copy)
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, "utf-8")
    assert code != 0
    assert f"{contract} KEPT" not in words
