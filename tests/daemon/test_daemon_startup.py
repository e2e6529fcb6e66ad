"""A signal while the process still starts: nothing is owed yet, so that it ends at once."""

import json
import subprocess
import sys
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals

import pytest

from tests.cli.command import clean_environment
from tests.daemon.process import ROOT

# Sends the signal in the middle of an import: the worst moment, and always the same.
SITE = """
import os, sys
class Signalling:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["TEST_AT"]:
            os.kill(os.getpid(), int(os.environ["TEST_NUMBER"]))
sys.meta_path.insert(0, Signalling())
"""
IN_A_CONTAINER = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")


def _run(
    tmp_path: Path, *, at: str, number: Signals, before: tuple[str, ...] = ()
) -> tuple[int, str]:
    (tmp_path / "sitecustomize.py").write_text(SITE)
    done = subprocess.run(
        [*before, sys.executable, "-m", "xops_watch", "run"],
        env=clean_environment(
            {
                "PYTHONPATH": f"{tmp_path}:{ROOT}",
                "TEST_AT": at,
                "TEST_NUMBER": str(int(number)),
                "XOPS_WATCH_ECS__CLUSTERS": "xops",
                "XOPS_WATCH_HTTP__LISTEN": "127.0.0.1:0",
                "XOPS_WATCH_STATE_PATH": str(tmp_path / "state.db"),
                "AWS_REGION": "ap-southeast-2",
            }
        ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("number", [SIGTERM, SIGINT])
@pytest.mark.parametrize("at", ["boto3", "apscheduler.schedulers", "xops_watch.sources.ecs"])
def test_a_signal_behind_the_open_port_ends_it_at_once_with_0(
    tmp_path: Path, at: str, number: Signals
) -> None:
    code, said = _run(tmp_path, at=at, number=number)
    assert code == 0
    assert [json.loads(line)["event"] for line in said.splitlines()] == ["listening"]
    assert not (tmp_path / "state.db").exists()


@pytest.mark.parametrize(("number", "code"), [(SIGTERM, 143), (SIGINT, 130)])
def test_a_signal_before_the_settings_are_read_ends_it_at_once(
    tmp_path: Path, number: Signals, code: int
) -> None:
    ended, said = _run(tmp_path, at="pydantic", number=number)
    assert ended == code
    assert said.strip() == ""


@pytest.mark.skipif(
    subprocess.run([*IN_A_CONTAINER, "true"], capture_output=True, check=False).returncode != 0,
    reason="needs unshare, and a kernel that lets this user make a PID namespace",
)
@pytest.mark.parametrize(("at", "code"), [("pydantic", 143), ("boto3", 0)])
def test_the_first_process_of_a_container_ends_as_well(tmp_path: Path, at: str, code: int) -> None:
    # The kernel gives process 1 no default action: a signal without a handler is lost.
    ended, _ = _run(tmp_path, at=at, number=SIGTERM, before=IN_A_CONTAINER)
    assert ended == code
