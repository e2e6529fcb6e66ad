"""The little Markdown that generated pages need."""

from collections.abc import Iterable, Iterator, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table."""
    for row in (head, ["---"] * len(head), *rows):
        cells = [plain(cell).replace("|", "\\|") for cell in row]
        yield f"| {' | '.join(cells)} |"


def plain(text: str) -> str:
    """Return text on one line that is not taken for markup."""
    return " ".join(text.split()).replace("<", "&lt;")
