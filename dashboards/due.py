"""What is due and why: evolutions and triggers."""

from collections.abc import Iterator

from dashboards.panels import (
    NONE_IS_GOOD,
    Line,
    Panel,
    Text,
    Word,
    as_unit,
    as_words,
    graph,
    marked,
    number,
    rows,
    timeline,
)
from dashboards.queries import code_of_state, one
from xops_watch.core.advise import AdviceState
from xops_watch.exporter import catalogue

STATE_WORDS: dict[str, Word] = {
    AdviceState.NOT_NEEDED: Word(text="not needed", color="green"),
    AdviceState.START_BY: Word(text="start by", color="orange"),
    AdviceState.RECOMMENDED: Word(text="recommended", color="red"),
    AdviceState.ACCEPTED: Word(text="accepted", color="blue"),
    AdviceState.DEFERRED: Word(text="deferred", color="purple"),
    AdviceState.REJECTED: Word(text="rejected", color="super-light-purple"),
    AdviceState.BLOCKED: Word(text="blocked", color="dark-red"),
    AdviceState.ADOPTED: Word(text="adopted", color="dark-green"),
    AdviceState.UNKNOWN: Word(text="unknown", color="text"),
}
STATE_CODES: dict[str, int] = {state: code for code, state in enumerate(STATE_WORDS)}
TRIGGER_CODES = {"inactive": 0, "pending": 1, "firing": 2}
BLIND_CODE = 4  # added to the code of the state that a blind trigger keeps
TRIGGER_WORDS = {
    0: Word(text="inactive", color="green"),
    1: Word(text="pending", color="yellow"),
    2: Word(text="firing", color="red"),
    4: Word(text="inactive, blind", color="light-green"),
    5: Word(text="pending, blind", color="light-yellow"),
    6: Word(text="firing, blind", color="light-red"),
}


def due() -> Iterator[Panel]:
    """Yield which step is due: counts, the stages, every evolution."""
    yield from _counts()
    yield from _evolutions()


def _counts() -> Iterator[Panel]:
    due = f"{AdviceState.START_BY}|{AdviceState.RECOMMENDED}"
    yield number(
        Text(
            title="Steps due", meaning="Evolutions that the watch recommends or says when to start"
        ),
        f"sum({one('max', catalogue.EVOLUTION_STATE, state=due)})",
        unit="short",
        steps=NONE_IS_GOOD,
        span=4,
    ).height(7)
    yield number(
        Text(title="Triggers firing", meaning="Documented thresholds that are passed now"),
        f"sum({one('max', catalogue.TRIGGER_STATE, state='firing')})",
        unit="short",
        steps=NONE_IS_GOOD,
        span=4,
    ).height(7)
    yield number(
        Text(
            title="Triggers blind",
            meaning="Triggers that cannot be judged for want of data; they keep the state they had",
        ),
        f"sum({one('max', catalogue.TRIGGER_BLIND)})",
        unit="short",
        steps=((None, "green"), (1, "orange")),
        span=4,
    ).height(7)
    yield (
        rows(
            Text(
                title="Stages",
                meaning="Declared monthly cost and SaaS ratio of each documented stage",
            ),
            one("max", catalogue.STAGE_COST),
            one("max", catalogue.STAGE_SAAS),
            columns={"stage": "Stage", "Value #A": "Cost a month", "Value #B": "SaaS costs"},
            span=12,
        )
        .height(7)
        .override_by_name("Cost a month", as_unit("currencyUSD"))
        .override_by_name("SaaS costs", as_unit("suffix: times as much"))
    )


def _evolutions() -> Iterator[Panel]:
    info = catalogue.EVOLUTION_INFO
    words = [name for name in info.labels if name != "evolution"]
    yield rows(
        Text(
            title="Evolutions",
            meaning="Each documented step with what is said of it now, and how hard it honestly is",
        ),
        f"{one('max', catalogue.EVOLUTION_STATE, ' == 1')}"
        f" * on (evolution) group_left ({', '.join(words)}) {one('max', info)}",
        columns={
            "evolution": "Evolution",
            "state": "State",
            **{word: word.capitalize() for word in words},
        },
    ).override_by_name("State", as_words(STATE_WORDS))
    yield timeline(
        Text(title="Evolutions over time", meaning="Since when a step is due, and when it was not"),
        Line(expr=code_of_state(catalogue.EVOLUTION_STATE, STATE_CODES), legend="{{evolution}}"),
        {STATE_CODES[state]: word for state, word in STATE_WORDS.items()},
    )


def triggers() -> Iterator[Panel]:
    """Yield how every trigger stands and stood."""
    blind = f"{BLIND_CODE} * {one('max', catalogue.TRIGGER_BLIND)}"
    yield timeline(
        Text(
            title="Triggers over time",
            meaning="Pale colours: blind, the state is the last known one",
        ),
        Line(
            expr=code_of_state(catalogue.TRIGGER_STATE, TRIGGER_CODES, extra=blind),
            legend="{{rule}} on {{subject}}",
        ),
        TRIGGER_WORDS,
    )
    yield (
        rows(
            Text(
                title="Value against threshold",
                meaning="In base units: a ratio of 0.8 is 80 %. A value that is not known is empty",
            ),
            one("max", catalogue.TRIGGER_STATE, " == 1"),
            one("max", catalogue.TRIGGER_VALUE),
            one("max", catalogue.TRIGGER_THRESHOLD),
            one("min", catalogue.TRIGGER_HEADROOM),
            f"1000 * {one('min', catalogue.TRIGGER_SINCE)}",
            columns={
                "rule": "Rule",
                "subject": "Subject",
                "state": "State",
                "Value #B": "Value",
                "Value #C": "Threshold",
                "Value #D": "Headroom",
                "Value #E": "Since",
            },
            span=14,
        )
        .override_by_name("State", as_words({word.text: word for word in TRIGGER_WORDS.values()}))
        .override_by_name("Headroom", as_unit("percentunit"))
        .override_by_name("Since", as_unit("dateTimeFromNow"))
    )
    yield marked(
        graph(
            Text(
                title="Headroom",
                meaning="Room left to the threshold, as a share of it: 0 is on the line",
            ),
            Line(expr=one("min", catalogue.TRIGGER_HEADROOM), legend="{{rule}} on {{subject}}"),
            unit="percentunit",
            span=10,
        ),
        ((None, "red"), (0, "transparent")),
    ).height(9)
