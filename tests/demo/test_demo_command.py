"""The whole command: the story is told, and nothing is left behind, however it ends."""

import os
import sys
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM, Signals

import psutil
import pytest

from tests.cli.command import xops_watch
from tests.demo.showing import ANYWHERE, WAIT_SECONDS, read, showing
from tests.system.daemons import eventually, free_port

TOLD = (
    "world   a busy morning: CPU climbs past 80 % on both services",
    "world   a seventh service appears: vector-search",
    "read    ecs.cpu_utilization: ",
    "trigger ecs-cpu-sustained on xops/open-webui: pending -> firing; ",
    "trigger ecs-cpu-sustained on xops/fastapi-crewai: pending -> firing; ",
    "trigger crew-queue-depth on xops/fastapi-crewai: pending -> firing; crew.queue_depth 4 (> 0)",
    "trigger services-above-6 on xops: pending -> firing; ecs.services_active 7 (> 6)",
    "advice  Scale L5+L6 to 6 replicas: Config Change, risk LOW, BC1 PEAK",
    "advice  Add Fargate Spot workers: Config Change, risk LOW, BC1 PEAK",
    "advice  Evaluate EKS migration: Architecture Change, risk HIGH, BC2+",
    "SNS     [FIRING] ECS CPU above 80 % sustained - xops/open-webui (BC1 PEAK)",
    "SNS     [FIRING] CrewAI tasks wait for a place to run - xops/fastapi-crewai (BC1 PEAK)",
    "SNS     [FIRING] More than 6 services - xops (BC2+)",
    "| Class: Architecture Change, risk HIGH, phase BC2+",
    # SQLite and its users, with the numbers that a reader asks for next.
    "world   chats and presence queue up at webui.db: as on EFS, a write holds it for 10-30 ms",
    (
        "trigger users-above-50 on xops-demo: pending -> firing; "
        "openwebui.users_active_24h 57 (> 50); sqlite.write_lock_busy "
    ),
    "; sqlite.lock_errors_1h 0",
    "advice  Upgrade L4 to RDS: Data Migration, risk MED, BC2",
    "SNS     [FIRING] More than 50 users on SQLite - xops-demo (BC2)",
    # What people declare, do and decide.
    "trigger sovereignty-mandate on sovereignty: inactive -> firing; mandate.state declared",
    "advice  LiteLLM \N{RIGHTWARDS ARROW} Bedrock VPC: Config Change, risk LOW, BC2+",
    "trigger iac-prs-above-5-per-week on xops-demo: inactive -> firing; github.iac_prs_7d ",
    "advice  Atlantis on K3S: Service Addition, risk MED, BC2+",
    "board   $ xops-watch decision defer atlantis-on-k3s --until ",
    "board   atlantis-on-k3s: deferred until ",
    "advice  Atlantis on K3S: deferred until ",
    # A number of Prometheus.
    "trigger prompt-cache-below-70 on xops-demo: inactive -> pending; llm.cache_hits_24h 62%",
)
# Locks do not know of a faster clock: on a busy machine there are too few looks at 600 s a second.
CONTENTION = (
    "trigger sqlite-contention on xops-demo/webui.db: pending -> firing; sqlite.write_lock_busy ",
    "advice  Ease SQLite contention: Config Change, risk LOW, BC1",
)
PARTS = ("xops_watch.demo.writers", "xops_watch.embedded_aws", "xops_watch run")


def test_writers_who_wait_for_the_lock_are_told(tmp_path: Path) -> None:
    with showing(tmp_path, "--speed", "120", "--listen", ANYWHERE) as demo:
        for line in CONTENTION:
            demo.wait_for(line)
        demo.children()
        demo.process.send_signal(SIGINT)
        assert demo.end() == 0


