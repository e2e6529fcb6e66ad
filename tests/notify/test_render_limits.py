"""Whatever text the world holds, no form breaks and none exceeds what its receiver takes."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.notify.sns_limits import fits_sms
from tests.notify.strategies import heaviest, lines, notices
from xops_watch.core.notice import Notice
from xops_watch.notify.machine import machine
from xops_watch.notify.plain import CUT_MARK, clean, fold
from xops_watch.notify.render import SUBJECT_MAX, TEXT_MAX, subject, text


def _is_tricky(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(notices())
def test_a_subject_is_one_short_line_of_printable_ascii(notice: Notice) -> None:
    line = subject(notice)
    assert line.isascii()
    assert line.isprintable()
    assert 0 < len(line) <= SUBJECT_MAX
    assert line == line.strip()


@given(notices())
def test_a_text_is_visible_whole_lines_within_one_sms(notice: Notice) -> None:
    said = text(notice)
    assert 0 < len(said) <= TEXT_MAX
    assert fits_sms(said)
    assert not any(_is_tricky(char) for char in said if char != "\n")
    said.encode("utf-8")


@given(notices())
def test_the_json_form_is_read_back_and_holds_no_trick(notice: Notice) -> None:
    document = json.loads(machine(notice), parse_constant=_refuse)
    assert document["state"] == notice.kind
    written = json.dumps(document, ensure_ascii=False)
    assert not any(_is_tricky(char) for char in written)
    machine(notice).encode("utf-8")


def test_the_heaviest_notice_still_fits() -> None:
    assert fits_sms(text(heaviest()))
    assert len(machine(heaviest()).encode()) < 120_000


@given(lines, st.integers(min_value=len(CUT_MARK), max_value=300))
def test_clean_is_one_line_of_bounded_length_and_marks_every_cut(line: str, limit: int) -> None:
    shown = clean(line, limit)
    assert len(shown) <= limit
    assert shown.split() == shown.split(" ") or shown == ""
    if len(line) > 4 * limit:
        assert shown.endswith(CUT_MARK)


@given(lines, st.integers(min_value=10, max_value=120))
def test_clean_and_fold_change_nothing_the_second_time(line: str, limit: int) -> None:
    assert clean(clean(line, limit), limit) == clean(line, limit)
    assert fold(fold(line, limit), limit) == fold(line, limit)


def test_a_line_of_exactly_the_limit_is_not_cut_and_a_longer_one_is() -> None:
    assert clean("x" * 40, 40) == "x" * 40
    assert clean("x" * 41, 40) == "x" * 32 + "...[cut]"
    assert fold("x" * 40, 40) == "x" * 40
    assert fold("x" * 41, 40) == "x" * 37 + "..."


@pytest.mark.parametrize("code", [0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF])
def test_what_no_text_may_hold_is_replaced(code: int) -> None:
    assert clean(f"a{chr(code)}b", 40) == "a\ufffdb"


@pytest.mark.parametrize("code", [0xFDCF, 0xFDF0, 0xFFFC, 0x10000, 0x1F525])
def test_its_neighbours_are_not(code: int) -> None:
    assert clean(f"a{chr(code)}b", 40) == f"a{chr(code)}b"


@given(st.from_regex(r"[A-Za-z0-9/_.%>-]{1,40}", fullmatch=True))
def test_ordinary_names_are_shown_unchanged(name: str) -> None:
    assert clean(name, 40) == name
    assert fold(name, 40) == name


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")
