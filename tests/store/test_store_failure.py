"""Every kind of failure names the file, says what failed, and what to do."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from xops_watch.errors import StoreError
from xops_watch.store.failure import legible, translated


@pytest.mark.parametrize(
    "error", [ValueError("x"), TypeError("x"), KeyError(0), IndexError(), OverflowError("x")]
)
def test_content_that_makes_no_value_is_told_as_damage(error: Exception) -> None:
    with (
        pytest.raises(StoreError, match=r"^f\.db: cannot read: unreadable content") as told,
        legible("f.db", "read"),
    ):
        raise error
    assert type(error).__name__ in told.value.what
    assert "restore a copy" in told.value.hint
    assert told.value.__cause__ is error


def test_an_error_of_the_system_is_told_in_its_words(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match=r"^f\.db: cannot open: No such file or directory$") as told,
        translated("f.db", "open"),
    ):
        (tmp_path / "nothing").stat()
    assert "must be writable" in told.value.hint


def test_an_error_that_nobody_foresaw_still_has_a_hint() -> None:
    with (
        pytest.raises(StoreError, match=r'^f\.db: cannot read: near "nonsense"') as told,
        closing(sqlite3.connect(":memory:")) as connection,
        translated("f.db", "read"),
    ):
        connection.execute("nonsense")
    assert "report it" in told.value.hint


def test_a_store_error_passes_as_it_is() -> None:
    original = StoreError("what", hint="hint")
    with (
        pytest.raises(StoreError) as told,
        translated("f.db", "read"),
        legible("f.db", "read"),
    ):
        raise original
    assert told.value is original


@pytest.mark.parametrize("error", [RuntimeError("a bug"), KeyboardInterrupt()])
def test_what_is_no_failure_of_the_file_passes_as_it_is(error: BaseException) -> None:
    with (
        pytest.raises(type(error)) as told,
        translated("f.db", "read"),
        legible("f.db", "read"),
    ):
        raise error
    assert told.value is error
