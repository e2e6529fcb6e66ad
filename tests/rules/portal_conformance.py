"""What differs between a rulebook and document C: one sentence for each finding."""

from collections.abc import Iterator
from datetime import timedelta

from tests.rules.conformance import named
from tests.rules.portal_transcribed import CONTRACT, DASHBOARDS, FIRES, PIECES, STAGES, STEPS
from xops_watch.core.condition import Across, AllOf, AnyOf, Condition, Not, Threshold
from xops_watch.core.datapoints import Missing
from xops_watch.core.declared import Alias, Fact
from xops_watch.core.rule import Rule, Rulebook


def findings(rulebook: Rulebook) -> list[str]:
    """Return everything in which the rulebook is not what document C says."""
    return [
        *_rows(rulebook),
        *_rules(rulebook),
        *_steps(rulebook),
        *_stages(rulebook),
        *_dashboards(rulebook),
    ]


def _entries(rulebook: Rulebook) -> Iterator[Rule | Alias | Fact]:
    yield from rulebook.rules
    yield from rulebook.declared.aliases
    yield from rulebook.declared.facts


def _rows(rulebook: Rulebook) -> Iterator[str]:
    """Every piece of every row is quoted word for word, and nothing else is."""
    quoted = {(row, entry.quote) for entry in _entries(rulebook) for row in entry.rows}
    # The totals of the cost tables are quoted by rules and are stages as well.
    covered = {row for row, _ in quoted} | {stage.row for stage in rulebook.stages.values()}
    yield from (f"{row}: nothing covers it" for row in CONTRACT if row not in covered)
    yield from (
        f"{row}: nothing quotes {quote}" for row, quote in PIECES if (row, quote) not in quoted
    )
    yield from (f"{row}: the document has no {quote}" for row, quote in quoted - set(PIECES))


def _rules(rulebook: Rulebook) -> Iterator[str]:
    """A rule has the document's number, sign and phase, and the step of its row."""
    found = {rule.id: _told(rule) for rule in rulebook.rules}
    for id_, told in FIRES.items():
        if found.get(id_) != told:
            yield f"{id_}: is {found.get(id_)}, not {told}"
    yield from (f"{id_}: stands in no row of the transcription" for id_ in found.keys() - FIRES)


def _told(rule: Rule) -> tuple[str, str, str, str, str]:
    source = rule.threshold_source.value
    return (rule.rows[0], _written(rule.when), rule.phase, source, rule.evolution)


def _written(condition: Condition) -> str:
    match condition:
        case Threshold():
            return _leaf(condition)
        case AllOf(parts=parts):
            return " and ".join(_written(part) for part in parts)
        case AnyOf(parts=parts):
            return " or ".join(_written(part) for part in parts)
        case Not(part=part):
            return f"not ({_written(part)})"


def _leaf(leaf: Threshold) -> str:
    points = f" {leaf.datapoints.needed}/{leaf.datapoints.of}" if leaf.datapoints else ""
    window = f" {leaf.aggregate.text} over {leaf.aggregate.over}" if leaf.aggregate else ""
    missing = f" missing {leaf.missing}" if leaf.missing is not Missing.UNKNOWN else ""
    across = f" across {leaf.across}" if leaf.across is not Across.EACH else ""
    return f"{named(leaf)}{points}{window}{across}{missing}"


def _steps(rulebook: Rulebook) -> Iterator[str]:
    """Difficulty, effort and lead time are the document's; the class is ours and says so."""
    for id_, expected in STEPS.items():
        step = rulebook.evolutions.get(id_)
        if step is None:
            yield f"{id_}: there is no such step"
            continue
        found = (
            (step.title, step.phase, step.difficulty, step.effort),
            (step.lead_time // timedelta(days=1), step.lead_time_source),
            (step.classification.value, step.risk.value, step.classification_source),
            step.stage,
        )
        if found != expected:
            yield f"{id_}: is {found}, not {expected}"
    more = rulebook.evolutions.keys() - STEPS
    yield from (f"{id_}: stands in no row of the transcription" for id_ in more)


def _stages(rulebook: Rulebook) -> Iterator[str]:
    found = {
        stage.row: (stage.monthly_cost_dollars, stage.monthly_cost_to_dollars, stage.saas_ratio)
        for stage in rulebook.stages.values()
    }
    if found != STAGES:
        yield f"C.cost: the stages are {found}, not {STAGES}"


def _dashboards(rulebook: Rulebook) -> Iterator[str]:
    for row, signals in DASHBOARDS.items():
        found = [fact.signals for fact in rulebook.declared.facts if row in fact.rows]
        if found != [signals]:
            yield f"{row}: its panels are {found}, not {signals}"
