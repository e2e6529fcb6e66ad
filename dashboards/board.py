"""The dashboard "xOps evolution", put together."""

from collections.abc import Iterator
from itertools import count

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    Dashboard,
    DashboardCursorSync,
    VariableRefresh,
)

from dashboards.due import due, triggers
from dashboards.panels import SOURCE
from dashboards.signals import signals
from dashboards.watch import watch
from xops_watch.core.rule import Rulebook
from xops_watch.exporter import catalogue


def evolution_dashboard(rulebook: Rulebook) -> Dashboard:
    """Return the dashboard; the rulebook gives the thresholds that are drawn beside a signal."""
    board = (
        dashboard.Dashboard("xOps evolution")
        .uid("xops-watch")
        .description("Which evolution step of the stack is due, why, and whether the watch can see")
        .tags(["xops", "xops-watch"])
        .readonly()
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .time("now-24h", "now")
        .refresh("30s")
    )
    for variable in _variables():
        board.with_variable(variable)
    sections = {
        "Which step is due": due(),
        "Triggers": triggers(),
        "Signals": signals(rulebook),
        "The watch itself": watch(),
    }
    ids = count(1)  # written down, so that a link to a panel survives
    for title, panels in sections.items():
        board.with_row(dashboard.Row(title).id(next(ids)))
        for panel in panels:
            board.with_panel(panel.id(next(ids)))
    return board.build()


def _variables() -> Iterator[dashboard.DatasourceVariable | dashboard.QueryVariable]:
    yield dashboard.DatasourceVariable("datasource").label("Data Source").type("prometheus")
    yield _label_variable("job", f"label_values({catalogue.BUILD_INFO.name}, job)")
    yield _label_variable(
        "instance", f'label_values({catalogue.BUILD_INFO.name}{{job=~"$job"}}, instance)'
    )


def _label_variable(name: str, query: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(name)
        .datasource(SOURCE)
        .query(query)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(True)  # noqa: FBT003 - the builder's own signature
        .include_all(True)  # noqa: FBT003 - the builder's own signature
        .all_value(".+")
    )
