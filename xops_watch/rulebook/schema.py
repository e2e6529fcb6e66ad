"""The shape of rule files: one flat model for each kind of entry.

Entries are checked one by one and conditions leaf by leaf (see `convert`), so that one mistake
never hides another. What needs more than one entry (units, references) is checked there too.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, Strict

from xops_watch.core.condition import Across
from xops_watch.core.datapoints import Datapoints, Missing
from xops_watch.core.evolution import Classification, Risk
from xops_watch.core.measure import Statistic
from xops_watch.core.quantity import Quantity
from xops_watch.core.rule import Severity, ThresholdSource
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
LONG_MAX = 600  # characters of a conflict and its treatment
CELL_MAX = 60  # characters of a short cell of a table
LIST_MAX = 20  # entries of a list inside an entry

# The words of the documents: stages of the xOps stack, phases of the AI Portal.
PHASES = (
    *("BC1", "BC1 PEAK", "BC2", "BC2+", "any"),
    *("Phase 1", "Phase 2", "Phase 3", "Phase 4", "Phase 1 + Phase 2", "Phases 1-4", "Enterprise"),
)
LAYERS = ("L1", "L2", "L3", "L4", "L5", "L6", "DevOps", "FinOps", "Governance", "Portal")
DIFFICULTIES = ("Easy", "Medium", "Hard")
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
BESIDE_MAX = 6  # signals beside the rule's own: evidence is one line
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
Source = Annotated[str, PlainValidator(read_word(("documented", "proposed"), str))]
Long = Annotated[str, PlainValidator(read_line(LONG_MAX))]
Ids = Annotated[tuple[Id, ...], FromList, Field(max_length=LIST_MAX)]
Rows = Annotated[tuple[Row, ...], FromList, Field(min_length=1, max_length=LIST_MAX)]
KnownSignal = Annotated[Signal, PlainValidator(read_signal)]
Words = Annotated[tuple[Cell, ...], FromList, Field(max_length=LIST_MAX)]


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
    beside: Annotated[tuple[KnownSignal, ...], FromList, Field(max_length=BESIDE_MAX)] = ()
    proposed: Annotated[tuple[Part, ...], FromList, Field(max_length=LIST_MAX)] = ()
    evolution: Id


class ThresholdEntry(BaseModel):
    """A leaf of a condition: one signal, one comparison."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a threshold")

    signal: KnownSignal
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


class IneffectiveEntry(BaseModel):
    """The action that a document gives and that does not help."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a documented action")

    action: Title
    because: Line


class CaveatEntry(BaseModel):
    """What is said beside a step while its condition is true."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a caveat")

    when: object
    say: Line


class DepartureEntry(BaseModel):
    """A permanent decision that a step leaves."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a departure")

    decision: Id
    because: Line


class EvolutionEntry(BaseModel):
    """An entry of `evolutions`; caveats and departures are read one by one."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="an evolution")

    id: Id
    title: Title
    component: Cell
    classification: Annotated[
        Classification, PlainValidator(read_word(tuple(Classification), Classification))
    ]
    classification_source: Source
    risk: Annotated[Risk | None, PlainValidator(read_word(tuple(Risk), Risk))] = None
    phase: Phase
    how: Line
    stage: Annotated[str | None, PlainValidator(read_id)] = None
    lead_time: Span
    lead_time_source: Source = "proposed"
    # Fewer than three steps do not help at night, more than five are not read.
    first_steps: Annotated[tuple[Line, ...], FromList, Field(min_length=3, max_length=5)]
    difficulty: Annotated[str, PlainValidator(read_word(DIFFICULTIES, str))] = ""
    effort: Annotated[str, PlainValidator(read_line(CELL_MAX))] = ""
    cost: Annotated[str, PlainValidator(read_line(LINE_MAX))] = ""
    documented_action: object = None
    blocked_by: Ids = ()
    requires: Ids = ()
    adopted_when: object = None
    caveats: Annotated[tuple[object, ...], FromList, Field(max_length=LIST_MAX)] = ()
    departs_from: Annotated[tuple[object, ...], FromList, Field(max_length=LIST_MAX)] = ()


class StageEntry(BaseModel):
    """An entry of `stages`: a row, or the total, of a cost table."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a stage")

    id: Id
    title: Cell
    users: Cell
    services: Cell
    monthly_cost: Number
    monthly_cost_to: Annotated[float | None, PlainValidator(read_number)] = None
    saas_ratio: Annotated[float | None, PlainValidator(read_number)] = None
    row: Row


class AliasEntry(BaseModel):
    """An entry of `aliases`: a row that another rule covers."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="an alias")

    id: Id
    rows: Rows
    quote: Line
    of: Annotated[tuple[Id, ...], FromList, Field(min_length=1, max_length=LIST_MAX)]
    note: Annotated[str, PlainValidator(read_line(LINE_MAX))] = ""


class FactEntry(BaseModel):
    """An entry of `facts`: a row that states something."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a fact")

    id: Id
    title: Title
    rows: Rows
    quote: Line
    signals: Annotated[tuple[KnownSignal, ...], FromList, Field(max_length=LIST_MAX)] = ()
    note: Annotated[str, PlainValidator(read_line(LINE_MAX))] = ""


class DecisionEntry(BaseModel):
    """An entry of `decisions`: what the documents call permanent."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a decision")

    id: Id
    title: Title
    why: Line
    rows: Rows
    never: Words = ()
    keeps: Words = ()


class ContradictionEntry(BaseModel):
    """An entry of `contradictions`: what a reader of the documents must know."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a contradiction")

    id: Id
    conflict: Long
    treatment: Long
    rows: Rows
