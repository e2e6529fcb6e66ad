"""What an attestation has to say: its fields and their limits, strict, nothing converted.

These classes are also where the JSON Schema of the file of mandates comes from.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    WithJsonSchema,
)

SCHEMA = 1  # of files and parameters
MANDATES_MAX = 100  # of one place: each is a label
EVIDENCE_MAX = 20
MANDATE_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
TARGET_MANDATE = "availability-sla"  # the one that names a number
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)")
_YEARS = range(2000, 2200)
_USER_INFO = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#]*@")
_PERCENT = re.compile(r"\d{2}(\.\d{1,4})?%")
_TARGET_LEAST = 0.9
_EMAIL = r"^[^@\s]{1,64}@[^@\s]+\.[^@\s.]+$"


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("has to be one line without invisible characters")
    if text != text.strip():
        raise ValueError("begins or ends with a blank")
    return text


def parse_instant(value: object) -> object:
    """Return a written instant in UTC, for a validator that runs before the type is checked."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("has to be an instant with its zone, such as 2026-01-31T00:00:00Z")
    instant = datetime.fromisoformat(value)
    if instant.year not in _YEARS:
        raise ValueError(f"the year has to be one from {_YEARS[0]} to {_YEARS[-1]}")
    return instant.astimezone(UTC)


def _without_password(uri: str) -> str:
    if _USER_INFO.match(uri.lower()):
        raise ValueError("names a user or a password; leave both out")
    return uri


def _parse_target(value: object) -> object:
    if not isinstance(value, str) or not _PERCENT.fullmatch(value):
        raise ValueError("has to be a percentage, such as 99.5%")
    ratio = float(value[:-1]) / 100
    if ratio < _TARGET_LEAST:
        raise ValueError("has to be at least 90%")
    return ratio


Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_one_line)]
Reference = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
Summary = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_one_line)]
Email = Annotated[str, Field(pattern=_EMAIL, max_length=254), AfterValidator(_one_line)]
Instant = Annotated[
    datetime,
    BeforeValidator(parse_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Target = Annotated[
    float,
    BeforeValidator(_parse_target),
    WithJsonSchema({"type": "string", "pattern": f"^{_PERCENT.pattern}$"}),
]
Uri = Annotated[
    str,
    Field(pattern=r"^[A-Za-z][A-Za-z0-9+.-]{0,30}:[\x21-\x7e]+$", max_length=1000),
    AfterValidator(_without_password),
]


class Form(BaseModel):
    """A mapping of which every key is known."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


class Author(Form):
    """Who wrote it down."""

    name: Name = Field(description="Name of a person")
    email: Email = Field(description="Where to ask")


class Approver(Author):
    """Who answers for it: somebody else than the author."""

    role: Name = Field(description="What makes this person the one to approve")


class Evidence(Form):
    """One paper that the mandate rests on. It is named, and never read."""

    type: str = Field(
        pattern=r"^[a-z][a-z0-9-]{0,39}$",
        description="What it is, such as `audit-finding`, `board-directive` or `contract`",
    )
    ref: Reference = Field(description="How others find it: a number, a title and page")
    uri: Uri | None = Field(default=None, description="Where it lies, without user or password")
    sha256: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{64}$",
        description="SHA-256 of the file, in small hexadecimal digits",
    )


class Attestation(Form):
    """What people declare of one mandate."""

    state: Literal["declared", "withdrawn"] = Field(description="Whether it stands")
    summary: Summary = Field(description="What is asked for, or why no more, in a sentence")
    declared_at: Instant = Field(description="When this was declared, or withdrawn")
    effective_from: Instant | None = Field(
        default=None, description="From when on it counts; only of a declared one, which needs it"
    )
    expires_at: Instant | None = Field(
        default=None,
        description="When it has to be declared anew, at most 400 days after `declared_at`; only"
        " of a declared one, which needs it",
    )
    target: Target | None = Field(
        default=None,
        description=f"The promised number, such as 99.5%; only of `{TARGET_MANDATE}`, which"
        " needs it while it is declared",
    )
    author: Author = Field(description="Who wrote it down")
    approver: Approver = Field(description="Who answers for it")
    evidence: tuple[Evidence, ...] = Field(
        default=(),
        strict=False,
        max_length=EVIDENCE_MAX,
        description="The papers it rests on; a declared one needs one at least",
    )
    ticket: Reference | None = Field(default=None, description="Where the work is followed up")


_MANDATES = TypeAdapter(
    Annotated[
        dict[Annotated[str, Field(pattern=MANDATE_PATTERN)], Attestation],
        Field(
            description="What is declared, by mandate; `{}` when nothing is",
            max_length=MANDATES_MAX,
        ),
    ]
)


def mandate_file_schema() -> dict[str, Any]:
    """Return the JSON Schema of a file of mandates, for editors."""
    mandates = _MANDATES.json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": mandates.pop("$defs"),
        "title": "Mandates of xops-watch",
        "type": "object",
        "additionalProperties": False,
        "required": ["schema", "mandates"],
        "properties": {
            "schema": {"description": "Which form this is", "const": SCHEMA},
            "mandates": mandates,
        },
    }
