"""A snapshot as the JSON of `/api/v1/snapshot`: additive changes only, schema in the docs.

Times are RFC 3339 in UTC, values are in the base unit of their signal, durations in seconds.
What is not known is null, never 0.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from xops_watch.core.advise import Advice
from xops_watch.core.condition import Threshold
from xops_watch.core.decision import Decision
from xops_watch.core.evolution import Evolution, Ineffective, Stage
from xops_watch.core.rule import Override
from xops_watch.core.snapshot import SignalView, Snapshot, SourceReport
from xops_watch.exporter.standing import Standing, standings_of

Document = dict[str, object]


def snapshot_as_json(snapshot: Snapshot) -> Document:
    """Return the snapshot as values that `json.dumps` takes."""
    return {
        "stack": snapshot.stack,
        "at": _time(snapshot.at),
        "duration_seconds": snapshot.duration_seconds,
        "rulebook": {
            "digest": snapshot.rulebook.digest,
            "rules": len(snapshot.rulebook.rules),
            "loaded_at": _time(snapshot.rules.loaded_at),
            "refused": list(snapshot.rules.refused),
            "unwatched": [
                {
                    "rule": one.rule.id,
                    "signals": [signal.name for signal in one.signals],
                    "settings": list(one.settings),
                }
                for one in snapshot.unwatched
            ],
            "off": [{"rule": off.rule.id, "reason": off.reason} for off in snapshot.rulebook.off],
        },
        "advice": [_advice(advice) for advice in snapshot.advice],
        "triggers": [_trigger(standing) for standing in standings_of(snapshot)],
        "signals": [_signal(view) for view in snapshot.signals],
        "stages": [_stage(stage) for stage in snapshot.stages],
        "sources": [_source(report) for report in snapshot.sources],
    }


def _advice(advice: Advice) -> Document:
    return {
        "evolution": _evolution(advice.evolution),
        "stage": _stage(advice.stage) if advice.stage else None,
        "state": advice.state.value,
        "because": _triggers(advice.because),
        "blockers": _triggers(advice.blockers),
        "notes": list(advice.notes),
        "decision": _decision(advice.decision) if advice.decision else None,
    }


def _decision(decision: Decision) -> Document:
    return {
        "answer": decision.answer.value,
        "who": decision.who,
        "why": decision.why,
        "at": _time(decision.at),
        "until": _time(decision.until),
        "grounds": [
            {
                "rule": ground.rule,
                "subject": ground.subject,
                "value": ground.value,
                "evidence": ground.evidence,
            }
            for ground in decision.grounds
        ],
    }


def _triggers(keys: Iterable[tuple[str, str]]) -> list[Document]:
    return [{"rule": rule, "subject": subject} for rule, subject in keys]


def _evolution(evolution: Evolution) -> Document:
    return {
        "id": evolution.id,
        "title": evolution.title,
        "component": evolution.component,
        "classification": evolution.classification.value,
        "classification_source": evolution.classification_source,
        "risk": evolution.risk.value,
        "phase": evolution.phase,
        "how": evolution.how,
        "lead_time_seconds": evolution.lead_time.total_seconds(),
        "lead_time_source": evolution.lead_time_source,
        "difficulty": evolution.difficulty or None,
        "effort": evolution.effort or None,
        "cost": evolution.cost or None,
        "documented_action": _documented(evolution.documented_action),
        "blocked_by": list(evolution.blocked_by),
        "requires": list(evolution.requires),
        "first_steps": list(evolution.first_steps),
    }


def _documented(action: Ineffective | None) -> Document | None:
    return {"action": action.action, "because": action.because} if action else None


def _trigger(standing: Standing) -> Document:
    trigger, verdict, rule = standing.view.trigger, standing.view.verdict, standing.view.rule
    return {
        "rule": rule.id,
        "subject": trigger.subject,
        "status": trigger.status.value,
        "since": _time(trigger.since),
        "changed_at": _time(trigger.changed_at),
        "blind_since": _time(trigger.blind_since),
        "value": standing.value,
        "headroom_ratio": standing.headroom_ratio,
        "last_value": verdict.value,
        "as_of": _time(verdict.as_of),
        "threshold": _threshold(rule.primary),
        "threshold_source": rule.threshold_source.value,
        "hold_seconds": rule.hold.total_seconds(),
        "proposed": list(rule.proposed),
        "overrides": [_override(override) for override in rule.overrides],
        "suppressed": verdict.suppressed,
        "condition": verdict.condition.value,
        "held": verdict.held,
        "cleared": verdict.cleared.value,
        "evidence": verdict.evidence,
        "title": rule.title,
        "rows": list(rule.rows),
        "quote": rule.quote,
        "layers": list(rule.layers),
        "phase": rule.phase,
        "severity": rule.severity.value,
        "evolution": rule.evolution,
    }


def _override(override: Override) -> Document:
    return {
        "part": override.part,
        "written": override.written,
        "used": override.used,
        "reason": override.reason,
    }


def _threshold(leaf: Threshold) -> Document:
    datapoints = leaf.datapoints
    return {
        "signal": leaf.signal.name,
        "unit": leaf.signal.unit.value,
        "comparison": leaf.comparison.value,
        "value": leaf.value,
        "text": leaf.text,
        "datapoints": {"needed": datapoints.needed, "of": datapoints.of} if datapoints else None,
    }


def _signal(view: SignalView) -> Document:
    newest = view.newest
    return {
        "signal": view.signal.name,
        "subject": view.subject,
        "unit": view.signal.unit.value,
        "source": view.signal.source,
        "status": view.status.value,
        "detail": view.detail,
        "newest": {"value": newest.value, "taken_at": _time(newest.taken_at)} if newest else None,
    }


def _stage(stage: Stage) -> Document:
    return {
        "id": stage.id,
        "title": stage.title,
        "users": stage.users,
        "services": stage.services,
        "monthly_cost_dollars": stage.monthly_cost_dollars,
        "monthly_cost_to_dollars": stage.monthly_cost_to_dollars,
        "saas_ratio": stage.saas_ratio,
        "row": stage.row,
    }


def _source(report: SourceReport) -> Document:
    return {
        "source": report.source,
        "up": report.up,
        "last_success": _time(report.last_success),
        "duration_seconds": report.duration_seconds,
        "detail": report.detail,
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()
