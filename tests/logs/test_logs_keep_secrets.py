"""At the lowest level, with everything that can be logged, nothing secret is."""

import json

from tests.cli.command import xops_watch

SECRET = "wJalrXUtnFEMI-not-a-real-key"  # noqa: S105 - made up, to be looked for
TOKEN = "FwoGZXIvYXdzE-not-a-real-token"  # noqa: S105 - made up, to be looked for


def test_debug_is_ours_alone_and_shows_no_credentials() -> None:
    outcome = xops_watch(
        "once",
        XOPS_WATCH_ECS__CLUSTERS="xops",
        XOPS_WATCH_LOG__LEVEL="debug",
        XOPS_WATCH_LOG__FORMAT="json",
        XOPS_WATCH_AWS__CONNECT_TIMEOUT_SECONDS="1",
        AWS_ENDPOINT_URL="http://127.0.0.1:1",
        AWS_ACCESS_KEY_ID="AKIDEXAMPLE",
        AWS_SECRET_ACCESS_KEY=SECRET,
        AWS_SESSION_TOKEN=TOKEN,
        AWS_REGION="ap-southeast-2",
    )
    assert outcome.code == 3
    for secret in (SECRET, TOKEN):
        assert secret not in outcome.out + outcome.err
    lines = [json.loads(line) for line in outcome.err.splitlines() if line.startswith("{")]
    assert "source_read_failed" in [line["event"] for line in lines]
    assert not [line for line in lines if "logger" in line]
