"""An environment without settings, and a file to write them into."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from xops_watch.settings import CONFIG_VARIABLE, PREFIX

WriteConfig = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith(PREFIX):
            monkeypatch.delenv(name)


@pytest.fixture
def write_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteConfig:
    """Return what writes the file that XOPS_WATCH_CONFIG names."""

    def write(text: str) -> Path:
        path = tmp_path / "config.yaml"
        path.write_text(text, "utf-8")
        monkeypatch.setenv(CONFIG_VARIABLE, str(path))
        return path

    return write
