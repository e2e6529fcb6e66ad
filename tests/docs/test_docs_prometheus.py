"""The Prometheus how-to against Prometheus' own tool."""

import re
import shutil
import subprocess
from pathlib import Path
from textwrap import indent

import pytest

from xops_watch.core.catalogue import SIGNALS
from xops_watch.exporter.catalogue import FAMILIES, family_of

PROMTOOL = shutil.which("promtool")
PAGE = Path(__file__).parents[2] / "docs/how-to/scrape-with-prometheus.md"
TEXT = PAGE.read_text("utf-8")
KNOWN = {family.name for family in (*FAMILIES, *map(family_of, SIGNALS))}

needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PROMTOOL), *arguments], capture_output=True, text=True, check=False, timeout=30
    )


@needs_promtool
def test_prometheus_takes_the_configuration_and_the_rules(tmp_path: Path) -> None:
    checked = 0
    for number, block in enumerate(blocks("yaml")):
        path = tmp_path / f"{number}.yml"
        path.write_text(block, "utf-8")
        what = "config" if "scrape_configs" in block else "rules"
        done = promtool("check", what, str(path))
        assert done.returncode == 0, done.stdout + done.stderr
        checked += 1
    assert checked == 3


@needs_promtool
def test_prometheus_understands_the_queries(tmp_path: Path) -> None:
    (block,) = blocks("promql")
    queries = [query for query in block.split("\n\n") if query.strip()]
    assert len(queries) == 3
    rules = "".join(
        f"  - record: q{number}\n    expr: |\n{indent(query, ' ' * 6)}\n"
        for number, query in enumerate(queries)
    )
    path = tmp_path / "queries.yml"
    path.write_text(f"groups:\n- name: queries\n  rules:\n{rules}", "utf-8")
    done = promtool("check", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_metric_on_the_page_is_exported() -> None:
    named = set(re.findall(r"\bxops_[a-z_]+", TEXT))
    assert named
    assert named <= KNOWN
