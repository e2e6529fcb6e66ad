"""Triggers as they stand, and the transitions that brought them there."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlite_utils import Database

from xops_watch.core.evaluate import Evaluation, TriggerKey
from xops_watch.core.trigger import Status, Transition, Trigger
from xops_watch.store.codec import (
    to_instant,
    to_instant_or_none,
    to_micros,
    to_micros_or_none,
    to_text,
)

_TRIGGERS = "SELECT rule, subject, status, since, changed_at, blind_since FROM triggers"

# Most triggers are as they were. SQLite does not write those, so a quiet tick writes nothing.
_PUT_TRIGGER = """
INSERT INTO triggers (rule, subject, status, since, changed_at, blind_since)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (rule, subject) DO UPDATE SET
    status = excluded.status, since = excluded.since, changed_at = excluded.changed_at,
    blind_since = excluded.blind_since
"""

_DROP_TRIGGER = "DELETE FROM triggers WHERE rule = ? AND subject = ?"

_ADD_TRANSITION = """
INSERT INTO transitions (rule, subject, before, after, at, evidence) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (at, rule, subject, after) DO NOTHING
"""

_TRANSITIONS = """
SELECT rule, subject, before, after, at, evidence FROM transitions
ORDER BY at DESC, id DESC LIMIT ?
"""


def triggers(db: Database) -> dict[TriggerKey, Trigger]:
    """Return every trigger."""
    found = (
        Trigger(
            rule=rule,
            subject=subject,
            status=Status(status),
            since=to_instant(since),
            changed_at=to_instant(changed_at),
            blind_since=to_instant_or_none(blind_since),
        )
        for rule, subject, status, since, changed_at, blind_since in db.execute(_TRIGGERS)
    )
    return {trigger.key: trigger for trigger in found}


def put(db: Database, evaluation: Evaluation, *, known: Mapping[TriggerKey, Trigger]) -> None:
    """Write the triggers and transitions of one evaluation, drop the retired triggers.

    Triggers that are in the file already, as `known` says, are not written again.
    """
    changed = [trigger for trigger in evaluation.triggers if known.get(trigger.key) != trigger]
    db.conn.executemany(_PUT_TRIGGER, map(_trigger_row, changed))
    db.conn.executemany(_DROP_TRIGGER, evaluation.retired)
    db.conn.executemany(_ADD_TRANSITION, map(_transition_row, evaluation.transitions))


def after(
    known: Mapping[TriggerKey, Trigger], evaluation: Evaluation
) -> Mapping[TriggerKey, Trigger]:
    """Return the triggers that the file holds after an evaluation was put into it."""
    triggers = {**known, **{trigger.key: trigger for trigger in evaluation.triggers}}
    for key in evaluation.retired:
        triggers.pop(key, None)
    return triggers


def transitions(db: Database, *, limit: int) -> Sequence[Transition]:
    """Return the newest transitions, newest first; of one instant, the last written first."""
    return tuple(
        Transition(
            rule=rule,
            subject=subject,
            before=Status(before),
            after=Status(after),
            at=to_instant(at),
            evidence=evidence,
        )
        for rule, subject, before, after, at, evidence in db.execute(_TRANSITIONS, (limit,))
    )


def prune(db: Database, *, before: datetime) -> int:
    """Drop old transitions and return how many; triggers stay, whatever their age."""
    return db.execute("DELETE FROM transitions WHERE at < ?", (to_micros(before),)).rowcount


def _trigger_row(trigger: Trigger) -> tuple[object, ...]:
    return (
        trigger.rule,
        trigger.subject,
        trigger.status.value,
        to_micros(trigger.since),
        to_micros(trigger.changed_at),
        to_micros_or_none(trigger.blind_since),
    )


def _transition_row(transition: Transition) -> tuple[object, ...]:
    return (
        transition.rule,
        transition.subject,
        transition.before.value,
        transition.after.value,
        to_micros(transition.at),
        to_text(transition.evidence),
    )
