"""Holds and windows against the pace of signals, and what keeps a rule from flapping."""

from collections.abc import Iterator
from datetime import timedelta

from xops_watch.core.condition import Comparison, Condition, Threshold, thresholds
from xops_watch.core.quantity import format_duration
from xops_watch.core.rule import Rule
from xops_watch.core.signal import Unit
from xops_watch.located_yaml import KeyPath
from xops_watch.rulelint.findings import Remark, Scene, leaves_at

_NAMED = (Unit.STATE, Unit.VERSION)  # what changes because somebody changed it does not flap
PERIODS_MIN = 2  # of a window: one period is the newest reading, and nothing else


def missing_hysteresis(scene: Scene) -> Iterator[Remark]:
    """Yield the rules that a value near the threshold fires and ends again and again."""
    for rule in scene.rulebook.rules:
        if not _is_numeric(rule.when) or _is_smooth(rule):
            continue
        if rule.clear is None:
            yield Remark(
                section="rules",
                id=rule.id,
                path=("when",),
                message="nothing keeps a value near the threshold from firing again and again",
                hint="add `clear` with a level below it, `for`, or `datapoints: M/N`",
            )
        elif not rule.clear.hold and not rule.keep and _clears_at_threshold(rule):
            yield Remark(
                section="rules",
                id=rule.id,
                path=("clear",),
                message="`clear` is the threshold itself, at once: one value near it flaps",
                hint="clear at another level, or only after some time: `clear: {..., for: 30m}`",
            )


def no_clear(scene: Scene) -> Iterator[Remark]:
    """Yield the rules that begin slowly and end with the first good value."""
    for rule in scene.rulebook.rules:
        ends_slowly = rule.clear is not None or bool(rule.keep)
        if _is_numeric(rule.when) and _is_smooth(rule) and not ends_slowly:
            yield Remark(
                section="rules",
                id=rule.id,
                path=("when",),
                message="without `clear` the first value below the threshold ends the trigger",
                hint="add `clear` with a level and a time",
            )


def short_hold(scene: Scene) -> Iterator[Remark]:
    """Yield the holds that are over before a second reading can say anything."""
    for rule in scene.rulebook.rules:
        page, path = scene.page_of("rules", rule.id)
        clear_for: KeyPath = ("clear", "for")
        holds: list[tuple[KeyPath, timedelta, Condition]] = [
            (("for",), rule.hold, rule.when),
            (("keep_firing_for",), rule.keep, rule.when),
        ]
        if rule.clear and page.at((*path, *clear_for)) is not None:
            holds.append((clear_for, rule.clear.hold, rule.clear.when))
        for where, hold, condition in holds:
            quickest = min(thresholds(condition), key=lambda leaf: leaf.signal.period)
            period = quickest.signal.period
            if timedelta() < hold < period:
                lasts = format_duration(hold)
                every = format_duration(period)
                yield Remark(
                    section="rules",
                    id=rule.id,
                    path=where,
                    message=f"`{where[-1]}`: {lasts} is shorter than {every}, the period of"
                    f" `{quickest.signal.name}`",
                    hint=f"{every} or more; or leave it out: one reading decides anyway",
                )


def short_window(scene: Scene) -> Iterator[Remark]:
    """Yield the windows that hold too little to judge, or nothing that is published yet."""
    for section, name, path, leaf in _all_leaves(scene):
        window, key = _window(leaf)
        if window is None:
            continue
        period, delay = leaf.signal.period, leaf.signal.delay
        if window < delay:
            why = f"{format_duration(delay)}, after which `{leaf.signal.name}` is published"
            at_least = max(delay, PERIODS_MIN * period)
        elif leaf.aggregate and window < PERIODS_MIN * period:
            why = f"two periods of `{leaf.signal.name}` ({format_duration(period)} each)"
            at_least = PERIODS_MIN * period
        else:
            continue
        yield Remark(
            section=section,
            id=name,
            path=(*path, key),
            message=f"`{key}`: the window of {format_duration(window)} is shorter than {why}",
            hint=f"make it {format_duration(at_least)} or more",
        )


def impossible_samples(scene: Scene) -> Iterator[Remark]:
    """Yield the windows that ask for more points than a signal has in them."""
    for section, name, path, leaf in _all_leaves(scene):
        if leaf.aggregate is None:
            continue
        most = -(-leaf.aggregate.over // leaf.signal.period)  # rounded up
        if leaf.aggregate.samples > most:
            over = format_duration(leaf.aggregate.over)
            every = format_duration(leaf.signal.period)
            yield Remark(
                section=section,
                id=name,
                path=(*path, "samples"),
                message=f"`samples`: {leaf.aggregate.samples} points of `{leaf.signal.name}`"
                f" never fit into {over}",
                hint=f"one every {every} makes {most} at most",
            )


def _all_leaves(scene: Scene) -> Iterator[tuple[str, str, KeyPath, Threshold]]:
    """Yield every leaf of every rule and step."""
    for rule in scene.rulebook.rules:
        for path, condition in scene.conditions_of(rule):
            for place, leaf in leaves_at(condition, path):
                yield "rules", rule.id, place, leaf
    for evolution in scene.rulebook.evolutions.values():
        beside: list[tuple[KeyPath, Condition]] = [
            (("caveats", index, "when"), caveat.when)
            for index, caveat in enumerate(evolution.caveats)
        ]
        if evolution.adopted_when:
            beside.append((("adopted_when",), evolution.adopted_when))
        for path, condition in beside:
            for place, leaf in leaves_at(condition, path):
                yield "evolutions", evolution.id, place, leaf


def _window(leaf: Threshold) -> tuple[timedelta | None, str]:
    if leaf.aggregate:
        return leaf.aggregate.over, "over"
    if leaf.datapoints:
        return leaf.signal.period * leaf.datapoints.of, "datapoints"
    return None, ""


def _is_numeric(condition: Condition) -> bool:
    """Tell whether a condition holds a measured number against a level."""
    return any(leaf.signal.unit not in _NAMED for leaf in thresholds(condition))


def _is_smooth(rule: Rule) -> bool:
    """Tell whether more than one reading has to agree before the rule fires or ends."""
    windows = any(leaf.datapoints or leaf.aggregate for leaf in thresholds(rule.when))
    return bool(rule.hold or rule.keep or windows)


def _clears_at_threshold(rule: Rule) -> bool:
    """Tell whether the rule clears exactly where it stops firing."""
    if rule.clear is None:
        return False
    leaves, clears = list(thresholds(rule.when)), list(thresholds(rule.clear.when))
    if len(leaves) != 1 or len(clears) != 1 or leaves[0].signal != clears[0].signal:
        return False
    opposite = {
        Comparison.ABOVE: Comparison.AT_MOST,
        Comparison.AT_LEAST: Comparison.BELOW,
        Comparison.BELOW: Comparison.AT_LEAST,
        Comparison.AT_MOST: Comparison.ABOVE,
    }
    same_value = leaves[0].value == clears[0].value
    return same_value and opposite.get(leaves[0].comparison) is clears[0].comparison
