"""How commands speak to people: tables and colour on a terminal, plain columns elsewhere."""

import json
import sys
from collections.abc import Sequence

import click
from tabulate import tabulate

COLOURS = {
    "firing": "red",
    "pending": "yellow",
    "recommended": "red",
    "unknown": "yellow",
    "blind": "yellow",
    "failed": "red",
    "warning": "yellow",
    "HIGH": "red",
    "MED": "yellow",
}


def show_json(value: object) -> None:
    """Print a value as JSON, for programs."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def show_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under headers; on a terminal the words that matter are coloured."""
    on_terminal = sys.stdout.isatty()
    cells = [[_cell(cell, colour=on_terminal) for cell in row] for row in rows]
    click.echo(
        tabulate(
            cells,
            headers=[header.upper() for header in headers],
            tablefmt="simple" if on_terminal else "plain",
            disable_numparse=True,
        )
    )


def printable(text: str) -> str:
    """Return the text without control characters: names from outside must not drive a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _cell(cell: object, *, colour: bool) -> str:
    text = printable(str(cell))
    return click.style(text, fg=COLOURS[text]) if colour and text in COLOURS else text
