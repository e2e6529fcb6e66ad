"""The ledger on a real file: what is added stays, what is changed or breaks off shows."""

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.ledger.filling import NOW, fill
from xops_watch.errors import LedgerError
from xops_watch.ledger import Head, Ledger
from xops_watch.ledger.chain import (
    ENTRY_BYTES_MAX,
)


def broken(ledger: Ledger, *, known: Head | None = None) -> str:
    return str(ledger.verify(known=known).broken)


def test_a_ledger_that_is_not_there_holds_nothing(ledger: Ledger) -> None:
    chain = ledger.verify()
    assert (chain.entries, chain.broken, chain.head.number) == ((), None, 0)
    assert not ledger.path.exists()


def test_entries_come_back_in_their_order(ledger: Ledger) -> None:
    head = fill(ledger, 3)
    chain = ledger.verify()
    assert [entry.fields["version"] for entry in chain.entries] == [1, 2, 3]
    assert (chain.broken, chain.head, chain.entries[0].at) == (None, head, NOW)


def test_the_first_line_is_what_the_format_says(ledger: Ledger) -> None:
    ledger.append("mandate.declared", {"mandate": "mtls"}, now=NOW)
    assert ledger.path.read_text() == (
        '{"n":1,"at":"2026-01-05T12:00:30+00:00","kind":"mandate.declared",'
        f'"fields":{{"mandate":"mtls"}},"before":"{"0" * 64}"}}\n'
    )


def test_each_entry_carries_the_sha256_of_the_line_before(ledger: Ledger) -> None:
    fill(ledger, 2)
    first, second = ledger.path.read_bytes().splitlines()
    assert json.loads(second)["before"] == hashlib.sha256(first).hexdigest()


def test_a_changed_entry_breaks_the_chain_at_the_next_line(ledger: Ledger) -> None:
    fill(ledger, 4)
    text = ledger.path.read_text()
    ledger.path.write_text(text.replace('"version":2', '"version":9'))
    assert broken(ledger) == (
        "line 3: what came before it is not what it was when this was written"
    )


def test_a_dropped_entry_breaks_the_chain_where_it_was(ledger: Ledger) -> None:
    fill(ledger, 4)
    lines = ledger.path.read_text().splitlines(keepends=True)
    ledger.path.write_text("".join(lines[:1] + lines[2:]))
    assert broken(ledger).startswith("line 2: ")


def test_an_inserted_line_is_no_entry(ledger: Ledger) -> None:
    fill(ledger, 2)
    lines = ledger.path.read_text().splitlines(keepends=True)
    ledger.path.write_text(lines[0] + "note: all fine\n" + lines[1])
    assert broken(ledger) == "line 2: is no entry"


def test_a_changed_last_entry_shows_to_who_knew_the_end(ledger: Ledger) -> None:
    head = fill(ledger, 2)
    text = ledger.path.read_text()
    ledger.path.write_text(text.replace('"version":2', '"version":3'))
    assert broken(ledger) == "None"
    assert broken(ledger, known=head) == (
        "line 2: entry 2 is another than it was, and all before may be"
    )


def test_a_cut_off_end_shows_to_who_knew_it(ledger: Ledger) -> None:
    head = fill(ledger, 3)
    lines = ledger.path.read_text().splitlines(keepends=True)
    ledger.path.write_text(lines[0])
    assert broken(ledger, known=head) == "line 2: the end is missing: 2 more entries were there"
    ledger.path.unlink()
    assert broken(ledger, known=head) == "line 1: the end is missing: 3 more entries were there"


def test_who_knew_an_earlier_end_is_content_with_a_longer_chain(ledger: Ledger) -> None:
    head = fill(ledger, 2)
    fill(ledger, 2)
    assert ledger.verify(known=head).broken is None


def test_a_broken_chain_goes_on_and_stays_broken_there(ledger: Ledger) -> None:
    fill(ledger, 2)
    ledger.path.write_text(ledger.path.read_text().replace('"version":1', '"version":7'))
    fill(ledger, 1)
    chain = ledger.verify()
    assert len(chain.entries) == 3
    assert chain.broken is not None
    assert chain.broken.line == 2


