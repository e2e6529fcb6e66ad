"""From plain values to a declaration, or to everything that is wrong with it and where."""

import difflib
import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from xops_watch.errors import GapReason, SourceError
from xops_watch.located_yaml import Document, KeyPath, Problem, quoted
from xops_watch.sources.mandates.form import (
    MANDATE_PATTERN,
    MANDATES_MAX,
    SCHEMA,
    TARGET_MANDATE,
    Approver,
    Attestation,
    Author,
    Evidence,
)

LIFETIME_MAX = timedelta(days=400)  # a year, and time to renew it
DETAIL_CHARACTERS_MAX = 390
_LABEL_CHARACTERS_MAX = 63
_HINT = "docs/how-to/declare-a-mandate.md shows the form"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A valid attestation and where it stands.

    `digest` is the SHA-256 of what it says, however it is written. `version` is that of the
    parameter, empty for a file. `writers` are who wrote exactly this, as AWS knows them: None
    where nobody keeps that, an error when it could not be read.
    """

    mandate: str
    attestation: Attestation
    place: str
    digest: str
    version: str = ""
    writers: Collection[str] | SourceError | None = None


Found = Declaration | SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What is wrong with an attestation, and with which part of it, or with which key."""

    path: KeyPath
    why: str
    of_key: bool = False


def invalid(what: str) -> SourceError:
    """Return the error for what was read and says nothing that counts."""
    detail = what if len(what) <= DETAIL_CHARACTERS_MAX else what[: DETAIL_CHARACTERS_MAX - 1] + "…"
    return SourceError(_visible(detail), reason=GapReason.INVALID, hint=_HINT)


def read_file(document: Document) -> Mapping[str, Found]:
    """Return what a file declares, by mandate; raises SourceError when it is no such file."""
    content = _top(document, ("schema", "mandates"))
    mandates = content["mandates"]
    if not isinstance(mandates, dict):
        raise _refused(document.problem(("mandates",), "`mandates` has to be a mapping"))
    if len(mandates) > MANDATES_MAX:
        why = f"there are more than {MANDATES_MAX} mandates"
        raise _refused(document.problem(("mandates",), why))
    found: dict[str, Found] = {}
    for mandate in mandates:
        path: KeyPath = ("mandates", mandate)
        if not is_mandate(mandate):
            why = f"{quoted(mandate)} is no id of a mandate"
            found[as_label(mandate)] = _refused(document.problem(path, why, key=True))
            continue
        where = document.position(path, key=True)
        place = f"{document.file}:{where.line}" if where else document.file
        found[mandate] = _declaration(document, path, mandate, mandates[mandate], place)
    return found


def read_parameter(document: Document, mandate: str, *, place: str, version: str) -> Found:
    """Return what a parameter declares, or why it declares nothing."""
    try:
        content = dict(_top(document, ("schema", "mandate")))
    except SourceError as error:
        return error
    if content["mandate"] != mandate:
        why = f"`mandate` is {quoted(content['mandate'])} in the parameter of {mandate}"
        return _refused(document.problem(("mandate",), why))
    del content["schema"], content["mandate"]
    found = _declaration(document, (), mandate, content, place)
    if isinstance(found, SourceError):
        return found
    return Declaration(
        mandate=mandate,
        attestation=found.attestation,
        place=place,
        digest=found.digest,
        version=version,
    )


def is_mandate(text: object) -> bool:
    """Tell whether a text may be the id of a mandate."""
    return isinstance(text, str) and re.fullmatch(MANDATE_PATTERN, text) is not None


def as_label(text: str) -> str:
    """Return what stands for an impossible id: bounded and visible."""
    return _visible(text)[:_LABEL_CHARACTERS_MAX] or "(empty)"


def check(mandate: str, content: object) -> tuple[Attestation | None, tuple[Flaw, ...]]:
    """Return the attestation that plain values are, None with everything that is wrong with it."""
    try:
        attestation = Attestation.model_validate(content)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        return None, tuple(_flaw(one) for one in details)
    flaws = tuple(Flaw(path=path, why=why) for path, why in _flaws(attestation, mandate))
    return (None, flaws) if flaws else (attestation, ())


