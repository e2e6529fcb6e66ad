import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from tests.exporter.client import Desk, ask
from tests.exporter.scenes import (
    ANSWER,
    CPU_HIGH,
    NOW,
    QUEUE_LONG,
    answered,
    crowd,
    evolution,
    hostile,
    rule,
    rulebook,
    series,
    snapshot,
    source,
    usual,
)
from xops_watch.core.advise import AdviceState
from xops_watch.core.rule import ThresholdSource
from xops_watch.core.snapshot import Snapshot
from xops_watch.exporter.markup import element
from xops_watch.exporter.page import PageView, render_page

VOID = {"meta", "link"}
KNOWN_ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "section", "article", "footer"),
    *("h1", "h2", "h3", "h4", "p", "div", "span", "strong", "bdi", "time", "a", "ul", "li"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
KNOWN_ATTRIBUTES = {
    *("charset", "lang", "name", "content", "http-equiv"),
    *("class", "data-label", "datetime", "href", "scope", "title"),
}


@dataclass
class Page(HTMLParser):
    """What a browser would find."""

    elements: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str | None]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    isolated: list[str] = field(default_factory=list)
    style: str = ""
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["style"]:
            self.style += data
        elif data.strip():
            self.texts.append(data.strip())
            if "bdi" in self._open:
                self.isolated.append(data.strip())

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def read(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    assert not page._open
    return page


def render(scene: Snapshot | None, *, complaint: str = "") -> Page:
    return read(
        render_page(
            PageView(
                snapshot=scene,
                now=NOW + timedelta(seconds=12),
                refresh_seconds=15,
                complaint=complaint,
                version="0.1.0",
            )
        )
    )


def in_order(text: str, parts: Sequence[str]) -> bool:
    return re.search(".*".join(map(re.escape, parts)), text) is not None


@pytest.mark.parametrize(
    "scene",
    [usual(), hostile(), crowd(3, 3), snapshot(), None],
    ids=["usual", "hostile", "crowd", "nothing", "before"],
)
def test_the_page_has_no_script_and_loads_nothing(scene: Snapshot | None) -> None:
    page = render(scene)
    assert set(page.elements) <= KNOWN_ELEMENTS
    assert {name for name, _ in page.attributes} <= KNOWN_ATTRIBUTES
    hrefs = {value for name, value in page.attributes if name == "href"}
    assert hrefs == {"/metrics", "/api/v1/snapshot"}
    assert "url(" not in page.style
    assert "@import" not in page.style


def test_the_policy_admits_exactly_the_style_of_the_page() -> None:
    reply = ask(Desk().app, "/")
    digest = hashlib.sha256(read(reply.text).style.encode()).digest()
    policy = reply.headers["Content-Security-Policy"]
    assert f"style-src 'sha256-{base64.b64encode(digest).decode()}'" in policy


def test_attributes_cannot_be_left() -> None:
    made = element("a", "text", href='"><script>&\u202e').text
    assert made == r'<a href="&quot;&gt;&lt;script&gt;&amp;\u202e">text</a>'


def test_hostile_text_is_shown_as_text() -> None:
    page = render(hostile())
    assert "<script>alert(1)</script>" in page.texts
    assert "\"'><img src=x onerror=alert(1)>" in page.texts
    assert "{{7*7}} ${7*7} %s &amp; </style></title>" in page.texts
    assert r"\u202egnihtyreve\u2066 bidi" in page.texts
    assert r"lone \ud800 surrogate" in page.texts
    assert all(text.isprintable() for text in page.texts)
    assert max(len(text) for text in page.texts) == 500


def test_foreign_text_is_isolated_from_the_direction_of_its_surroundings() -> None:
    page = render(snapshot(series("ecs.tasks_running", "שירות", [2])))
    assert page.texts.count("שירות") == page.isolated.count("שירות") == 1


def test_what_is_recommended_comes_first_then_triggers_signals_sources() -> None:
    text = render(usual()).text
    assert in_order(
        text,
        [
            "Recommended",
            "Title of scale-out",
            "Config Change (proposed)",
            "risk LOW",
            "BC1 PEAK",
            "Compute",
            "Raise min_capacity",
            "$380.00 a month",
            "5.3x",
            "Because",
            "Title of ecs-cpu-sustained on",
            "xops/litellm",
            "blind",
            "last read 30m ago",
            "Triggers",
            "Signals",
            "Sources",
        ],
    )


def test_triggers_are_in_the_order_of_the_attention_they_need() -> None:
    text = render(usual()).text.partition("Triggers")[2].partition("Signals")[0]
    assert in_order(
        text, ["xops/litellm", "xops/crew", "xops/open-webui", "xops/fastapi", "xops/chroma"]
    )


def test_a_trigger_shows_value_threshold_and_what_is_proposed() -> None:
    text = render(usual()).text.partition("Triggers")[2]
    assert in_order(
        text,
        [
            "xops/open-webui",
            "91.25%",
            "> 80% in 3 of 5 points",
            "proposed: datapoints",
            "4m12s ago",
        ],
    )


def test_an_unknown_value_is_not_shown_as_a_value() -> None:
    text = render(usual()).text.partition("Triggers")[2]
    assert in_order(
        text, ["firing", "blind", "last read 30m ago", "xops/litellm", "unknown", "> 80%"]
    )


@pytest.mark.parametrize(
    ("source", "label"),
    [
        (ThresholdSource.PROPOSED, "proposed: threshold, hold"),
        (ThresholdSource.DOCUMENTED_REINTERPRETED, "reinterpreted from the document"),
    ],
)
def test_a_threshold_that_the_documents_do_not_give_says_so(
    source: ThresholdSource, label: str
) -> None:
    book = rulebook([rule("r", QUEUE_LONG, threshold_source=source, proposed=("hold",))])
    assert label in render(snapshot(series("crew.queue_depth", "s", [1]), book=book)).text


def test_signals_that_cannot_be_seen_come_first_with_the_reason() -> None:
    text = render(usual()).text.partition("Signals")[2]
    assert in_order(
        text,
        [
            "denied",
            "crew.queue_depth",
            "AccessDeniedException",
            "xops/crew",
            "last 8",
            "stale",
            "ok",
        ],
    )


def test_before_the_first_tick_it_says_that_nothing_is_known() -> None:
    text = render(None).text
    assert "The first tick has not finished yet: nothing is known." in text
    assert "Nothing is due" not in text


def test_nothing_due_is_told_apart_from_nothing_known() -> None:
    quiet = series("ecs.cpu_utilization", "s", [0.1] * 5)
    unseen = render(snapshot(quiet)).text
    seen = render(snapshot(quiet, series("crew.queue_depth", "s", [1]))).text
    assert "Nothing is proven to be due. Not everything can be judged." in unseen
    assert "Cannot be judged yet (1): Title of scale-out" in unseen
    assert "Nothing is due." in seen
    assert "Not needed (1): Title of scale-out" in seen


def test_a_daemon_that_hangs_says_so_on_its_page() -> None:
    desk = Desk()
    desk.publisher.publish(usual())
    desk.stopwatch.seconds += 100
    assert "no tick has finished for 100.0 s; dead after 45.0 s" in ask(desk.app, "/").text


def test_states_that_people_decide_on_have_cards_in_order() -> None:
    shown = usual()
    (advice,) = shown.advice
    states = [AdviceState.REJECTED, AdviceState.BLOCKED, AdviceState.RECOMMENDED]
    several = tuple(
        replace(advice, state=state, evolution=evolution(f"to-{state}")) for state in states
    )
    text = render(replace(shown, advice=several)).text
    assert in_order(
        text, ["Title of to-recommended", "Title of to-blocked", "Title of to-rejected"]
    )


def test_a_page_stays_readable_with_thousands_of_triggers() -> None:
    page = render(crowd(60, 10))
    assert page.elements.count("tr") < 600
    assert "and 100 more, in the snapshot as JSON" in page.text
    assert "and 280 more" in page.text


def test_the_title_counts_what_fires() -> None:
    assert "(3) ai-portal · xops-watch" in render(usual()).texts
    assert "ai-portal · xops-watch" in render(snapshot()).texts


def test_an_answer_from_the_future_is_not_a_negative_age() -> None:
    skewed = replace(source("ecs"), last_success=NOW + timedelta(minutes=3))
    assert "just now" in render(snapshot(sources=[skewed])).texts


def test_an_empty_table_says_that_it_is_empty() -> None:
    assert render(snapshot(sources=[])).texts.count("None yet.") == 3


@pytest.mark.parametrize(
    ("source_of_class", "shown"),
    [("documented", "Config Change"), ("proposed", "Config Change (proposed)")],
)
def test_a_class_that_the_documents_do_not_give_says_so(source_of_class: str, shown: str) -> None:
    step = evolution("scale-out", classification_source=source_of_class)
    book = rulebook([rule("r", CPU_HIGH)], [step])
    assert shown in render(snapshot(series("ecs.cpu_utilization", "s", [0.9] * 5), book=book)).texts


def test_a_card_says_who_answered_what_and_when() -> None:
    page = render(answered())
    assert str(ANSWER) in page.isolated
    assert in_order(" ".join(page.texts), [str(ANSWER), "(", "2h", "ago", ")"])
