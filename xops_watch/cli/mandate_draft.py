"""From the options of `mandate declare|withdraw` to an attestation, or to what is wrong with it."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from xops_watch.errors import ConfigurationError
from xops_watch.located_yaml import Plain, parse_yaml, quoted
from xops_watch.sources.mandates.declaration import Flaw, check
from xops_watch.sources.mandates.form import Attestation

STANDARD_BYTES_MAX = 4096  # of a parameter that costs nothing
ADVANCED_BYTES_MAX = 8192
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_PERSON = re.compile(r"(?P<name>[^<>]*[^<>\s])\s*<(?P<email>[^<>]+)>")
_HINT = "`xops-watch mandate declare --help` shows the options and their form"
_OPTIONS = {
    "approver": "--approver",
    "author": "--author",
    "effective_from": "--effective",
    "evidence": "--evidence",
    "expires_at": "--expires",
    "summary": "--summary",
    "target": "--target",
    "ticket": "--ticket",
}
_KEYS = {"effective_from": "--effective", "expires_at": "--expires", "target": "--target"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be declared: as plain values in the order of the form, and checked."""

    mandate: str
    content: Mapping[str, Plain]
    attestation: Attestation


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the options say, as they were written; None is what was left out."""

    state: str
    summary: str
    author: str
    approver: str
    approver_role: str
    evidence: Sequence[str] = ()
    effective: str | None = None
    expires: str | None = None
    target: str | None = None
    ticket: str | None = None


def draft(mandate: str, said: Said, *, now: datetime) -> Draft:
    """Return the attestation; raises ConfigurationError with one line for each problem."""
    declared_at = now.astimezone(UTC).replace(microsecond=0)
    content: dict[str, Plain | None] = {
        "state": said.state,
        "summary": said.summary,
        "declared_at": _written(declared_at),
        "effective_from": _instant(said.effective),
        "expires_at": _instant(said.expires),
        "target": said.target,
        "author": _person("--author", said.author),
        "approver": _person("--approver", said.approver) | {"role": said.approver_role},
        "evidence": [_evidence(text) for text in said.evidence] or None,
        "ticket": said.ticket,
    }
    if said.state == "declared" and said.effective is None:
        content["effective_from"] = content["declared_at"]
    given = {key: value for key, value in content.items() if value is not None}
    attestation, flaws = check(mandate, given)
    if attestation is None:
        raise ConfigurationError("\n".join(map(_line, flaws)), hint=_HINT)
    return Draft(mandate=mandate, content=given, attestation=attestation)


def put_parameter(made: Draft, prefix: str) -> str:
    """Return the command that writes the draft to Parameter Store, for a shell.

    Raises ConfigurationError for what is larger than a parameter can be.
    """
    value = json.dumps({"schema": 1, "mandate": made.mandate, **made.content})
    size = len(value.encode())
    if size > ADVANCED_BYTES_MAX:
        raise ConfigurationError(
            f"{size} bytes are more than a parameter holds: {ADVANCED_BYTES_MAX}",
            hint="name fewer pieces of evidence, or declare it in a file",
        )
    words = ["aws", "ssm", "put-parameter", "--name", f"{prefix.rstrip('/')}/{made.mandate}"]
    words += ["--type", "String", "--overwrite"]
    if size > STANDARD_BYTES_MAX:
        words += ["--tier", "Advanced"]  # $0.05 a month
    return shlex.join([*words, "--value", value])


def _written(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _instant(text: str | None) -> str | None:
    """A date is its first instant in UTC, which is what gets written down."""
    return f"{text}T00:00:00Z" if text and _DATE.fullmatch(text) else text


def _person(option: str, text: str) -> dict[str, Plain]:
    found = _PERSON.fullmatch(text.strip())
    if found is None:
        what = f"{option}: {quoted(text)} is not `Name <name@example.com>`"
        raise ConfigurationError(what, hint=_HINT)
    return {"name": found["name"].strip(), "email": found["email"].strip()}


def _evidence(text: str) -> dict[str, Plain]:
    document = parse_yaml(text.encode("utf-8", "replace"), file="--evidence")
    if document.problems:
        raise ConfigurationError("\n".join(map(str, document.problems)), hint=_HINT)
    if not isinstance(document.content, dict):
        what = f"--evidence: {quoted(text)} is not a mapping such as '{{type: contract, ref: C-7}}'"
        raise ConfigurationError(what, hint=_HINT)
    return document.content


def _line(flaw: Flaw) -> str:
    return ": ".join([*_options(flaw), quoted_off(flaw.why)])


def _options(flaw: Flaw) -> Iterator[str]:
    if flaw.path:
        yield _OPTIONS.get(str(flaw.path[0]), str(flaw.path[0]))
        return
    for key, option in _KEYS.items():
        if f"`{key}`" in flaw.why:
            yield option


def quoted_off(why: str) -> str:
    """Return a reason on one visible line."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in why)