def digest_of(mandate: str, attestation: Attestation) -> str:
    """Return the SHA-256 of what is said, whatever the order and the form it is written in."""
    said = attestation.model_dump(mode="json", exclude_none=True)
    text = json.dumps({"mandate": mandate, **said}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _declaration(
    document: Document, path: KeyPath, mandate: str, content: object, place: str
) -> Found:
    attestation, flaws = check(mandate, content)
    if attestation is None:
        at = (document.problem((*path, *one.path), one.why, key=one.of_key) for one in flaws)
        return _refused(*at)
    digest = digest_of(mandate, attestation)
    return Declaration(mandate=mandate, attestation=attestation, place=place, digest=digest)


def _top(document: Document, keys: tuple[str, str]) -> Mapping[str, object]:
    """Return the mapping that the document is, with both keys; raises SourceError."""
    if document.problems:
        raise _refused(*document.problems)
    content = document.content
    if not isinstance(content, dict):
        raise _refused(document.problem((), f"has to be a mapping with `schema` and `{keys[1]}`"))
    for key in keys:
        if key not in content:
            raise _refused(document.problem((), f"the key `{key}` is missing"))
    if keys[1] == "mandates" and (unknown := [key for key in content if key not in keys]):
        raise _refused(document.problem((unknown[0],), _unknown(unknown[0], keys), key=True))
    if isinstance(content["schema"], bool | float) or content["schema"] != SCHEMA:
        why = f"`schema` is {quoted(content['schema'])}; this version reads {SCHEMA}"
        raise _refused(document.problem(("schema",), why))
    return content


def _flaws(attestation: Attestation, mandate: str) -> Iterator[tuple[KeyPath, str]]:
    """Yield what is wrong although each field is right by itself."""
    if attestation.state == "withdrawn":
        for name in ("effective_from", "expires_at", "target"):
            if getattr(attestation, name) is not None:
                yield (name,), "a withdrawal counts from when it is written: leave this out"
        return
    if not attestation.evidence:
        yield ("evidence",), "a declared mandate names one piece of evidence at least"
    yield from _flaws_of_time(attestation)
    if mandate == TARGET_MANDATE and attestation.target is None:
        yield (), "the key `target` is missing: the promised number, such as 99.5%"
    if mandate != TARGET_MANDATE and attestation.target is not None:
        yield ("target",), f"only {TARGET_MANDATE} has one"


def _flaws_of_time(attestation: Attestation) -> Iterator[tuple[KeyPath, str]]:
    begins, ends = attestation.effective_from, attestation.expires_at
    if begins is None:
        yield (), "the key `effective_from` is missing"
    if ends is None:
        yield (), "the key `expires_at` is missing"
    elif ends - attestation.declared_at > LIFETIME_MAX:
        yield ("expires_at",), f"is more than {LIFETIME_MAX.days} days after `declared_at`"
    elif ends <= attestation.declared_at or (begins is not None and ends <= begins):
        yield ("expires_at",), "is not after `effective_from` and `declared_at`"


def _flaw(error: ErrorDetails) -> Flaw:
    path = error["loc"]
    match error["type"]:
        case "missing":
            return Flaw(path=path[:-1], why=f"the key `{path[-1]}` is missing", of_key=True)
        case "extra_forbidden":
            why = _unknown(str(path[-1]), _known_beside(path))
            return Flaw(path=path, why=why, of_key=True)
        case "string_pattern_mismatch":
            why = _FORMS.get(str(path[-1]), "has another form than it should")
        case "value_error":
            why = error["msg"].removeprefix("Value error, ")
        case _:
            why = error["msg"][:1].lower() + error["msg"][1:]
    name = f"`{path[-1]}` " if path and isinstance(path[-1], str) else ""
    return Flaw(path=path, why=f"{name}{why}")


_FORMS = {
    "email": "has to be an e-mail address",
    "type": "has to be a word of small letters, digits and hyphens",
    "uri": "has to be a URI of at most 1000 characters, without blanks",
    "sha256": "has to be 64 small hexadecimal digits",
}


def _known_beside(at: KeyPath) -> Collection[str]:
    match at:
        case (_,):
            return Attestation.model_fields
        case ("author", _):
            return Author.model_fields
        case ("approver", _):
            return Approver.model_fields
        case _:
            return Evidence.model_fields


def _unknown(key: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    meant = f"; did you mean `{close[0]}`?" if close else ""
    return f"the key {quoted(key)} is unknown{meant}"


def _refused(*problems: Problem) -> SourceError:
    more = f" (and {len(problems) - 1} more)" if problems[1:] else ""
    return invalid(f"{str(problems[0])[: DETAIL_CHARACTERS_MAX - 20]}{more}")


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