def test_every_place_an_entry_can_break_off_at_is_recognised_and_goes_on(ledger: Ledger) -> None:
    fill(ledger, 2)
    whole = ledger.path.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        ledger.path.write_bytes(whole[:end])
        torn = ledger.verify()
        assert torn.broken is None
        ledger.append("mandate.seen", {"cut": end}, now=NOW)
        chain = ledger.verify()
        assert chain.broken is None
        assert chain.tail == b""
        assert chain.entries[-1].fields == {"cut": end}
        complete = end == len(whole) - 1  # only the line end was missing
        assert chain.head.number == (3 if complete else 2)


def test_a_line_that_broke_off_cannot_be_changed_later(ledger: Ledger) -> None:
    fill(ledger, 1)
    with ledger.path.open("ab") as file:
        file.write(b'{"n":2,"at"')
    fill(ledger, 1)
    ledger.path.write_bytes(ledger.path.read_bytes().replace(b'{"n":2,"at"\n', b"{}\n"))
    assert broken(ledger).startswith("line 3: the broken-off line")


def test_a_broken_off_line_cannot_be_taken_out(ledger: Ledger) -> None:
    fill(ledger, 1)
    with ledger.path.open("ab") as file:
        file.write(b"{")
    fill(ledger, 1)
    ledger.path.write_bytes(ledger.path.read_bytes().replace(b"{\n", b""))
    assert broken(ledger) == "line 2: the broken-off line that it names is not there"


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from xops_watch.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]))
print("ready", flush=True)
for n in range(int(sys.argv[2])):
    ledger.append("test.entry", {"who": sys.argv[3], "n": n}, now=datetime.now(UTC))
"""


def writer(ledger: Ledger, count: int, who: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(ledger.path), str(count), who],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_do_not_tear_each_others_entries(ledger: Ledger) -> None:
    for process in [writer(ledger, 40, "daemon"), writer(ledger, 40, "command")]:
        process.communicate(timeout=60)
        assert process.returncode == 0
    chain = ledger.verify()
    assert (chain.broken, chain.head.number) == (None, 80)


def test_threads_do_not_tear_each_others_entries(ledger: Ledger) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: fill(ledger, 5), range(4)))
    chain = ledger.verify()
    assert (chain.broken, chain.head.number) == (None, 20)


def test_kill_9_leaves_a_ledger_that_goes_on(ledger: Ledger) -> None:
    with writer(ledger, 100_000, "killed") as process:
        assert process.stdout is not None
        process.stdout.readline()
        while ledger.verify().head.number < 3:
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
    count = ledger.verify().head.number
    fill(ledger, 1)
    chain = ledger.verify()
    assert (chain.broken, chain.head.number) == (None, count + 1)


@pytest.mark.parametrize("fields", [{"text": "x" * ENTRY_BYTES_MAX}, {"text": "\ud800" * 3000}])
def test_an_entry_that_is_too_large_is_refused_and_nothing_is_written(
    ledger: Ledger, fields: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="bytes are more than an entry has"):
        ledger.append("mandate.declared", fields, now=NOW)
    assert ledger.verify().lines == 0


def test_a_kind_of_a_wrong_form_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="is no kind of entry"):
        ledger.append("Mandate\n", {}, now=NOW)


def test_a_directory_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "no" / "ledger.jsonl")
    with pytest.raises(LedgerError, match=r"cannot add to it: No such file or directory") as caught:
        fill(ledger, 1)
    assert "XOPS_WATCH_LEDGER__PATH" in caught.value.hint


def test_the_owner_of_the_directory_owns_the_ledger_whoever_makes_it(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, 65_534, 65_534)
    ledger = Ledger(tmp_path / "ledger.jsonl")
    fill(ledger, 1)
    assert ledger.path.stat().st_uid == tmp_path.stat().st_uid
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o640


def test_a_pipe_is_no_ledger_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LedgerError, match="is not a regular file"):
        Ledger(tmp_path / "pipe").verify()
    with pytest.raises(LedgerError, match="is not a regular file"):
        fill(Ledger(tmp_path / "pipe"), 1)


def test_who_holds_the_lock_for_too_long_is_told(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xops_watch.ledger.file.LOCK_SECONDS_MAX", 0.1)
    fill(ledger, 1)
    holder = f"import fcntl,sys; f=open({str(ledger.path)!r}); fcntl.flock(f, fcntl.LOCK_EX)"
    code = f"{holder}; print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(LedgerError, match="is locked by another process"):
            fill(ledger, 1)
        process.communicate(timeout=20)
    assert fill(ledger, 1).number == 2
