"""The ledger where a file or a disk is not as it should be."""

import subprocess
import sys

import pytest

from tests.ledger.filling import fill
from xops_watch.ledger import Ledger
from xops_watch.ledger.chain import ENTRY_BYTES_MAX


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_line_that_is_too_long_is_no_entry_and_is_not_kept_in_memory(
    ledger: Ledger, end: str
) -> None:
    fill(ledger, 1)
    with ledger.path.open("a") as file:
        file.write("x" * (3 * ENTRY_BYTES_MAX) + end)
    chain = ledger.verify()
    assert len(chain.tail) < 2 * ENTRY_BYTES_MAX
    assert str(chain.broken) == ("line 2: is no entry" if end else "None")
    fill(ledger, 1)
    chain = ledger.verify()
    assert (chain.head.number, chain.lines) == (2, 3)
    assert str(chain.broken) == ("line 2: is no entry" if end else "None")


FULL = """
import resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from xops_watch.errors import LedgerError
from xops_watch.ledger import Ledger
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
limit = path.stat().st_size + 40
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    Ledger(path).append("test.entry", {"n": 1}, now=datetime.now(UTC))
except LedgerError as error:
    print(error.what)
"""


def test_a_disk_that_fills_up_is_told_and_the_next_entry_goes_on(ledger: Ledger) -> None:
    fill(ledger, 1)
    size = ledger.path.stat().st_size
    said = subprocess.run(
        [sys.executable, "-c", FULL, str(ledger.path)], capture_output=True, text=True, check=True
    ).stdout
    assert said == f"{ledger.path}: cannot add to it: no space left for the whole entry\n"
    assert ledger.path.stat().st_size == size + 40
    assert ledger.verify().broken is None
    fill(ledger, 1)
    chain = ledger.verify()
    assert (chain.broken, chain.head.number) == (None, 2)