def test_the_story_is_told_by_two_demos_at_once_that_want_the_same_port(tmp_path: Path) -> None:
    listen = f"127.0.0.1:{free_port()}"
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    # Neither a proxy nor a terminal that only knows ASCII keeps it from being told.
    hindered = {"HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}
    ascii_only = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    with (
        showing(folders[0], "--for", "15s", "--listen", listen, **hindered) as first,
        showing(folders[1], "--for", "3s", "--listen", listen, **ascii_only) as second,
    ):
        addresses = []
        for demo in (first, second):
            address = demo.wait_for("metrics  ").split()[-1]
            assert "xops_watch_build_info" in read(address)
            addresses.append(address)
            for part in PARTS:
                assert demo.child(part).is_running()
        assert second.end() == 0
        assert first.end() == 0
    for line in TOLD:
        assert line in first.text, line
    assert f"http://{listen}/metrics" in addresses
    assert len(set(addresses)) == 2
    yielding = second if addresses[0] == f"http://{listen}/metrics" else first
    assert f"{listen} cannot be listened on; the daemon takes another port" in yielding.text
    for demo, address in zip((first, second), addresses, strict=True):
        assert demo.lines[-1].endswith("demo    stopped; nothing is left behind")
        with pytest.raises(OSError, match="refused"):
            read(address)


@pytest.mark.parametrize("number", [SIGINT, SIGHUP])
def test_what_a_terminal_sends_to_all_of_its_processes_ends_it_in_order(
    tmp_path: Path, number: Signals
) -> None:
    with showing(tmp_path, "--listen", ANYWHERE) as demo:
        demo.wait_for("read  ")
        demo.children()
        os.killpg(demo.process.pid, number)
        assert demo.end() == 0
    assert demo.lines[-1].endswith("stopped; nothing is left behind")


def test_sigterm_ends_it_in_order(tmp_path: Path) -> None:
    with showing(tmp_path, "--listen", ANYWHERE) as demo:
        demo.wait_for("read  ")
        demo.children()
        demo.process.send_signal(SIGTERM)
        assert demo.end() == 0
    assert demo.lines[-1].endswith("stopped; nothing is left behind")


@pytest.mark.parametrize("part", PARTS)
def test_ctrl_c_while_a_part_still_starts_ends_it_in_order(tmp_path: Path, part: str) -> None:
    with showing(tmp_path, "--listen", ANYWHERE) as demo:
        eventually(lambda: demo.has_started(part), "the part is started")
        os.killpg(demo.process.pid, SIGINT)
        assert demo.end() == 0


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("xops_watch.embedded_aws", "xops-watch: the demo ended early: "),
        ("xops_watch run", "xops-watch: the daemon ended with exit code -9; its last words:"),
    ],
)
def test_a_part_that_dies_is_told_and_the_rest_ends(tmp_path: Path, part: str, said: str) -> None:
    with showing(tmp_path, "--listen", ANYWHERE) as demo:
        demo.wait_for("read  ")
        demo.child(part).kill()
        assert demo.end() == 3
    assert said in demo.text
    assert demo.lines[-1].startswith("  hint: ")


def test_writers_that_are_killed_are_told_and_the_story_goes_on(tmp_path: Path) -> None:
    with showing(tmp_path, "--listen", ANYWHERE) as demo:
        demo.wait_for("read  ")
        demo.child("xops_watch.demo.writers").kill()
        demo.wait_for("demo    Open WebUI's writers ended (SIGKILL): nobody has webui.db open now")
        demo.wait_for("world   a seventh service appears: vector-search")
        demo.children()
        os.killpg(demo.process.pid, SIGINT)
        assert demo.end() == 0
    assert demo.text.count("writers ended") == 1
    assert demo.lines[-1].endswith("stopped; nothing is left behind")


def test_the_writers_end_when_the_demo_is_killed(tmp_path: Path) -> None:
    with showing(tmp_path, "--listen", ANYWHERE) as demo:
        demo.wait_for("read  ")
        writers = demo.child("xops_watch.demo.writers")
        demo.process.kill()
        gone, _ = psutil.wait_procs([writers], timeout=WAIT_SECONDS)
    assert gone == [writers]


# Hides a package from this interpreter, as if it had never been installed.
WITHOUT_MOTO = """
import sys
from importlib.machinery import PathFinder
class Without:
    def find_spec(name, path=None, target=None):
        return None if name == "moto" else PathFinder.find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(PathFinder)] = Without
"""


def test_without_moto_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_MOTO)
    root = Path(__file__).parents[2]
    outcome = xops_watch("demo", PYTHONPATH=f"{tmp_path}{os.pathsep}{root}")
    assert outcome.code == 2
    what, hint = outcome.err.splitlines()
    assert what == "xops-watch: the demo needs the embedded AWS, which is not installed"
    assert "pip install 'xops-watch[demo]'" in hint
    assert outcome.out == ""


def test_an_embedded_aws_that_does_not_start_is_told_without_a_traceback_of_ours(
    tmp_path: Path,
) -> None:
    broken = "import sys\nif 'xops_watch.embedded_aws' in sys.orig_argv: sys.exit('no room')\n"
    (tmp_path / "sitecustomize.py").write_text(broken)
    root = Path(__file__).parents[2]
    outcome = xops_watch("demo", PYTHONPATH=f"{tmp_path}{os.pathsep}{root}")
    assert outcome.code == 3
    assert "xops-watch: the embedded AWS does not start: " in outcome.err
    assert "no room" in outcome.err
    assert sys.executable not in outcome.out


@pytest.mark.parametrize("listen", ["nowhere", "127.0.0.1:70000", "::1:80"])
def test_an_address_that_is_none_is_a_usage_error(listen: str) -> None:
    outcome = xops_watch("demo", "--listen", listen)
    assert outcome.code == 2
    assert "write it like 127.0.0.1:9923" in outcome.err


@pytest.mark.parametrize("arguments", [("--speed", "601"), ("--speed", "0"), ("--for", "soon")])
def test_wrong_numbers_are_usage_errors(arguments: tuple[str, ...]) -> None:
    outcome = xops_watch("demo", *arguments)
    assert outcome.code == 2
    assert "Traceback" not in outcome.err
