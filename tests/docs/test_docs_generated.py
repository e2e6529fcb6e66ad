"""The pages that are generated are current and say everything."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from docs.generate import FOLDER, main, rendered, stale
from xops_watch.cli import cli
from xops_watch.core.catalogue import SIGNAL_BY_NAME, SIGNALS
from xops_watch.core.condition import Across, AllOf, AnyOf, Comparison, Not, Threshold
from xops_watch.core.datapoints import Datapoints, Missing
from xops_watch.core.measure import Aggregate, Statistic
from xops_watch.exporter.catalogue import FAMILIES, family_of
from xops_watch.rulebook.description import in_words
from xops_watch.settings import PREFIX, Settings

PAGES = rendered()


def test_the_pages_are_what_the_code_says() -> None:
    assert stale(FOLDER) == []
    assert main(["--check"]) == 0


def test_a_page_that_was_edited_by_hand_or_is_missing_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "docs" / "reference"
    for place in (folder, tmp_path / "docs/explanation", tmp_path / "docs/how-to"):
        place.mkdir(parents=True)
    (tmp_path / "deploy").mkdir()
    assert stale(folder) == list(PAGES)
    for name, text in PAGES.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "cli.md").write_text("# Commands, by hand\n", "utf-8")
    assert stale(folder) == ["cli.md"]


def test_the_pages_do_not_depend_on_the_terminal() -> None:
    script = "from docs.generate import FOLDER, stale; print(stale(FOLDER))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"COLUMNS": "40", "LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        cwd=FOLDER.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


def settings(model: type[BaseModel], prefix: str) -> list[str]:
    names: list[str] = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names += settings(kind, f"{prefix}{name.upper()}__")
        else:
            names.append(f"{prefix}{name.upper()}")
    return names


@pytest.mark.parametrize("name", settings(Settings, PREFIX))
def test_every_setting_is_documented_with_its_meaning(name: str) -> None:
    (row,) = (line for line in PAGES["settings.md"].splitlines() if line.startswith(f"| `{name}`"))
    _, form, _, meaning = (cell.strip() for cell in row.strip("|").split(" | "))
    assert form
    assert "." not in form, f"{form} is how Python says it"
    assert len(meaning) > 5


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: str(signal.name))
def test_every_signal_is_documented(signal: object) -> None:
    assert f"| `{getattr(signal, 'name', '')}` |" in PAGES["signals.md"]


@pytest.mark.parametrize("name", [f.name for f in (*FAMILIES, *map(family_of, SIGNALS))])
def test_every_metric_family_is_documented(name: str) -> None:
    assert f"| `{name}` |" in PAGES["metrics.md"]


def test_every_command_is_documented() -> None:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        assert f"\n## `xops-watch {name}`\n" in PAGES["cli.md"]
    assert "\n## `xops-watch rules check`\n" in PAGES["cli.md"]


CPU = Threshold(
    signal=SIGNAL_BY_NAME["ecs.cpu_utilization"],
    comparison=Comparison.ABOVE,
    value=0.8,
    text="80%",
    datapoints=Datapoints(needed=12, of=15),
    missing=Missing.NOT_BREACHING,
)
QUEUE = Threshold(
    signal=SIGNAL_BY_NAME["crew.queue_depth"],
    comparison=Comparison.AT_LEAST,
    value=5,
    text="5",
    aggregate=Aggregate(statistic=Statistic.PERCENTILE, rank=0.9, over=timedelta(hours=1)),
    across=Across.SUM,
)
SERVICES = Threshold(
    signal=SIGNAL_BY_NAME["ecs.services_active"],
    comparison=Comparison.AT_MOST,
    value=6,
    text="6",
    subject="xops",
)


def test_a_condition_is_told_whole() -> None:
    assert in_words(AllOf(parts=(CPU, AnyOf(parts=(QUEUE, Not(part=SERVICES)))))) == (
        "(`ecs.cpu_utilization` > 80% in 12 of 15 readings"
        " (a missing one counts as not breaching)"
        " and (sum of all p90 over 1h of `crew.queue_depth` ≥ 5"
        " or not `ecs.services_active` of `xops` ≤ 6))"
    )
