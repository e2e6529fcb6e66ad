"""A notice as a person reads it. Pure: same notice, same bytes.

The text is for somebody woken at 3 a.m. who reads it on a phone: most important first, short
lines, no markup. It fits one SMS publication, because one SMS subscriber is enough to make a
longer text fail there.
"""

import math
import textwrap
from datetime import UTC, datetime, timedelta

from xops_watch.core.notice import Notice, NoticeKind
from xops_watch.core.quantity import format_duration
from xops_watch.notify.machine import ITEMS_MAX, cleaned, finite, lasted
from xops_watch.notify.plain import clean, fold

SUBJECT_MAX = 99  # SNS: "less than 100 characters"
TEXT_MAX = 1600  # SNS: all parts of one SMS publication together
LINE_MAX = 64  # readable on a phone held sideways, and in every mail client
NOTES_MAX = 3  # the most important come first; the JSON form has all
STEPS_MAX = 6  # more than this nobody reads at night; the runbook has the rest

_SUBJECT_WHERE_MIN = 34  # a long title leaves at least this much to the place
_SUBJECT_PHASE_MAX = 20
_TITLE_MAX = 120
_WHERE_MAX = 120
_WORD_MAX = 40
_SENTENCE_MAX = 200
_EVIDENCE_MAX = 360  # the rule's own number, and some beside it
_STEP_MAX = 120  # six of them leave room for the rest
_QUOTE_MAX = 240
_URL_MAX = 300
_LEAD_TIME_SECONDS_MAX = 1e9  # 31 years: beyond it, a defect and not a plan
_STEP_HEADS = {
    "blocked": "THE STEP, BLOCKED FOR NOW",
    "adopted": "THE STEP, TAKEN ALREADY",
}
_CUT_LINE = "[cut: the JSON form has the rest]"
_THRESHOLD_WORDS = {
    "documented": "The threshold is documented.",
    "documented_reinterpreted": "The threshold is documented, as we read it.",
    "proposed": "The threshold is proposed, not documented.",
}


def subject(notice: Notice) -> str:
    """Return the subject line: ASCII, no line breaks, at most 99 characters."""
    head = f"[{notice.kind.upper()}] "
    phase = fold(notice.phase, _SUBJECT_PHASE_MAX)
    tail = f" ({phase})" if phase else ""
    room = SUBJECT_MAX - len(head) - len(tail)
    title = fold(notice.title, _TITLE_MAX) or fold(notice.rule, _TITLE_MAX) or "unnamed rule"
    place = fold(notice.subject, max(room - len(title) - 3, _SUBJECT_WHERE_MIN))
    where = f" - {place}" if place else ""
    return head + fold(title, room - len(where)) + where + tail


def text(notice: Notice) -> str:
    """Return the message for people: at most 1,600 characters in lines of about 64."""
    match notice.kind:
        case NoticeKind.FIRING:
            paragraphs = [_head(notice), _first(notice), _step(notice), _why(notice)]
        case NoticeKind.RESOLVED:
            paragraphs = [_ended(notice)]
        case NoticeKind.TEST:
            paragraphs = [_tried(notice)]
    body = "\n\n".join("\n".join(lines) for lines in paragraphs if lines)
    footer = "\n".join(_footer(notice))
    return f"{_fitted(body, TEXT_MAX - _length(footer) - 2)}\n\n{footer}"


def _head(notice: Notice) -> list[str]:
    """What is wrong, where, since when and how badly."""
    age = format_duration(lasted(notice))
    return [
        *_wrapped(f"FIRING ({_word(notice.severity)}): {clean(notice.title, _TITLE_MAX)}"),
        "",
        *_wrapped(_place(notice)),
        *_wrapped(f"Since {_minute(notice.since)}, {age} before this notice"),
        *_wrapped(clean(notice.evidence, _EVIDENCE_MAX)),
    ]


def _first(notice: Notice) -> list[str]:
    """What to do before anything else."""
    steps = notice.first_steps[:STEPS_MAX]
    lines = [
        line
        for number, step in enumerate(steps, start=1)
        for line in _wrapped(f"{number}. {clean(step, _STEP_MAX)}", indent="   ")
    ]
    runbook = _wrapped(f"Runbook: {clean(notice.runbook, _URL_MAX)}") if notice.runbook else []
    return ["DO FIRST", *lines, *runbook] if lines or runbook else []


def _step(notice: Notice) -> list[str]:
    """Which step is due, how hard it is and what the stack costs after it."""
    notes = [
        line
        for note in notice.notes[:NOTES_MAX]
        for line in _wrapped(f"! {clean(note, _SENTENCE_MAX)}", indent="  ")
    ]
    return [
        _STEP_HEADS.get(notice.advice, "THE STEP"),
        *_wrapped(clean(notice.action, _SENTENCE_MAX)),
        *notes,
        *_wrapped(f"How: {clean(notice.how, _SENTENCE_MAX)}" if notice.how else ""),
        *_wrapped(_class(notice)),
        *_wrapped(_lead_time(notice)),
        *_wrapped(_cost(notice)),
    ]


