"""A rule for programs: the form that `rules list --json` and `rules show --json` share."""

from dataclasses import asdict

from xops_watch.core.condition import Threshold, thresholds
from xops_watch.core.quantity import format_duration
from xops_watch.core.rule import Rule, Rulebook


def rows_of(rule: Rule, rulebook: Rulebook) -> list[str]:
    """Return the rows of a rule, and those that aliases say it covers."""
    aliases = [alias for alias in rulebook.declared.aliases if rule.id in alias.of]
    rows = [*rule.rows, *(row for alias in aliases for row in alias.rows)]
    return list(dict.fromkeys(rows))


def described_rule(rule: Rule, rulebook: Rulebook) -> dict[str, object]:
    """Return a rule and its step for programs; thresholds in base units."""
    evolution = rulebook.evolutions[rule.evolution]
    stage = rulebook.stages.get(evolution.stage or "")
    return {
        "id": rule.id,
        "title": rule.title,
        "rows": rows_of(rule, rulebook),
        "aliases": [alias.id for alias in rulebook.declared.aliases if rule.id in alias.of],
        "quote": rule.quote,
        "layers": list(rule.layers),
        "signals": sorted({leaf.signal.name for leaf in thresholds(rule.when)}),
        "thresholds": [_threshold(leaf) for leaf in thresholds(rule.when)],
        "hold": format_duration(rule.hold),
        "severity": rule.severity,
        "threshold_source": rule.threshold_source,
        "proposed": list(rule.proposed),
        "overrides": [asdict(override) for override in rule.overrides],
        "off": None,
        "evolution": evolution.id,
        "action": evolution.title,
        "how": evolution.how,
        "classification": evolution.classification,
        "risk": evolution.risk,
        "phase": rule.phase,
        "lead_time": format_duration(evolution.lead_time),
        "stage": evolution.stage,
        "stage_monthly_cost_dollars": stage.monthly_cost_dollars if stage else None,
    }


def _threshold(leaf: Threshold) -> dict[str, object]:
    return {
        "signal": leaf.signal.name,
        "comparison": leaf.comparison,
        "value": leaf.value,
        "unit": leaf.signal.unit,
        "text": leaf.text,
        "datapoints": f"{leaf.datapoints.needed}/{leaf.datapoints.of}" if leaf.datapoints else None,
    }
