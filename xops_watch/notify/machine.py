"""A notice as a machine reads it: one JSON object with everything, in base units and ISO times.

Pure: same notice, same bytes.
"""

import json
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from xops_watch.core.notice import Notice
from xops_watch.notify.plain import CUT_MARK, clean
from xops_watch.notify.routing import trigger_key

SCHEMA = "xops-watch.notice.v1"

FIELD_MAX = 500  # characters of one field
ITEM_MAX = 240  # characters of one item of a list
ITEMS_MAX = 12  # items of a list


def machine(notice: Notice) -> str:
    """Return the message for machines: one JSON object, schema `xops-watch.notice.v1`."""
    return json.dumps(document(notice), ensure_ascii=False, allow_nan=False)


def document(notice: Notice) -> dict[str, object]:
    """Return the fields of the JSON form; `truncated` names those that were cut."""
    lines = {
        "key": notice.key,
        "trigger_key": trigger_key(notice),
        "state": notice.kind.value,
        "stack": notice.stack,
        "rule_id": notice.rule,
        "subject": notice.subject,
        "title": notice.title,
        "severity": notice.severity,
        "phase": notice.phase,
        "evidence": notice.evidence,
        "quote": notice.quote,
        "threshold_source": notice.threshold_source,
        "evolution": notice.evolution,
        "action": notice.action,
        "how": notice.how,
        "classification": notice.classification,
        "classification_source": notice.classification_source,
        "risk": notice.risk,
        "stage": notice.stage,
        "runbook": notice.runbook,
        "lead_time_source": notice.lead_time_source,
        "effort": notice.effort,
        "cost": notice.cost,
        "advice": notice.advice,
    }
    lists = {
        "layer": notice.layers,
        "rows": notice.rows,
        "proposed": notice.proposed,
        "first_steps": notice.first_steps,
        "notes": notice.notes,
        "overrides": notice.overrides,
    }
    shown = {name: clean(line, FIELD_MAX) for name, line in lines.items()}
    listed = {name: cleaned(items) for name, items in lists.items()}
    cut = [name for name, line in shown.items() if line.endswith(CUT_MARK)]
    cut += [name for name, items in listed.items() if _is_cut(items, of=lists[name])]
    return {
        "schema": SCHEMA,
        **shown,
        **listed,
        "since": _iso(notice.since),
        "at": _iso(notice.at),
        "duration_seconds": lasted(notice).total_seconds(),
        "lead_time_seconds": finite(notice.lead_time_seconds),
        "stage_monthly_cost_dollars": finite(notice.stage_monthly_cost_dollars),
        "stage_cost_basis": "declared",
        "truncated": cut,
    }


def cleaned(items: Iterable[str]) -> list[str]:
    """Return the items as one line each, cut to what a form takes."""
    return [clean(item, ITEM_MAX) for item in [*items][:ITEMS_MAX]]


def lasted(notice: Notice) -> timedelta:
    """Return from when to when it was; a clock that was set back makes no negative duration."""
    return max(notice.at - notice.since, timedelta())


def finite(number: float) -> float | None:
    """Return the number, None for what JSON cannot hold."""
    return number if math.isfinite(number) else None


def _is_cut(items: Sequence[str], *, of: Sequence[str]) -> bool:
    return len(items) < len(of) or any(item.endswith(CUT_MARK) for item in items)


def _iso(instant: datetime) -> str:
    """Whole seconds and `Z`: the form that every parser takes, jq's included."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
