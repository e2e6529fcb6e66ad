"""Secrets in files: read anew for every use, and never told."""

import os
from pathlib import Path

import pytest

from xops_watch.errors import GapReason, SourceError
from xops_watch.web.secret import SecretFile

SETTING = "XOPS_WATCH_SHOP__TOKEN_FILE"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "token"


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        SecretFile(path, setting=SETTING).read_token()
    error = caught.value
    assert error.reason is GapReason.DENIED
    assert SETTING in error.hint
    assert error.what.isprintable()
    return error.what.removeprefix(f"the file {str(path)!r:.150} ")


def test_blanks_around_a_secret_are_not_part_of_it(path: Path) -> None:
    path.write_text("  sk-1234\n")
    assert SecretFile(path, setting=SETTING).read_token() == "sk-1234"


def test_a_secret_that_was_changed_counts_at_once(path: Path) -> None:
    path.write_text("old")
    secret = SecretFile(path, setting=SETTING)
    assert secret.read() == "old"
    path.write_text("new")
    assert secret.read() == "new"


def test_a_key_of_several_lines_is_a_secret_and_no_token(path: Path) -> None:
    path.write_text("-----BEGIN-----\nabc\n")
    assert SecretFile(path, setting=SETTING).read() == "-----BEGIN-----\nabc"
    assert refused(path) == "is no token: it has blanks or characters that no token has"


def test_a_file_that_is_not_there_is_refused(path: Path) -> None:
    assert refused(path) == "cannot be read (No such file or directory)"


def test_a_directory_is_refused(path: Path) -> None:
    path.mkdir()
    assert refused(path) == "cannot be read (Is a directory)"


def test_a_pipe_is_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    assert refused(path) == "is empty"


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_an_empty_file_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert refused(path) == "is empty"


def test_a_file_that_is_too_large_is_refused(path: Path) -> None:
    path.write_bytes(b"x" * 65_537)
    assert refused(path) == "is too large for a secret"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"sk-\xff"])
def test_what_is_no_text_is_refused_without_its_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        SecretFile(path, setting=SETTING).read()
    assert caught.value.what.endswith("is not text")
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("token", ["two words", "tab\there", "é", "line\nbreak"])
def test_what_cannot_stand_in_a_header_is_no_token(path: Path, token: str) -> None:
    path.write_text(token)
    assert refused(path) == "is no token: it has blanks or characters that no token has"


def test_what_a_secret_prints_as_does_not_tell_it(path: Path) -> None:
    path.write_text("sk-1234")
    secret = SecretFile(path, setting=SETTING)
    secret.read()
    assert "sk-1234" not in repr(secret)
