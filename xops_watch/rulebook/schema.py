"""The shape of rule files: one flat model for each kind of entry.

Entries are checked one by one and conditions leaf by leaf (see `convert`), so that one mistake
never hides another. What needs more than one entry (units, references) is checked there too.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, Strict

from xops_watch.core.datapoints import Datapoints, Missing
from xops_watch.core.evolution import Classification, Risk
from xops_watch.core.measure import Statistic
from xops_watch.core.quantity import Quantity
from xops_watch.core.rule import Across, Severity, ThresholdSource
from xops_watch.core.signal import Signal
from xops_watch.rulebook.words import (
    read_amount,
    read_count,
    read_datapoints,
    read_id,
    read_line,
    read_number,
    read_row,
    read_signal,
    read_span,
    read_statistic,
    read_word,
)

TITLE_MAX = 90  # characters: a title is the subject of a message, and SNS takes less than 100
LINE_MAX = 300  # characters of a quote or of how a step is taken
CELL_MAX = 60  # characters of a short cell of a table
LIST_MAX = 20  # entries of a list inside an entry

PHASES = ("BC1", "BC1 PEAK", "BC2", "BC2+")
LAYERS = ("L1", "L2", "L3", "L4", "L5", "L6")
PARTS = (
    "threshold",
    "datapoints",
    "aggregate",
    "over",
    "samples",
    "across",
    "missing",
    "for",
    "clear",
    "keep_firing_for",
    "suppress_while",
    "applies_when",
    "corroborated_by",
)
SUBJECT_MAX = 200  # characters, like any name of a thing

Id = Annotated[str, PlainValidator(read_id)]
Title = Annotated[str, PlainValidator(read_line(TITLE_MAX))]
Line = Annotated[str, PlainValidator(read_line(LINE_MAX))]
Cell = Annotated[str, PlainValidator(read_line(CELL_MAX))]
Row = Annotated[str, PlainValidator(read_row)]
Phase = Annotated[str, PlainValidator(read_word(PHASES, str))]
Layer = Annotated[str, PlainValidator(read_word(LAYERS, str))]
Part = Annotated[str, PlainValidator(read_word(PARTS, str))]
Amount = Annotated[Quantity | None, PlainValidator(read_amount)]
Points = Annotated[Datapoints | None, PlainValidator(read_datapoints)]
Span = Annotated[timedelta, PlainValidator(read_span)]
Number = Annotated[float, PlainValidator(read_number)]
# A list is what YAML has; strict pydantic would want a Python tuple.
FromList = Strict(strict=False)


class RuleEntry(BaseModel):
    """An entry of `rules`; `when` and `clear` are read part by part."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a rule")

    id: Id
    title: Title
    rows: Annotated[tuple[Row, ...], FromList, Field(max_length=LIST_MAX)] = ()
    quote: Line = ""
    layers: Annotated[tuple[Layer, ...], FromList, Field(min_length=1, max_length=LIST_MAX)]
    phase: Phase
    severity: Annotated[Severity, PlainValidator(read_word(tuple(Severity), Severity))]
    threshold_source: Annotated[
        ThresholdSource, PlainValidator(read_word(tuple(ThresholdSource), ThresholdSource))
    ]
    when: object
    hold: Span = Field(default=timedelta(), alias="for")
    clear: object = None
    keep: Span = Field(default=timedelta(), alias="keep_firing_for")
    suppress_while: object = None
    applies_when: object = None
    corroborated_by: object = None
    proposed: Annotated[tuple[Part, ...], FromList, Field(max_length=LIST_MAX)] = ()
    evolution: Id


class ThresholdEntry(BaseModel):
    """A leaf of a condition: one signal, one comparison."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a threshold")

    signal: Annotated[Signal, PlainValidator(read_signal)]
    above: Amount = None
    at_least: Amount = None
    below: Amount = None
    at_most: Amount = None
    is_: Annotated[str | None, PlainValidator(read_line(CELL_MAX))] = Field(
        default=None, alias="is"
    )
    datapoints: Points = None
    aggregate: Annotated[tuple[Statistic, float] | None, PlainValidator(read_statistic)] = None
    over: Annotated[timedelta | None, PlainValidator(read_span)] = None
    samples: Annotated[int, PlainValidator(read_count)] = 1
    across: Annotated[Across, PlainValidator(read_word(tuple(Across), Across))] = Across.EACH
    subject: Annotated[str | None, PlainValidator(read_line(SUBJECT_MAX))] = None
    missing: Annotated[Missing, PlainValidator(read_word(tuple(Missing), Missing))] = (
        Missing.UNKNOWN
    )


class ClearLevelEntry(BaseModel):
    """The short form of `clear`: a level of the rule's primary signal."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a clear level")

    above: Amount = None
    at_least: Amount = None
    below: Amount = None
    at_most: Amount = None
    datapoints: Points = None
    hold: Span = Field(default=timedelta(), alias="for")


class ClearConditionEntry(BaseModel):
    """The long form of `clear`: a condition of its own."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a clear condition")

    when: object
    hold: Span = Field(default=timedelta(), alias="for")


class CorroborationEntry(BaseModel):
    """What raises the severity of a rule."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a corroboration")

    when: object
    severity: Annotated[Severity, PlainValidator(read_word(tuple(Severity), Severity))]


class EvolutionEntry(BaseModel):
    """An entry of `evolutions`."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="an evolution")

    id: Id
    title: Title
    component: Cell
    classification: Annotated[
        Classification, PlainValidator(read_word(tuple(Classification), Classification))
    ]
    classification_source: Annotated[
        str, PlainValidator(read_word(("documented", "proposed"), str))
    ]
    risk: Annotated[Risk | None, PlainValidator(read_word(tuple(Risk), Risk))] = None
    phase: Phase
    how: Line
    stage: Id
    lead_time: Span
    # Fewer than three steps do not help at night, more than five are not read.
    first_steps: Annotated[tuple[Line, ...], FromList, Field(min_length=3, max_length=5)]


class StageEntry(BaseModel):
    """An entry of `stages`: a row of the Cost Evolution table."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a stage")

    id: Id
    title: Cell
    users: Cell
    services: Cell
    monthly_cost: Number
    saas_ratio: Number
    row: Row
