"""The first section of the status page: which evolution steps are due, and because of what."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from xops_watch.core.advise import Advice, AdviceState
from xops_watch.core.evolution import Classification, Evolution, Stage
from xops_watch.core.quantity import format_value
from xops_watch.core.rule import ThresholdSource
from xops_watch.core.signal import Unit
from xops_watch.exporter.markup import Html, Node, element
from xops_watch.exporter.page_parts import ago, foreign, small, tag
from xops_watch.exporter.standing import Standing

REASONS_MAX = 20  # the table below has them all

# What wants somebody's attention gets a card, in this order; the rest gets a line.
_CARDS = (
    AdviceState.RECOMMENDED,
    AdviceState.START_BY,
    AdviceState.BLOCKED,
    AdviceState.ACCEPTED,
    AdviceState.DEFERRED,
    AdviceState.REJECTED,
)
_LINES = {
    AdviceState.UNKNOWN: "Cannot be judged yet",
    AdviceState.NOT_NEEDED: "Not needed",
    AdviceState.ADOPTED: "Adopted",
}


def advice_section(
    advice: Sequence[Advice], standings: Iterable[Standing], *, now: datetime
) -> Html:
    """Return what is said of every evolution, the ones that are due first and in full."""
    by_key = {standing.view.trigger.key: standing for standing in standings}
    due = sorted(
        (one for one in advice if one.state in _CARDS), key=lambda one: _CARDS.index(one.state)
    )
    cards = [_card(one, by_key, now=now) for one in due]
    return element(
        "section",
        element("h2", "Recommended"),
        *(cards or [element("p", _nothing_due(advice), class_="card")]),
        *_lines(advice),
    )


def _nothing_due(advice: Sequence[Advice]) -> str:
    if any(one.state is AdviceState.UNKNOWN for one in advice):
        return "Nothing is proven to be due. Not everything can be judged."
    return "Nothing is due."


def _card(advice: Advice, standings: dict[tuple[str, str], Standing], *, now: datetime) -> Html:
    evolution = advice.evolution
    due = advice.state is AdviceState.RECOMMENDED
    because = [_reason(standings[key], now=now) for key in advice.because if key in standings]
    return element(
        "article",
        element("h3", foreign(evolution.title)),
        element(
            "p",
            tag(advice.state.value.replace("_", " "), "firing" if due else "pending"),
            tag(_classification(evolution)),
            tag(f"risk {evolution.risk}", evolution.risk),
            tag(evolution.phase),
            tag(evolution.component),
            class_="tags",
        ),
        element("p", foreign(evolution.how)),
        *_decision(advice, now=now),
        *_known_beside(advice),
        *([element("p", *_cost(advice.stage))] if advice.stage else []),
        *([element("h4", "Because"), element("ul", *because[:REASONS_MAX])] if because else []),
        *([small(f"and {len(because) - REASONS_MAX} more")] if len(because) > REASONS_MAX else []),
        class_="card due" if due else "card",
    )


def _classification(evolution: Evolution) -> str:
    if evolution.classification is Classification.NONE:
        return "no change of the stack"
    if evolution.classification_source == ThresholdSource.DOCUMENTED:
        return evolution.classification
    return f"{evolution.classification} ({evolution.classification_source.replace('_', ' ')})"


def _decision(advice: Advice, *, now: datetime) -> Iterator[Html]:
    """Yield who answered what, and when."""
    if advice.decision:
        decision = advice.decision
        yield element("p", foreign(str(decision)), " (", ago(decision.at, now=now), ")")


def _known_beside(advice: Advice) -> Iterator[Html]:
    """Yield what must be known before anybody begins: guards, no-ops, steps that come first."""
    if advice.notes:
        yield element(
            "ul", *[element("li", foreign(note)) for note in advice.notes], class_="notes"
        )


def _cost(stage: Stage) -> Iterator[Node]:
    cost = format_value(stage.monthly_cost_dollars, Unit.DOLLARS)
    if stage.monthly_cost_to_dollars is not None:
        cost += f" to {format_value(stage.monthly_cost_to_dollars, Unit.DOLLARS)}"
    yield element("span", "Declared cost of the stack then: ", class_="soft")
    yield element("strong", f"{cost} a month", class_="num")
    saas = f"; the SaaS equivalent costs {stage.saas_ratio:g}x" if stage.saas_ratio else ""
    yield element("span", f" ({stage.title}{saas})", class_="soft")


def _reason(standing: Standing, *, now: datetime) -> Html:
    trigger, rule = standing.view.trigger, standing.view.rule
    blind: list[Node] = [" ", tag("blind", "blind")] if trigger.blind else []
    return element(
        "li",
        foreign(rule.title),
        " on ",
        element("strong", foreign(trigger.subject)),
        ", since ",
        ago(trigger.since, now=now),
        *blind,
        small(foreign(standing.view.verdict.evidence)),
    )


def _lines(advice: Sequence[Advice]) -> Iterator[Html]:
    for state, text in _LINES.items():
        titles = [one.evolution.title for one in advice if one.state is state]
        if titles:
            listed = [node for title in titles for node in (", ", foreign(title))][1:]
            yield element("p", f"{text} ({len(titles)}): ", *listed, class_="soft small")
