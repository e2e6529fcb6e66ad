"""HTML as values. Text is escaped because it is text; only what was built here is markup."""

from dataclasses import dataclass
from html import escape

from xops_watch.exporter.text import clip

_VOID = frozenset({"link", "meta"})


@dataclass(frozen=True, slots=True)
class Html:
    """A finished piece of markup."""

    text: str


Node = Html | str


def element(name: str, /, *children: Node, **attributes: str) -> Html:
    """Return an element; a keyword such as `http_equiv` or `class_` names an attribute."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(clip(value))}"'
        for key, value in attributes.items()
    )
    if name in _VOID:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{_joined(children)}</{name}>")


def document(*children: Node) -> str:
    """Return a whole HTML document."""
    return f"<!doctype html>\n{element('html', *children, lang='en').text}\n"


def _joined(children: tuple[Node, ...]) -> str:
    return "".join(
        child.text if isinstance(child, Html) else escape(clip(child)) for child in children
    )
