"""The status page: what is due and why, then what is watched and how well it can be seen."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from xops_watch.core.snapshot import Snapshot
from xops_watch.core.trigger import Status
from xops_watch.exporter.markup import Html, Node, document, element
from xops_watch.exporter.page_advice import advice_section
from xops_watch.exporter.page_parts import ago, foreign, tag
from xops_watch.exporter.page_tables import (
    off_section,
    refused_banner,
    signals_section,
    sources_section,
    triggers_section,
    unwatched_section,
)
from xops_watch.exporter.standing import standings_of
from xops_watch.exporter.style import STYLE


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """What the page shows; `complaint` says why the daemon counts as dead, else it is empty."""

    snapshot: Snapshot | None
    now: datetime
    refresh_seconds: int
    complaint: str
    version: str


def render_page(view: PageView) -> str:
    """Return the page as HTML: no script, nothing loaded from anywhere."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="refresh", content=str(view.refresh_seconds)),
        element("title", _title(view.snapshot)),
        element("style", Html(STYLE)),
    )
    complaint = [element("p", view.complaint, class_="card banner")] if view.complaint else []
    shown = _waiting() if view.snapshot is None else _sections(view.snapshot, now=view.now)
    body = element("body", _heading(view.snapshot), *complaint, *shown, _footer(view))
    return document(head, body)


def _title(snapshot: Snapshot | None) -> str:
    if snapshot is None:
        return "xops-watch"
    firing = sum(view.trigger.status is Status.FIRING for view in snapshot.triggers)
    return f"{f'({firing}) ' if firing else ''}{snapshot.stack} · xops-watch"


def _heading(snapshot: Snapshot | None) -> Html:
    if snapshot is None:
        return element("h1", "xops-watch")
    return element("h1", foreign(snapshot.stack), element("span", " · xops-watch", class_="soft"))


def _waiting() -> tuple[Html, ...]:
    return (element("p", "The first tick has not finished yet: nothing is known.", class_="card"),)


def _sections(snapshot: Snapshot, *, now: datetime) -> tuple[Html, ...]:
    standings = standings_of(snapshot)
    return (
        _summary(snapshot, now=now),
        *refused_banner(snapshot.rules),
        advice_section(snapshot.advice, standings, now=now),
        triggers_section(standings, now=now),
        *off_section(snapshot.rules),
        *unwatched_section(snapshot.unwatched),
        signals_section(snapshot.signals, now=now),
        sources_section(snapshot.sources, now=now),
    )


def _summary(snapshot: Snapshot, *, now: datetime) -> Html:
    counts = Counter(view.trigger.status.value for view in snapshot.triggers)
    blind = sum(view.trigger.blind for view in snapshot.triggers)
    tags = [
        tag(f"{counts[status]} {status}", status if counts[status] else "")
        for status in (Status.FIRING, Status.PENDING, Status.INACTIVE)
    ]
    return element(
        "div",
        element("p", *tags, tag(f"{blind} blind", "blind" if blind else ""), class_="tags"),
        element("p", "Last tick ", ago(snapshot.at, now=now), class_="soft small"),
    )


def _footer(view: PageView) -> Html:
    facts = [f"xops-watch {view.version}"]
    if view.snapshot is not None:
        facts.append(f"{len(view.snapshot.rulebook.rules)} rules")
        facts.append(f"rulebook {view.snapshot.rulebook.digest[:12]}")
        facts.append(f"last tick took {view.snapshot.duration_seconds:.2f} s")
    facts.append(f"this page reloads every {view.refresh_seconds} s")
    links: list[Node] = [
        element("a", "metrics", href="/metrics"),
        ", ",
        element("a", "snapshot as JSON", href="/api/v1/snapshot"),
    ]
    return element("footer", element("p", " · ".join(facts), " · ", *links), class_="soft small")
