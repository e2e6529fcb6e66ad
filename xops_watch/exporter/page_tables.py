"""The tables of the status page: triggers, signals, sources; what needs attention comes first."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from xops_watch.core.quantity import format_reading
from xops_watch.core.rule import InForce, Rule, ThresholdSource
from xops_watch.core.snapshot import SignalStatus, SignalView, SourceReport, Unwatched
from xops_watch.core.trigger import Status
from xops_watch.exporter.markup import Html, Node, element
from xops_watch.exporter.page_parts import ago, foreign, small, table, tag
from xops_watch.exporter.standing import Standing

PROBLEMS_MAX = 5  # of refused rule files: `rules check` has them all
_ATTENTION = (Status.FIRING, Status.PENDING, Status.INACTIVE)


def triggers_section(standings: Iterable[Standing], *, now: datetime) -> Html:
    """Return every trigger: firing, pending, then blind, then the quiet ones."""
    ordered = sorted(standings, key=_attention)
    return element(
        "section",
        element("h2", "Triggers"),
        table(
            ("Status", "Rule", "Subject", "Value", "Threshold", "Since"),
            [_trigger_row(standing, now=now) for standing in ordered],
        ),
    )


def signals_section(views: Sequence[SignalView], *, now: datetime) -> Html:
    """Return every signal, the ones that cannot be seen first."""
    ordered = sorted(views, key=lambda view: view.status is SignalStatus.OK)
    return element(
        "section",
        element("h2", "Signals"),
        table(
            ("Status", "Signal", "Subject", "Value", "Read"),
            [_signal_row(view, now=now) for view in ordered],
        ),
    )


def sources_section(reports: Sequence[SourceReport], *, now: datetime) -> Html:
    """Return every source, the ones that failed first."""
    ordered = sorted(reports, key=lambda report: report.up)
    return element(
        "section",
        element("h2", "Sources"),
        table(
            ("Status", "Source", "Last answer", "Took"),
            [_source_row(report, now=now) for report in ordered],
        ),
    )


def _attention(standing: Standing) -> tuple[int, bool, str, str]:
    trigger = standing.view.trigger
    return _ATTENTION.index(trigger.status), not trigger.blind, trigger.rule, trigger.subject


def _trigger_row(standing: Standing, *, now: datetime) -> tuple[Node, ...]:
    trigger, rule = standing.view.trigger, standing.view.rule
    status = [tag(trigger.status, trigger.status)]
    if trigger.blind_since is not None:
        status.append(tag("blind", "blind"))
        status.append(small("since ", ago(trigger.blind_since, now=now)))
    return (
        element("div", *status),
        element("div", foreign(rule.title), small(foreign(rule.id)), *_evidence(standing)),
        foreign(trigger.subject),
        _value(standing),
        _threshold(rule),
        ago(trigger.since, now=now),
    )


def _evidence(standing: Standing) -> Sequence[Html]:
    """A quiet trigger whose value is known needs no words."""
    quiet = standing.view.trigger.status is Status.INACTIVE and standing.value is not None
    return () if quiet else (small(foreign(standing.view.verdict.evidence)),)


def _value(standing: Standing) -> Html:
    """A value that is not known is not shown as one: the evidence says what was last seen."""
    if standing.value is None:
        return tag("unknown", "unknown")
    signal = standing.view.rule.primary.signal
    return element("span", format_reading(standing.value, signal), class_="num")


def _threshold(rule: Rule) -> Html:
    """What the documents do not say is labelled as proposed."""
    leaf = rule.primary
    text = f"{leaf.comparison.symbol} {leaf.text}"
    if leaf.datapoints:
        text += f" in {leaf.datapoints.needed} of {leaf.datapoints.of} points"
    proposed = list(rule.proposed)
    labels = []
    match rule.threshold_source:
        case ThresholdSource.PROPOSED:
            proposed = ["threshold", *(part for part in proposed if part != "threshold")]
        case ThresholdSource.DOCUMENTED_REINTERPRETED:
            labels.append(small("reinterpreted from the document"))
        case ThresholdSource.DOCUMENTED:
            pass
    if proposed:
        labels.append(small(f"proposed: {', '.join(proposed)}"))
    labels += [small(tag("overridden"), " ", foreign(str(one))) for one in rule.overrides]
    return element("div", element("span", text, class_="num"), *labels)


def _signal_row(view: SignalView, *, now: datetime) -> tuple[Node, ...]:
    newest = view.newest
    value = format_reading(newest.value, view.signal) if newest else ""
    if view.status is not SignalStatus.OK and newest:
        value = f"last {value}"
    detail = [small(foreign(view.detail))] if view.detail else []
    return (
        tag(view.status.replace("_", " "), view.status),
        element("div", view.signal.name, small("from ", view.signal.source), *detail),
        foreign(view.subject) if view.subject else "(none known)",
        element("span", value, class_="num") if value else "",
        ago(newest.taken_at, now=now) if newest else "never",
    )


def _source_row(report: SourceReport, *, now: datetime) -> tuple[Node, ...]:
    word = "up" if report.up else "down"
    detail = [small(foreign(report.detail))] if report.detail else []
    return (
        tag(word, word),
        element("div", foreign(report.source), *detail),
        ago(report.last_success, now=now) if report.last_success else "never",
        element("span", f"{report.duration_seconds:.2f} s", class_="num"),
    )


def refused_banner(rules: InForce) -> tuple[Html, ...]:
    """Return what is wrong with newer rule files, when they were refused."""
    if not rules.refused:
        return ()
    return (
        element(
            "p",
            "Newer rule files were refused. The last good rules stay in force.",
            *(small(foreign(problem)) for problem in rules.refused[:PROBLEMS_MAX]),
            class_="card banner",
        ),
    )


def off_section(rules: InForce) -> tuple[Html, ...]:
    """Return the rules that this deployment switched off, and why."""
    if not rules.rulebook.off:
        return ()
    listed = [
        element("li", foreign(off.rule.id), ": ", foreign(off.reason)) for off in rules.rulebook.off
    ]
    return (
        element(
            "section",
            element("h2", "Not judged here"),
            element("ul", *listed, class_="card notes"),
        ),
    )


def unwatched_section(unwatched: Sequence[Unwatched]) -> tuple[Html, ...]:
    """Return the rules that cannot fire here, by the settings that would turn their sources on."""
    if not unwatched:
        return ()
    by_need: dict[str, list[Unwatched]] = {}
    for one in unwatched:
        need = " and ".join(one.settings) or f"source {one.signals[0].source}"
        by_need.setdefault(need, []).append(one)
    listed = [
        element("li", element("strong", need), ": ", _names(several))
        for need, several in sorted(by_need.items())
    ]
    return (
        element(
            "section",
            element("h2", f"Not watched ({len(unwatched)})"),
            element(
                "p",
                "No source here observes what these rules read: they cannot fire. What they need:",
                class_="soft small",
            ),
            element("ul", *listed, class_="card notes"),
        ),
    )


def _names(unwatched: Sequence[Unwatched]) -> Html:
    return foreign(", ".join(one.rule.id for one in unwatched))
