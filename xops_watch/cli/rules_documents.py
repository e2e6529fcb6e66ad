"""What `xops-watch rules` says of the documents: their rows, and their contradictions."""

import re
from collections.abc import Iterator
from textwrap import wrap

import click

from xops_watch.cli.output import show_json, show_table
from xops_watch.core.rule import Rulebook

WIDTH = 96  # characters of a line: the same on a terminal and in a pipe
_INDENT = "    "

# The name of a row, the kind and the id of what covers it, and the rules that are behind it.
_Covered = tuple[str, str, str, tuple[str, ...]]


def described_contradictions(rulebook: Rulebook) -> list[dict[str, object]]:
    """Return the contradictions in the documents, for programs."""
    return [
        {
            "id": contradiction.id,
            "rows": list(contradiction.rows),
            "conflict": contradiction.conflict,
            "treatment": contradiction.treatment,
        }
        for contradiction in rulebook.declared.contradictions
    ]


def show_contradictions(rulebook: Rulebook) -> None:
    """Print every contradiction in the documents and how the rules treat it."""
    for contradiction in rulebook.declared.contradictions:
        click.echo()
        _show_wrapped(f"{contradiction.id.upper()}  rows: {', '.join(contradiction.rows)}", "")
        _show_wrapped(contradiction.conflict, _INDENT)
        _show_wrapped(f"Treatment: {contradiction.treatment}", _INDENT)


def show_rows(rulebook: Rulebook, *, as_json: bool) -> None:
    """Print every documented row and what covers it; once for each that does."""
    covered = sorted(set(_covered(rulebook)), key=lambda found: (_in_order(found[0]), found[1:]))
    if not as_json:
        show_table(
            ("row", "kind", "covered by", "rules"),
            [(row, kind, id_, ", ".join(rules)) for row, kind, id_, rules in covered],
        )
        return
    show_json(
        [
            {"row": row, "kind": kind, "covered_by": id_, "rules": list(rules)}
            for row, kind, id_, rules in covered
        ]
    )


def _covered(rulebook: Rulebook) -> Iterator[_Covered]:
    """Yield everything that covers a row.

    A rule that a deployment switched off still covers its rows: the documents have not changed.
    """
    for rule in (*rulebook.rules, *(off.rule for off in rulebook.off)):
        yield from ((row, "rule", rule.id, (rule.id,)) for row in rule.rows)
    yield from ((stage.row, "stage", stage.id, ()) for stage in rulebook.stages.values())
    of = {alias.id: alias.of for alias in rulebook.declared.aliases}
    for row, kind, id_ in rulebook.declared.rows:
        yield row, kind, id_, of[id_] if kind == "alias" else ()


def _in_order(row: str) -> tuple[tuple[bool, int, str], ...]:
    """Return what to sort the name of a row by: `A.trigger.2` comes before `A.trigger.11`."""
    pieces = re.findall(r"[0-9]+|[^0-9.]+", row)
    return tuple((piece.isdigit(), int(piece) if piece.isdigit() else 0, piece) for piece in pieces)


def _show_wrapped(text: str, indent: str) -> None:
    lines = wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=_INDENT, break_on_hyphens=False
    )
    click.echo("\n".join(lines))
