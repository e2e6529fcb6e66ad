"""What people answered to recommendations: those that stand, and those that ended."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from sqlite_utils import Database

from xops_watch.core.decision import Answer, Decision, Ended, Ground, Kept
from xops_watch.store.codec import to_instant, to_micros, to_text

_ADD = "INSERT INTO decisions (evolution, content, at) VALUES (?, ?, ?)"

_END = """
UPDATE decisions SET ended_at = ?, ended_because = ? WHERE evolution = ? AND ended_at IS NULL
"""

_END_ONE = f"{_END.rstrip()} AND at = ?\n"

_STANDING = "SELECT content, at FROM decisions WHERE ended_at IS NULL ORDER BY evolution"

_NEWEST = """
SELECT content, at, ended_at, ended_because FROM decisions ORDER BY at DESC, id DESC LIMIT ?
"""


def decide(db: Database, decision: Decision) -> None:
    """Keep a decision; what stood on its evolution is ended by it."""
    at = to_micros(decision.at)
    because = to_text(f"{decision.who} decided anew: {decision.answer}")
    db.execute(_END, (at, because, decision.evolution))
    db.execute(_ADD, (decision.evolution, _encoded(decision), at))


def end(db: Database, ended: Iterable[Ended]) -> None:
    """Note why decisions stand no more; one that was replaced meanwhile is left alone."""
    for one in ended:
        decision = one.decision
        row = to_micros(one.at), to_text(one.because), decision.evolution, to_micros(decision.at)
        db.execute(_END_ONE, row)


def standing(db: Database) -> Mapping[str, Decision]:
    """Return the decisions that stand, by evolution."""
    found = (_decoded(content, at) for content, at in db.execute(_STANDING))
    return {decision.evolution: decision for decision in found}


def newest(db: Database, *, limit: int) -> Sequence[Kept]:
    """Return the newest decisions, newest first, those that ended too."""
    return tuple(
        _kept(_decoded(content, at), ended_at, because)
        for content, at, ended_at, because in db.execute(_NEWEST, (limit,))
    )


def _kept(decision: Decision, ended_at: int | None, because: str | None) -> Kept:
    if ended_at is None:
        return Kept(decision=decision, ended=None)
    ended = Ended(decision=decision, at=to_instant(ended_at), because=because or "")
    return Kept(decision=decision, ended=ended)


def _encoded(decision: Decision) -> str:
    content = {
        "evolution": decision.evolution,
        "answer": decision.answer.value,
        "who": decision.who,
        "why": decision.why,
        "until": to_micros(decision.until) if decision.until else None,
        "grounds": [asdict(ground) for ground in decision.grounds],
    }
    return json.dumps(content)


def _decoded(text: str, at: int) -> Decision:
    """Raises ValueError, KeyError or TypeError when the file has something else there."""
    content = json.loads(text)
    return Decision(
        evolution=content["evolution"],
        answer=Answer(content["answer"]),
        who=content["who"],
        why=content["why"],
        at=to_instant(at),
        until=to_instant(content["until"]) if content["until"] is not None else None,
        grounds=tuple(Ground(**ground) for ground in content["grounds"]),
    )
