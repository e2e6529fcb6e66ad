"""Rules that say nothing: never true, always true, never cleared, or never seen."""

from collections.abc import Iterator

from xops_watch.core.condition import Across, AllOf, Comparison, Threshold, thresholds
from xops_watch.core.datapoints import Missing
from xops_watch.core.measure import Statistic
from xops_watch.core.rule import Severity, ThresholdSource
from xops_watch.core.signal import Unit
from xops_watch.rulelint.findings import Remark, Scene, leaves_at
from xops_watch.rulelint.truth import follows, is_certain, is_impossible

# Ratios of a use to a plan or a reservation may be above 1; shares of a whole may not.
_MAY_EXCEED = ("ecs.", "ec2.cpu", "asg.", "cost.", "sqlite.writer_utilization")
_WHOLE = 1.0
_PAGING = (Severity.WARNING, Severity.CRITICAL)
_RANK = {severity: rank for rank, severity in enumerate(Severity)}
_COUNTED = (Statistic.SUM, Statistic.COUNT, Statistic.DELTA, Statistic.RATE)


def never_true(scene: Scene) -> Iterator[Remark]:
    """Yield the conditions that no values could make true."""
    for rule in scene.rulebook.rules:
        if is_impossible(rule.when):
            message = "`when`: no values make this true: the rule never fires"
        elif rule.applies and is_impossible(AllOf(parts=(rule.applies, rule.when))):
            message = "`when` is never true where `applies_when` is: the rule never fires"
        else:
            continue
        hint = "look at the comparisons of the same signal"
        yield Remark(section="rules", id=rule.id, path=("when",), message=message, hint=hint)
    for evolution in scene.rulebook.evolutions.values():
        for index, caveat in enumerate(evolution.caveats):
            if is_impossible(caveat.when):
                yield Remark(
                    section="evolutions",
                    id=evolution.id,
                    path=("caveats", index, "when"),
                    message="no values make this true: the caveat is never said",
                    hint="look at the comparisons of the same signal",
                )


def always_true(scene: Scene) -> Iterator[Remark]:
    """Yield the rules that fire whatever is measured."""
    for rule in scene.rulebook.rules:
        if is_certain(rule.when):
            yield Remark(
                section="rules",
                id=rule.id,
                path=("when",),
                message="`when`: no values make this false: the rule always fires",
                hint="a threshold that nothing passes below is none",
            )


def never_clears(scene: Scene) -> Iterator[Remark]:
    """Yield the rules whose triggers nothing ends."""
    for rule in scene.rulebook.rules:
        if rule.clear and is_impossible(rule.clear.when):
            yield Remark(
                section="rules",
                id=rule.id,
                path=("clear",),
                message="`clear`: no values make this true: a trigger never ends",
                hint="no signal goes below 0",
            )


def always_suppressed(scene: Scene) -> Iterator[Remark]:
    """Yield the rules that are suppressed whenever they are true."""
    for rule in scene.rulebook.rules:
        if rule.suppress and not is_impossible(rule.when) and follows(rule.when, rule.suppress):
            yield Remark(
                section="rules",
                id=rule.id,
                path=("suppress_while",),
                message="`suppress_while` is true whenever `when` is: the rule never fires",
                hint="suppress by another signal, like `ecs.deployments_in_progress`",
            )


def never_seen(scene: Scene) -> Iterator[Remark]:
    """Yield the leaves that are asked about a subject which their signal does not have."""
    for rule in scene.rulebook.rules:
        for path, condition in scene.conditions_of(rule):
            for place, leaf in leaves_at(condition, path):
                if leaf is not rule.primary and not _is_seen(leaf, rule.primary):
                    yield Remark(
                        section="rules",
                        id=rule.id,
                        path=place,
                        message=f"the rule is judged on {_judged_on(rule.primary)}, and"
                        f" `{leaf.signal.name}` is known by {leaf.signal.subject_kind}",
                        hint="write `across: any`, or `subject: NAME`",
                    )


