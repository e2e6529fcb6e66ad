import json
import signal
import subprocess
import sys
from datetime import timedelta

import boto3
import pytest

from tests.embedded_aws.asking import WEB, ask, stat
from tests.embedded_aws.clients import make_client
from xops_watch.clock import ScaledClock, SystemClock, monotonic
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.embedded_aws.process import StartFailedError, spawn

COMMAND = [sys.executable, "-m", "xops_watch.embedded_aws"]


def start(*options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def endpoint(process: subprocess.Popen[bytes]) -> EmbeddedAws:
    assert process.stdout is not None
    aws = EmbeddedAws(json.loads(process.stdout.readline())["endpoint"])
    aws.wait_ready()
    return aws


def test_it_starts_fast_and_gives_boto3_what_it_needs() -> None:
    began = monotonic()
    with spawn() as aws:
        assert monotonic() - began < 3
        assert aws.environment("eu-west-1")["AWS_ENDPOINT_URL"] == aws.endpoint
        with pytest.MonkeyPatch.context() as patch:
            for name, value in aws.environment("eu-west-1").items():
                patch.setenv(name, value)
            aws.put_cluster("main")
            assert boto3.session.Session().client("ecs").list_clusters()["clusterArns"] == [
                "arn:aws:ecs:eu-west-1:123456789012:cluster/main"
            ]
    with pytest.raises(TimeoutError):
        aws.wait_ready(0.1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_and_says_nothing_but_its_endpoint(number: signal.Signals) -> None:
    process = start()
    aws = endpoint(process)
    aws.add_fault("throttle", service="ecs")
    with pytest.raises(Exception, match="Rate exceeded"):
        make_client(aws.endpoint, "ecs").list_clusters()
    make_client(aws.endpoint, "sns").list_topics()
    process.send_signal(number)
    out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (0, b"", b"")


def test_it_ends_when_stdin_closes() -> None:
    process = start("--exit-with-stdin")
    endpoint(process)
    out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (0, b"", b"")


def test_it_ends_when_its_parent_dies() -> None:
    code = (
        "import os, signal, sys\n"
        "from xops_watch.embedded_aws.process import spawn\n"
        "with spawn() as aws:\n"
        "    sys.stdout.write(aws.endpoint + '\\n'); sys.stdout.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    parent = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert parent.returncode == -signal.SIGKILL
    limit = monotonic() + 5
    aws = EmbeddedAws(parent.stdout.decode().strip())
    gone = False
    while not gone and monotonic() < limit:
        try:
            aws.now()
        except OSError:
            gone = True
    assert gone


def test_it_ends_although_a_call_hangs() -> None:
    with spawn() as aws:
        aws.add_fault("hang", service="ecs", times=1)
        with pytest.raises(Exception, match="Read timeout"):
            make_client(aws.endpoint, "ecs", read_timeout=0.3).list_clusters()
        began = monotonic()
    assert monotonic() - began < 3


def test_it_lives_in_the_time_of_its_clock() -> None:
    anchor = SystemClock().now() - timedelta(seconds=10)
    clock = ScaledClock(anchor=anchor, speed=360)
    with spawn(clock=clock) as aws:
        assert abs(aws.now() - clock.now()) < timedelta(minutes=6)
        at = clock.now().replace(second=0, microsecond=0) - timedelta(minutes=5)
        series = {"namespace": "AWS/ECS", "metric": "CPUUtilization", "dimensions": WEB}
        aws.put_points({**series, "points": [(at, 5.0)]})  # type: ignore[typeddict-item]  # wrong on purpose
        client = make_client(aws.endpoint, "cloudwatch")
        assert ask(client, stat(), start=at)["MetricDataResults"][0]["Values"] == [5.0]
        client.put_metric_data(Namespace="xOps", MetricData=[{"MetricName": "x", "Value": 1.0}])
        [row] = client.list_metrics(Namespace="xOps")["Metrics"]
        assert row["MetricName"] == "x"


def test_a_port_that_is_taken_is_told() -> None:
    with spawn() as aws:
        port = int(aws.endpoint.rpartition(":")[2])
        with pytest.raises(StartFailedError, match="does not start"), spawn(port=port):
            pass


@pytest.mark.parametrize(
    "options",
    [
        ["--clock-speed", "60"],
        ["--clock-speed", "0", "--clock-anchor", "2026-03-01T00:00:00+00:00"],
        ["--clock-speed", "60", "--clock-anchor", "2026-03-01T00:00:00"],
        ["--clock-speed", "60", "--clock-anchor", "noon"],
    ],
)
def test_half_a_clock_is_refused(options: list[str]) -> None:
    process = start(*options)
    _, err = process.communicate(timeout=5)
    assert process.returncode == 2
    assert b"error" in err


def test_the_clock_of_the_machine_is_the_default() -> None:
    with spawn() as aws:
        assert abs(aws.now() - SystemClock().now()) < timedelta(seconds=5)
