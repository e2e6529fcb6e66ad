"""The shape of script files: one flat model for each kind of entry, as rule files have them."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from xops_watch.core.advise import AdviceState
from xops_watch.core.notice import NoticeKind
from xops_watch.core.rule import Severity
from xops_watch.core.signal import Signal
from xops_watch.core.trigger import Status
from xops_watch.located_yaml import quoted
from xops_watch.rulebook.wording import Unfit
from xops_watch.rulebook.words import read_id, read_line, read_signal, read_span, read_word
from xops_watch.rulescript.script import NO_TRIGGER

NAME_MAX = 120  # characters: one line of a report
SUBJECT_MAX = 200
VALUES_MAX = 100_000  # characters of one series
STATES = (*Status, NO_TRIGGER)


def read_flag(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise Unfit("is true or false")
    return value


def read_step(value: object) -> timedelta:
    """Read a duration that is more than nothing."""
    span = read_span(value)
    if not span:
        raise Unfit("is more than 0s")
    return span


def read_values(value: object) -> str:
    """Read the notation as text: YAML makes 16 of `0x10`."""
    if not isinstance(value, str):
        raise Unfit(f"{quoted(value)} is not text", hint=f'put it in quotes: "{value}"')
    if len(value) > VALUES_MAX:
        raise Unfit(f"is {len(value)} characters long; {VALUES_MAX} is the most")
    return value


Name = Annotated[str, PlainValidator(read_line(NAME_MAX))]
Id = Annotated[str | None, PlainValidator(read_id)]
Subject = Annotated[str | None, PlainValidator(read_line(SUBJECT_MAX))]
At = Annotated[timedelta, PlainValidator(read_span)]
Span = Annotated[timedelta, PlainValidator(read_span)]
Step = Annotated[timedelta | None, PlainValidator(read_step)]
Flag = Annotated[bool | None, PlainValidator(read_flag)]
Importance = Annotated[Severity | None, PlainValidator(read_word(tuple(Severity), Severity))]


class ScriptEntry(BaseModel):
    """An entry of `tests`; its lists are read entry by entry."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a test")

    name: Name
    rule: Id = None
    subject: Subject = None
    interval: Step = None
    evaluate_every: Step = None
    series: object
    expect: object = None
    notices: object = None
    advice: object = None


class LineEntry(BaseModel):
    """An entry of `series`."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a series")

    signal: Annotated[Signal, PlainValidator(read_signal)]
    subject: Subject = None
    unit: Annotated[str, PlainValidator(read_line(4))] = ""
    values: Annotated[str, PlainValidator(read_values)]
    delay: Span = Field(default=timedelta())


class ExpectEntry(BaseModel):
    """An entry of `expect`."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="an expectation")

    at: At
    rule: Id = None
    subject: Subject = None
    state: Annotated[str | None, PlainValidator(read_word(STATES, str))] = None
    blind: Flag = None
    value: object = None
    severity: Importance = None
    suppressed: Flag = None

    @property
    def asks(self) -> bool:
        """Tell whether anything is expected."""
        answers = (self.state, self.blind, self.value, self.severity, self.suppressed)
        return any(answer is not None for answer in answers)


class NoticeEntry(BaseModel):
    """An entry of `notices`."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a notice")

    at: At
    kind: Annotated[
        Literal[NoticeKind.FIRING, NoticeKind.RESOLVED],
        PlainValidator(read_word((NoticeKind.FIRING, NoticeKind.RESOLVED), NoticeKind)),
    ]
    rule: Id = None
    subject: Subject = None
    severity: Importance = None


class AdviceEntry(BaseModel):
    """An entry of `advice`."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="an advice")

    at: At
    evolution: Id = None
    state: Annotated[AdviceState, PlainValidator(read_word(tuple(AdviceState), AdviceState))]
