"""What a source promises, asked of every source and of the fake that stands in for them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.aws.bench import MINUTE, NOW, ScriptedClient
from tests.aws.tiny_ecs import TinyEcs
from tests.contract.source_promises import assert_described, assert_line, assert_promises_kept
from tests.fakes import FakeSource
from xops_watch.aws.inventory import EcsInventory
from xops_watch.core.reading import Gap, Reading
from xops_watch.errors import GapReason, SourceError
from xops_watch.ports import Source
from xops_watch.sources.cloudwatch import CloudWatchSource
from xops_watch.sources.ecs import EcsSource

THROTTLED = ClientError({"Error": {"Code": "ThrottlingException"}}, "List")
UNREACHABLE = EndpointConnectionError(endpoint_url="https://aws.example")


@dataclass(slots=True)
class Provider:
    """What a source reads, as the tests want it: well, partly failing, or failing."""

    source: Source
    failing: Callable[[Exception], None]
    in_part: Callable[[], None] = field(default=lambda: None)


def ecs() -> Provider:
    tiny = TinyEcs({"blue": ["web", "crew-1", "crew-2", "x" * 255], "green": []})
    tiny.changes["web"] = {"desiredCount": 4, "pendingCount": 2}
    tiny.changes["crew-1"] = {
        "deployments": [{"status": "PRIMARY", "failedTasks": 3, "createdAt": NOW - MINUTE}]
    }
    tiny.counts = {"blue": (9, 4)}
    source = EcsSource(
        EcsInventory(tiny.client, clusters=("blue", "green")),
        interval=MINUTE,
        crew_services=("*crew*",),
        ignored_services=("web",),
    )

    def failing(error: Exception) -> None:
        tiny.client._operations["list_services"] = refusing(error)

    return Provider(source=source, failing=failing, in_part=lambda: tiny.broken.add("blue"))


def cloudwatch() -> Provider:
    tiny = TinyEcs({"main": ["web", "silent", "off", "forbidden"]})
    tiny.changes["off"] = {"desiredCount": 0}
    at = NOW.replace(second=0)
    points = {"Timestamps": [at - n * MINUTE for n in range(-3, 40)], "Values": [55.5] * 43}
    none = {"Timestamps": [], "Values": [], "StatusCode": "Complete"}
    results = [
        {"Id": "m0", **points, "StatusCode": "Complete"},
        {"Id": "m1", **none},
        {"Id": "m2", **none},
        {"Id": "m3", **none, "StatusCode": "Forbidden"},
    ]
    client: Any = ScriptedClient(get_metric_data=lambda **_: [{"MetricDataResults": results}])
    source = CloudWatchSource(
        client,
        EcsInventory(tiny.client, clusters=("main",)),
        interval=MINUTE,
        settle=2 * MINUTE,
        lookback=30 * MINUTE,
    )

    def failing(error: Exception) -> None:
        client._operations["get_metric_data"] = refusing(error)

    return Provider(source=source, failing=failing)


def fake() -> Provider:
    reading = Reading(signal="ecs.tasks_pending", subject="main/web", value=1.0, taken_at=NOW)
    source = FakeSource([reading])

    def failing(error: Exception) -> None:
        reason = GapReason.THROTTLED if error is THROTTLED else GapReason.UNREACHABLE
        source._answers[:] = [SourceError("fake: it fails", reason=reason, hint="mend it")]

    return Provider(source=source, failing=failing)


def refusing(error: Exception) -> Callable[..., Sequence[Mapping[str, Any]]]:
    def refuse(**_: object) -> Sequence[Mapping[str, Any]]:
        raise error

    return refuse


@pytest.fixture(params=[ecs, cloudwatch, fake], ids=lambda make: str(make.__name__))
def provider(request: pytest.FixtureRequest) -> Provider:
    made: Provider = request.param()
    return made


def test_it_tells_its_name_its_interval_and_known_signals(provider: Provider) -> None:
    assert_described(provider.source)


def test_what_it_observes_keeps_the_promises(provider: Provider) -> None:
    observations = provider.source.observe(now=NOW)
    assert any(isinstance(o, Reading) for o in observations)
    assert_promises_kept(provider.source, observations, now=NOW)


@pytest.mark.parametrize("later", [MINUTE, timedelta(hours=5), -timedelta(hours=5), timedelta()])
def test_it_may_be_asked_again_at_any_time(provider: Provider, later: timedelta) -> None:
    provider.source.observe(now=NOW)
    again = provider.source.observe(now=NOW + later)
    if later >= timedelta():  # the fake and the script keep their instants when time runs back
        assert_promises_kept(provider.source, again, now=NOW + later)


def test_what_it_observes_in_part_keeps_the_promises(provider: Provider) -> None:
    provider.source.observe(now=NOW)
    provider.in_part()
    observations = provider.source.observe(now=NOW + MINUTE)
    assert_promises_kept(provider.source, observations, now=NOW + MINUTE)


@pytest.mark.parametrize("error", [THROTTLED, UNREACHABLE], ids=["throttled", "unreachable"])
def test_a_failure_is_a_source_error_in_one_line(provider: Provider, error: Exception) -> None:
    provider.failing(error)
    with pytest.raises(SourceError) as caught:
        provider.source.observe(now=NOW)
    expected = GapReason.THROTTLED if error is THROTTLED else GapReason.UNREACHABLE
    assert caught.value.reason is expected
    assert_line(caught.value.what)
    assert_line(caught.value.hint)


def test_gaps_say_why_in_words(provider: Provider) -> None:
    gaps = [o for o in provider.source.observe(now=NOW) if isinstance(o, Gap)]
    for gap in gaps:
        assert " " in gap.detail
