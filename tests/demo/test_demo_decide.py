"""The board of the demo: it answers by the real command, once, and only what is recommended."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.cli.command import clean_environment
from tests.demo.showing import WAIT_SECONDS
from tests.system.daemons import eventually
from xops_watch.clock import machine_now
from xops_watch.demo.decide import Board, deciding
from xops_watch.demo.tell import Line

NOW = machine_now()
IN_TWO_WEEKS = f"{NOW + timedelta(days=14):%Y-%m-%d}"
TYPED = (
    f"$ xops-watch decision defer atlantis-on-k3s --until {IN_TWO_WEEKS} --by 'Platform board'"
    " --reason 'the release comes first'"
)


def _advice(state: str) -> Mapping[str, Any]:
    return {"advice": [{"evolution": {"id": "atlantis-on-k3s"}, "state": state}]}


def _texts(lines: list[Line]) -> list[str]:
    return [line.text for line in lines]


def _told(board: Board) -> list[str]:
    lines: list[Line] = []

    def is_told() -> bool:
        lines.extend(board.answered())
        return bool(lines)

    eventually(is_told, "the command has ended", seconds=WAIT_SECONDS)
    return _texts(lines)


def test_what_is_not_recommended_is_not_answered(tmp_path: Path) -> None:
    with deciding(clean_environment({"XOPS_WATCH_STATE_PATH": str(tmp_path / "none")})) as board:
        assert list(board.answer(_advice("unknown"), now=NOW)) == []
        assert list(board.answer({"advice": []}, now=NOW)) == []
        assert list(board.answered()) == []


def test_it_answers_once_and_what_the_command_says_is_told_once(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    environment = clean_environment({"XOPS_WATCH_STATE_PATH": str(state)})
    with deciding(environment) as board:
        assert _texts(list(board.answer(_advice("recommended"), now=NOW))) == [TYPED]
        assert list(board.answer(_advice("recommended"), now=NOW + timedelta(minutes=1))) == []
        told = _told(board)
        assert list(board.answered()) == []
    # There is no daemon here; that the real one takes the answer is told in the whole story.
    assert told[0] == f"xops-watch: {state}: there is no state file"
    assert not state.exists()


def test_it_ends_with_the_block_even_if_the_command_does_not(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import time\ntime.sleep(600)\n")
    environment = clean_environment({"PYTHONPATH": str(tmp_path)})
    with deciding(environment) as board:
        assert list(board.answer(_advice("recommended"), now=NOW))
        assert board._process is not None
    assert board._process.returncode is not None