def above_the_whole(scene: Scene) -> Iterator[Remark]:
    """Yield the comparisons of a share with more than all of it."""
    for rule in scene.rulebook.rules:
        for path, condition in scene.conditions_of(rule):
            for place, leaf in leaves_at(condition, path):
                if _is_share(leaf) and _is_beyond(leaf):
                    yield Remark(
                        section="rules",
                        id=rule.id,
                        path=(*place, leaf.comparison),
                        message=f"`{leaf.signal.name}` is a share and never above 100%",
                        hint=f"`{leaf.phrase}` is "
                        + ("never true" if leaf.comparison in _UPWARD else "always true"),
                    )


def vain_corroboration(scene: Scene) -> Iterator[Remark]:
    """Yield the corroborations that do not raise the severity."""
    for rule in scene.rulebook.rules:
        raised = rule.corroborated
        if raised is not None and _RANK[raised] <= _RANK[rule.severity]:
            yield Remark(
                section="rules",
                id=rule.id,
                path=("corroborated_by", "severity"),
                message=f"`severity`: {raised} is not above {rule.severity}, the rule's own",
                hint="a corroboration makes a rule more severe",
            )


def critical_alone(scene: Scene) -> Iterator[Remark]:
    """Yield the rules that are critical by one signal and a threshold of ours."""
    for rule in scene.rulebook.rules:
        signals = {leaf.signal.name for leaf in thresholds(rule.when)}
        if (
            rule.severity is Severity.CRITICAL
            and rule.threshold_source is ThresholdSource.PROPOSED
            and len(signals) == 1
            and not any(name.startswith("mandate.") for name in signals)
            and rule.corroboration is None
        ):
            yield Remark(
                section="rules",
                id=rule.id,
                path=("severity",),
                message="critical by a proposed threshold of one signal alone",
                hint="make it a warning and raise it by `corroborated_by`",
            )


def breaching_pages(scene: Scene) -> Iterator[Remark]:
    """Yield the rules that wake somebody because nothing is measured."""
    for rule in scene.rulebook.rules:
        for path, leaf in leaves_at(rule.when, ("when",)):
            if leaf.missing is Missing.BREACHING and rule.severity in _PAGING:
                yield Remark(
                    section="rules",
                    id=rule.id,
                    path=(*path, "missing"),
                    message=f"`missing: breaching`: a silent source fires this {rule.severity}",
                    hint="leave it unknown, or give the reason: `# lint: ignore ...`",
                )


_UPWARD = (Comparison.ABOVE, Comparison.AT_LEAST)


def _is_seen(leaf: Threshold, primary: Threshold) -> bool:
    """Tell whether a leaf can be read from the subjects that a rule is judged on."""
    if leaf.subject is not None or leaf.across is not Across.EACH:
        return True
    if primary.across is not Across.EACH:
        return False  # judged on `all`, and no reading is of a subject of that name
    asked = set(primary.signal.subject_kind.split(" or "))
    known = set(leaf.signal.subject_kind.split(" or "))
    return bool(asked & known) or ("service" in asked and "cluster" in known)


def _judged_on(primary: Threshold) -> str:
    if primary.across is not Across.EACH:
        return "all subjects together"
    return f"one {primary.signal.subject_kind}"


def _is_share(leaf: Threshold) -> bool:
    summed = leaf.aggregate is not None and leaf.aggregate.statistic in _COUNTED
    if leaf.signal.unit is not Unit.RATIO or summed or leaf.across is Across.SUM:
        return False
    return not leaf.signal.name.startswith(_MAY_EXCEED)


def _is_beyond(leaf: Threshold) -> bool:
    strict = leaf.comparison in (Comparison.ABOVE, Comparison.AT_MOST)
    return leaf.value > _WHOLE or (strict and leaf.value == _WHOLE)
