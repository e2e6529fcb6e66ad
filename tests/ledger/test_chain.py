"""The lines of a ledger: whatever they are they are read, and every change of one shows."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from xops_watch.ledger.chain import EMPTY, Entry, parse_entry, read_chain, sha256_of

NOW = datetime(2026, 1, 5, 12, 0, 30, tzinfo=UTC)


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_whatever_is_in_the_file_is_read_without_raising(lines: list[bytes]) -> None:
    chain = read_chain([line.replace(b"\n", b" ") + b"\n" for line in lines])
    assert chain.entries == ()
    assert (chain.broken is None) == (not lines)


@given(st.binary(max_size=300))
def test_a_line_is_an_entry_only_as_it_is_written(line: bytes) -> None:
    entry = parse_entry(line)
    assert entry is None or entry.line() == line


@given(
    st.dictionaries(st.text(max_size=20), st.one_of(st.text(max_size=50), st.integers(-9, 99))),
    st.datetimes(timezones=st.just(UTC)),
)
def test_whatever_text_is_noted_comes_back(fields: dict[str, str | int], at: datetime) -> None:

    entry = Entry(number=1, at=at, kind="test", fields=fields, before=EMPTY.sha256)
    assert parse_entry(entry.line()) == entry


@given(st.data())
def test_any_change_of_any_byte_but_the_last_entrys_shows(data: st.DataObject) -> None:
    whole = _written(4)
    start_of_last = whole.rstrip(b"\n").rindex(b"\n") + 1
    place = data.draw(st.integers(0, start_of_last - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != whole[place]))
    changed = whole[:place] + bytes([byte]) + whole[place + 1 :]
    assert read_chain(changed.splitlines(keepends=True)).broken is not None


def _written(count: int) -> bytes:

    lines, before = [], EMPTY.sha256
    for number in range(1, count + 1):
        line = Entry(number=number, at=NOW, kind="test", fields={"n": number}, before=before).line()
        before = sha256_of(line)
        lines.append(line + b"\n")
    return b"".join(lines)
