"""How a line is laid out on the terminal: narrow, wide, or none."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.cli.demo import laid_out
from xops_watch.demo.tell import Line

AT = timedelta(hours=1, minutes=2, seconds=59)


@pytest.mark.parametrize(
    ("line", "width", "shown"),
    [
        (Line(who="world", text="a b"), None, "01:02  world   a b"),
        (Line(who="", text="| a b"), None, "       | a b"),
        (Line(who="", text="| "), None, "       |"),
        (
            Line(who="world", text="one two three four five six seven eight nine ten and on"),
            66,
            f"01:02  world   one two three four five six seven eight nine ten\n{' ' * 15}and on",
        ),
        (
            Line(who="world", text="one two three four five six seven"),
            40,
            "01:02  world   one two three four five\n  six seven",
        ),
        (
            Line(who="", text="| 1. Look at L4 first: while it is SQLite, keep"),
            40,
            "  | 1. Look at L4 first: while it is\n  | SQLite, keep",
        ),
        (
            Line(who="demo", text="page http://[::1]:9923/"),
            30,
            "01:02  demo    page\n  http://[::1]:9923/",
        ),
        (Line(who="demo", text="a b"), 1, "01:02  demo    a b"),
    ],
)
def test_a_line(line: Line, width: int | None, shown: str) -> None:
    assert laid_out(line, AT, width=width) == shown


def test_what_drives_a_terminal_is_not_shown() -> None:
    line = Line(who="trigger", text="evil\x1b[2J\x07\nforged")
    assert laid_out(line, AT, width=80) == "01:02  trigger evil\ufffd[2J\ufffd\ufffdforged"


words = st.text("abc-/:.", min_size=1, max_size=20)


@given(st.lists(words, min_size=1), st.integers(1, 200), st.sampled_from(["", "SNS", "trigger"]))
def test_nothing_is_lost_and_no_line_is_too_long(texts: list[str], width: int, who: str) -> None:
    shown = laid_out(Line(who=who, text=" ".join(texts)), AT, width=width)
    assert shown.split()[2 if who else 0 :] == texts
    assert max(map(len, shown.split("\n"))) <= max(width, 35)
