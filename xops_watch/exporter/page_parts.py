"""The small pieces that every section of the status page is made of."""

from collections.abc import Sequence
from datetime import UTC, datetime

from xops_watch.core.quantity import format_duration
from xops_watch.exporter.markup import Html, Node, element

ROWS_MAX = 500  # a table that long is read by machines, from the snapshot API


def foreign(text: str) -> Html:
    """Return text from outside, kept from turning the direction of what stands around it."""
    return element("bdi", text)


def tag(text: str, *looks: str) -> Html:
    """Return a short word in a coloured frame; the looks are classes of the style sheet."""
    return element("span", text, class_=" ".join(filter(None, ("tag", *looks))))


def small(*children: Node) -> Html:
    """Return a line below another, of less weight."""
    return element("div", *children, class_="soft small")


def ago(at: datetime, *, now: datetime) -> Html:
    """Return how long ago something was; the instant itself is in the tooltip."""
    instant = at.astimezone(UTC).isoformat(timespec="seconds")
    text = f"{format_duration(now - at)} ago" if at < now else "just now"
    return element("time", text, datetime=instant, title=instant)


def table(columns: Sequence[str], rows: Sequence[Sequence[Node]]) -> Html:
    """Return a table of at most ROWS_MAX rows that tells how many it leaves out."""
    if not rows:
        return element("p", "None yet.", class_="card soft")
    head = element("tr", *(element("th", column, scope="col") for column in columns))
    body = [_row(columns, cells) for cells in rows[:ROWS_MAX]]
    whole = element("table", element("thead", head), element("tbody", *body))
    if len(rows) <= ROWS_MAX:
        return whole
    rest = f"and {len(rows) - ROWS_MAX} more, in the snapshot as JSON"
    return element("div", whole, element("p", rest, class_="soft"))


def _row(columns: Sequence[str], cells: Sequence[Node]) -> Html:
    return element(
        "tr",
        *(
            element("td", element("div", cell), data_label=column)
            if cell
            else element("td", class_="empty")
            for column, cell in zip(columns, cells, strict=True)
        ),
    )
