"""The shapes of panels that the dashboard is made of, each with a title, a reason and a unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TableCellHeight,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

Panel = stat.Panel | statetimeline.Panel | table.Panel | timeseries.Panel

SOURCE = DataSourceRef(type_val="prometheus", uid="$datasource")

# Steps of a scale: from which value on, which colour. None is "from the lowest".
Steps = Sequence[tuple[float | None, str]]
NEUTRAL: Steps = ((None, "blue"),)
NONE_IS_GOOD: Steps = ((None, "green"), (1, "red"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a person reads about a panel: its name and what it means."""

    title: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One query of a panel and how its series are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a value is shown as."""

    text: str
    color: str


def number(
    text: Text, expr: str, *, unit: str, steps: Steps = NEUTRAL, span: int = 3
) -> stat.Panel:
    """One number, now."""
    return (
        stat.Panel()
        .title(text.title)
        .description(text.meaning)
        .datasource(SOURCE)
        .with_target(_now(expr, "A").legend_format("__auto"))
        .unit(unit)
        .thresholds(_scale(steps))
        .color_mode(
            BigValueColorMode.BACKGROUND if steps is not NEUTRAL else BigValueColorMode.VALUE
        )
        .graph_mode(BigValueGraphMode.NONE)
        .no_value("no data")
        .height(4)
        .span(span)
    )


def label(text: Text, line: Line, *, span: int = 3) -> stat.Panel:
    """Show a label's value instead of a number."""
    return (
        number(text, line.expr, unit="none", span=span)
        .targets([_now(line.expr, "A").legend_format(line.legend)])
        .text_mode(BigValueTextMode.NAME)
    )


def graph(text: Text, *lines: Line, unit: str, span: int = 8) -> timeseries.Panel:
    """Values over time."""
    panel = (
        timeseries.Panel()
        .title(text.title)
        .description(text.meaning)
        .datasource(SOURCE)
        .unit(unit)
        .line_width(1)
        .fill_opacity(5)
        .show_points(VisibilityMode.NEVER)
        .legend(_legend())
        .tooltip(
            common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
        )
        .height(8)
        .span(span)
    )
    for ref, line in zip("ABCDEFGH", lines, strict=False):
        panel.with_target(
            prometheus.Dataquery()
            .expr(line.expr)
            .legend_format(line.legend)
            .ref_id(ref)
            .datasource(SOURCE)
            .range()
        )
    return panel


def threshold_line(panel: timeseries.Panel, ref: str) -> timeseries.Panel:
    """Draw the series of one query as a dashed red line without a fill."""
    return panel.override_by_query(
        ref,
        [
            DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": "red"}),
            DynamicConfigValue(id_val="custom.lineStyle", value={"fill": "dash", "dash": [8, 8]}),
            DynamicConfigValue(id_val="custom.fillOpacity", value=0),
        ],
    )


def marked(panel: timeseries.Panel, steps: Steps) -> timeseries.Panel:
    """Draw the limits of `steps` into a graph."""
    return panel.thresholds(_scale(steps)).thresholds_style(
        common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
    )


def stacked(panel: timeseries.Panel) -> timeseries.Panel:
    """Put the series of a graph on top of each other."""
    return panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL)).fill_opacity(30)


def timeline(text: Text, line: Line, words: Mapping[int, Word]) -> statetimeline.Panel:
    """States over time, one row for each series."""
    return (
        statetimeline.Panel()
        .title(text.title)
        .description(text.meaning)
        .datasource(SOURCE)
        .with_target(
            prometheus.Dataquery()
            .expr(line.expr)
            .legend_format(line.legend)
            .ref_id("A")
            .datasource(SOURCE)
            .range()
        )
        .mappings([_mapping({str(code): word for code, word in words.items()})])
        .unit("none")
        .show_value(VisibilityMode.NEVER)
        .legend(_legend())
        .row_height(0.8)
        .fill_opacity(80)
        .height(9)
        .span(24)
    )


def rows(text: Text, *exprs: str, columns: Mapping[str, str], span: int = 24) -> table.Panel:
    """Join queries on the labels they share, and show the named columns in their order."""
    panel = (
        table.Panel()
        .title(text.title)
        .description(text.meaning)
        .datasource(SOURCE)
        .unit("none")
        .cell_height(TableCellHeight.SM)
        .with_transformation(DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(_columns(columns))
        .height(9)
        .span(span)
    )
    for ref, expr in zip("ABCDEFGH", exprs, strict=False):
        panel.with_target(_now(expr, ref).format(PromQueryFormat.TABLE))
    return panel


def as_unit(unit: str) -> list[DynamicConfigValue]:
    """Return the properties of a column that has a unit of its own."""
    return [DynamicConfigValue(id_val="unit", value=unit)]


def as_words(words: Mapping[str, Word]) -> list[DynamicConfigValue]:
    """Return the properties of a column whose values are coloured words."""
    return [
        DynamicConfigValue(id_val="mappings", value=[_mapping(words)]),
        DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}),
    ]


def _now(expr: str, ref: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expr).ref_id(ref).datasource(SOURCE).instant()


def _columns(columns: Mapping[str, str]) -> DataTransformerConfig:
    """`columns` maps what Grafana calls a field to the heading it gets."""
    return DataTransformerConfig(
        id_val="organize",
        options={
            "excludeByName": {"Time": True},
            "includeByName": dict.fromkeys(columns, True),
            "indexByName": {name: index for index, name in enumerate(columns)},
            "renameByName": dict(columns),
        },
    )


def _mapping(words: Mapping[str, Word]) -> ValueMap:
    return ValueMap(
        options={
            value: ValueMappingResult(text=word.text, color=word.color, index=index)
            for index, (value, word) in enumerate(words.items())
        }
    )


def _scale(steps: Steps) -> dashboard.ThresholdsConfig:
    return (
        dashboard.ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(value=value, color=color) for value, color in steps])
    )


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(True)  # noqa: FBT003 - the builder's own signature
    )
