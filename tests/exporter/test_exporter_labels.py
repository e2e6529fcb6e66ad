import shutil
import subprocess
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from tests.exporter.client import PROMETHEUS_ACCEPT, Desk, ask, of, scrape
from tests.exporter.scenes import NOW, hostile, snapshot, usual
from xops_watch.core.catalogue import SIGNALS
from xops_watch.exporter.catalogue import Family, family_of, filled
from xops_watch.exporter.exposition import CLASSIC, OPENMETRICS
from xops_watch.exporter.text import LABEL_LENGTH_MAX, label_value
from xops_watch.ports import OutboxDepth


@pytest.mark.parametrize("accept", ["", PROMETHEUS_ACCEPT], ids=["classic", "openmetrics"])
def test_hostile_texts_stay_inside_their_labels(accept: str) -> None:
    reply = scrape(hostile(), accept)
    subjects = [dict(found)["subject"] for found in of(reply, "xops_ecs_tasks_running")]
    assert len(subjects) == len(set(subjects)) == 11
    assert "<script>alert(1)</script>" in subjects
    assert any(subject.startswith(r"\u202egnihtyreve\u2066 bidi…") for subject in subjects)
    assert any(subject.startswith(r"nul\x00 escape\x1b[31m") for subject in subjects)
    assert max(len(subject) for subject in subjects) == 189


@given(st.text(alphabet=st.characters(), max_size=400))
def test_a_label_value_survives_both_formats_bounded_and_visible(text: str) -> None:
    value = label_value(text)
    assert len(value) <= LABEL_LENGTH_MAX
    assert value.isprintable()
    assert value == text or not text.isprintable() or len(text) > LABEL_LENGTH_MAX
    family = Family(name="xops_test", help="Test", labels=("subject",))
    for text_format in (CLASSIC, OPENMETRICS):
        body = text_format.part([filled(family, [((value,), 1)])])
        (parsed,) = text_string_to_metric_families(body.decode())
        assert parsed.samples[0].labels == {"subject": value}


@given(st.text(alphabet="a\n\\n\u202e", max_size=6), st.text(alphabet="a\n\\n\u202e", max_size=6))
def test_different_texts_stay_different_series(one: str, other: str) -> None:
    assert (label_value(one) == label_value(other)) == (one == other)


def test_long_texts_that_differ_at_the_end_stay_different_series() -> None:
    assert label_value("x" * 300 + "a") != label_value("x" * 300 + "b")
    assert label_value("x" * 200) == "x" * 200


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
@pytest.mark.parametrize("scene", [usual, hostile, snapshot], ids=["usual", "hostile", "empty"])
def test_promtool_finds_nothing_to_complain_about(scene: object) -> None:
    desk = Desk()
    assert callable(scene)
    desk.publisher.publish(scene())
    desk.telemetry.gap("ecs", "denied")
    desk.telemetry.aws_request("ecs", "DescribeServices", "ok")
    desk.telemetry.outbox(OutboxDepth(notices=1, oldest_at=NOW - timedelta(hours=1)), now=NOW)
    _assert_clean(ask(desk.app, "/metrics").body)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_accepts_the_family_of_every_signal() -> None:
    parts = [filled(family_of(signal), [(("s",), 1)]) for signal in SIGNALS]
    _assert_clean(CLASSIC.part(parts))


def _assert_clean(body: bytes) -> None:
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=body, capture_output=True, check=False, timeout=30
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
