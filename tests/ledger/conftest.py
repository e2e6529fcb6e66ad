"""A ledger that is not begun yet."""

from pathlib import Path

import pytest

from xops_watch.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "state.ledger.jsonl")
