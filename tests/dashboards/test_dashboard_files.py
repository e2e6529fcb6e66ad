"""The dashboard against Grafana's own schemas and the rules of Grafana's dashboard-linter."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from dashboards.generate import FOLDER, main, rendered, stale
from dashboards.queries import series
from tests.dashboards.files import Json, boards, panels, queries, schema
from xops_watch.bootstrap import OBSERVED_SIGNALS
from xops_watch.core.catalogue import SIGNALS
from xops_watch.exporter import catalogue
from xops_watch.exporter.catalogue import FAMILIES, family_of

PANELS = list(panels())
QUERIES = list(queries())
COUNTERS = {family.name for family in FAMILIES if family.name.endswith("_total")}
OBSERVED = [signal for signal in SIGNALS if signal.name in OBSERVED_SIGNALS]
EXPORTED = {family.name for family in (*FAMILIES, *map(family_of, OBSERVED))}
PROCESS = {"process_resident_memory_bytes", "process_cpu_seconds_total"}  # the client library's
SCHEMA_OF_TYPE = {
    "stat": "stat",
    "state-timeline": "statetimeline",
    "table": "table",
    "timeseries": "timeseries",
}


def title(value: Json | tuple[str, str]) -> str:
    return str(value["title"] if isinstance(value, dict) else value[0])


def problems(document: Any, schema_of: Json) -> list[str]:  # noqa: ANN401 - any JSON
    return [error.message for error in Draft7Validator(schema_of).iter_errors(document)]


def test_the_files_are_what_the_code_says() -> None:
    assert stale(FOLDER) == []


def test_a_file_that_was_edited_by_hand_is_found(tmp_path: Path) -> None:
    for name, text in rendered().items():
        (tmp_path / name).write_text(text.replace("xOps evolution", "My evolution"), "utf-8")
    assert stale(tmp_path) == list(rendered())
    assert stale(tmp_path / "nowhere") == list(rendered())


def test_the_check_fails_on_drift_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_grafana_takes_the_dashboard() -> None:
    for board in boards():
        assert problems(board, schema("dashboard", "Dashboard")) == []


def test_the_schema_would_find_a_misspelt_field() -> None:
    (board,) = boards()
    assert problems({**board, "refreshh": "30s"}, schema("dashboard", "Dashboard"))


@pytest.mark.parametrize("panel", PANELS, ids=title)
def test_grafana_takes_the_panel(panel: Json) -> None:
    name = SCHEMA_OF_TYPE[panel["type"]]
    assert problems(panel.get("options", {}), schema(name, "Options")) == []
    custom = panel["fieldConfig"]["defaults"].get("custom")
    if custom is not None:
        assert problems(custom, schema(name, "FieldConfig")) == []
    for target in panel["targets"]:
        assert problems(target, schema("prometheus", "Dataquery")) == []


def test_ids_are_unique_and_panels_do_not_overlap() -> None:
    for board in boards():
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids)
        taken = [cell for panel in board["panels"] for cell in _cells(panel["gridPos"])]
        assert len(set(taken)) == len(taken)
        assert max(x for x, _ in taken) == 23


def _cells(at: Json) -> Iterator[tuple[int, int]]:
    for x in range(at["x"], at["x"] + at["w"]):
        for y in range(at["y"], at["y"] + at["h"]):
            yield x, y


def test_dashboards_cannot_be_edited_in_grafana() -> None:
    assert [board["editable"] for board in boards()] == [False]


def test_one_data_source_is_chosen() -> None:
    for board in boards():
        chosen = [v for v in board["templating"]["list"] if v["type"] == "datasource"]
        assert [(v["name"], v["label"], v["query"]) for v in chosen] == [
            ("datasource", "Data Source", "prometheus")
        ]


@pytest.mark.parametrize("name", ["job", "instance"])
def test_job_and_instance_can_be_chosen(name: str) -> None:
    for board in boards():
        (variable,) = (v for v in board["templating"]["list"] if v["name"] == name)
        assert variable["label"] == name
        assert variable["type"] == "query"
        assert variable["datasource"] == {"type": "prometheus", "uid": "$datasource"}
        assert variable["query"].startswith("label_values(")
        assert variable["query"].endswith(f", {name})")
        assert variable["multi"] is True
        assert variable["allValue"] == ".+"
        assert variable["refresh"] == 2, "reloads when the time range changes"


@pytest.mark.parametrize("panel", PANELS, ids=title)
def test_a_panel_says_what_it_is_in_which_unit(panel: Json) -> None:
    assert panel["title"]
    assert len(panel["description"]) > 20
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"] == {"type": "prometheus", "uid": "$datasource"}
    assert panel["targets"]
    for target in panel["targets"]:
        assert target["datasource"] == {"type": "prometheus", "uid": "$datasource"}


@pytest.mark.parametrize(("panel", "expr"), QUERIES)
def test_a_query_asks_for_what_is_exported(panel: str, expr: str) -> None:
    for name, matchers in _selectors(expr):
        assert name in EXPORTED | PROCESS, panel
        assert 'job=~"$job"' in matchers, panel
        assert 'instance=~"$instance"' in matchers, panel


@pytest.mark.parametrize(("panel", "expr"), QUERIES)
def test_a_counter_is_shown_as_a_rate(panel: str, expr: str) -> None:
    for counter in COUNTERS & {name for name, _ in _selectors(expr)}:
        assert re.search(rf"(rate|increase)\({counter}{{[^}}]*}}\[\$__rate_interval\]\)", expr), (
            panel
        )


def _selectors(expr: str) -> list[tuple[str, str]]:
    """Return name and matchers of every selector; a name without matchers would not be found."""
    found = re.findall(r"\b((?:xops|process)_[a-z0-9_]+)\{([^}]*)\}", expr)
    assert len(found) == len(re.findall(r"\b(?:xops|process)_[a-z0-9_]+", expr)), expr
    assert found, expr
    return found


def test_every_observed_signal_has_a_panel() -> None:
    shown = {name for _, expr in QUERIES for name, _ in _selectors(expr)}
    assert {signal.metric for signal in OBSERVED} <= shown


def test_what_is_not_shown_is_known() -> None:
    shown = {name for _, expr in QUERIES for name, _ in _selectors(expr)}
    assert EXPORTED - shown == {
        catalogue.STAGE_INFO.name,  # says no more than the cost of the stage
    }


def test_a_label_that_the_family_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="xops_watch_rules has no label rule"):
        series(catalogue.RULES, rule="ecs-cpu-sustained")