def _class(notice: Notice) -> str:
    if notice.classification == "none":
        return f"Changes nothing of the stack; phase {_word(notice.phase)}"
    return (
        f"Class: {_word(notice.classification)}{_unless_documented(notice)}, "
        f"risk {_word(notice.risk)}, phase {_word(notice.phase)}"
    )


def _lead_time(notice: Notice) -> str:
    duration = _duration(finite(notice.lead_time_seconds))
    effort = f'; the document: "{_word(notice.effort)}"' if notice.effort else ""
    return f"Lead time: {duration} ({_word(notice.lead_time_source)}){effort}"


def _cost(notice: Notice) -> str:
    """The figures are the documents': no cost table speaks of some steps."""
    if not notice.stage:
        return f"Cost: {clean(notice.cost, _SENTENCE_MAX)}" if notice.cost else ""
    more = f"; {clean(notice.cost, _SENTENCE_MAX)}" if notice.cost else ""
    return (
        f"Cost: {_dollars(notice.stage_monthly_cost_dollars)} a month for the stack at "
        f"{_word(notice.stage)}, declared by the document, not a prediction{more}"
    )


def _why(notice: Notice) -> list[str]:
    """What the documents say, and what they do not."""
    rows = ", ".join(cleaned(notice.rows))
    proposed = ", ".join(name.replace("_", " ") for name in cleaned(notice.proposed))
    return [
        "WHY",
        *_wrapped(f'Row {rows}: "{clean(notice.quote, _QUOTE_MAX)}"' if rows else ""),
        *_wrapped(_THRESHOLD_WORDS.get(notice.threshold_source, "")),
        *_wrapped(f"Proposed, not documented: {proposed}" if proposed else ""),
        *(
            line
            for override in notice.overrides[:ITEMS_MAX]
            for line in _wrapped(f"Overridden here: {clean(override, _SENTENCE_MAX)}")
        ),
    ]


def _ended(notice: Notice) -> list[str]:
    """That it is over, how long it lasted, and by what it is known."""
    return [
        *_wrapped(f"RESOLVED: {clean(notice.title, _TITLE_MAX)}"),
        "",
        *_wrapped(_place(notice)),
        *_wrapped(f"Ended {_minute(notice.at)} after {format_duration(lasted(notice))}"),
        *_wrapped(f"Began {_minute(notice.since)}"),
        *_wrapped(f"Now: {clean(notice.evidence, _EVIDENCE_MAX)}"),
        "",
        "Nothing to do.",
    ]


def _tried(notice: Notice) -> list[str]:
    """That it is a test, and how to tell it from the real thing."""
    return [
        *_wrapped(f"TEST: {clean(notice.title, _TITLE_MAX)}"),
        "",
        *_wrapped(f"From the stack {clean(notice.stack, _WHERE_MAX)}, {_minute(notice.at)}"),
        *_wrapped(clean(notice.evidence, _EVIDENCE_MAX)),
        "",
        "Nothing to do: a real message takes the same way.",
    ]


def _footer(notice: Notice) -> list[str]:
    """What to quote when talking about this message."""
    return [f"Rule {clean(notice.rule, 80)}", f"Key {clean(notice.key, 64)}"]


def _place(notice: Notice) -> str:
    layers = ", ".join(cleaned(notice.layers))
    where = clean(notice.subject, _WHERE_MAX) + (f" ({layers})" if layers else "")
    return f"On {where}, stack {clean(notice.stack, _WHERE_MAX)}"


def _unless_documented(notice: Notice) -> str:
    """What the documents do not say is labelled wherever it is shown."""
    return "" if notice.classification_source == "documented" else " (proposed)"


def _word(text: str) -> str:
    return clean(text, _WORD_MAX) or "none"


def _wrapped(paragraph: str, *, indent: str = "") -> list[str]:
    """Break into lines; an address stays whole, or it could not be followed."""
    return textwrap.wrap(
        paragraph,
        LINE_MAX,
        subsequent_indent=indent,
        break_long_words="://" not in paragraph,
        break_on_hyphens=False,
    )


def _fitted(body: str, room: int) -> str:
    """Keep whole lines from the top, and say when the rest is missing."""
    if _length(body) <= room:
        return body
    kept: list[str] = []
    left = room - len(_CUT_LINE)
    for line in body.split("\n"):
        left -= _length(line) + 1
        if left < 0:
            break
        kept.append(line)
    return "\n".join([*kept, _CUT_LINE])


def _length(text: str) -> int:
    """Count as phones do, in UTF-16: a pictogram is two."""
    return len(text.encode("utf-16-le")) // 2


def _duration(seconds: float | None) -> str:
    if seconds is None or not 0 <= seconds <= _LEAD_TIME_SECONDS_MAX:
        return "unknown"
    return format_duration(timedelta(seconds=seconds))


def _dollars(amount: float) -> str:
    if not math.isfinite(amount):
        return "an unknown sum"
    return f"${amount:,.0f}" if amount == round(amount) else f"${amount:,.2f}"


def _minute(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
