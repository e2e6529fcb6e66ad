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
from tests.fakes import FakeSource, MemoryStore
from tests.sources.account_scene import KINDS
from tests.sources.adoption.adoption_scene import Stack, container
from tests.sources.cloudfront_scene import TinyCloudFront, config
from tests.sources.cloudwatch_scene import cpu_source
from tests.sources.metrics_scene import source_of
from tests.sources.prometheus.scene import BAD, FakeApi, known
from tests.sources.prometheus.scene import THROTTLED as PROMETHEUS_THROTTLES
from tests.sources.prometheus.scene import UNREACHABLE as AWAY
from tests.sources.prometheus.scene import sample as prometheus_sample
from tests.sources.prometheus.scene import source as prometheus_source
from xops_watch.aws.distributions import Distributions
from xops_watch.aws.inventory import EcsInventory
from xops_watch.aws.scaling import Autoscaling
from xops_watch.aws.scaling_activities import Activities
from xops_watch.aws.task_definitions import TaskDefinitions
from xops_watch.aws.tasks import TaskBook
from xops_watch.core.reading import Gap, Reading
from xops_watch.errors import GapReason, SourceError
from xops_watch.ports import Source
from xops_watch.sources.cloudfront import CloudFrontSource
from xops_watch.sources.cloudwatch import SIGNALS
from xops_watch.sources.ecs import EcsSource
from xops_watch.sources.ecs_config import EcsConfigSource, Reads
from xops_watch.sources.ecs_tasks import Crews, EcsTaskSource

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


def ecs_config() -> Provider:
    tiny = TinyEcs({"blue": ["open-webui", "fastapi", "job", "odd", "x" * 255], "green": []})
    tiny.changes["open-webui"] = {"launchType": "FARGATE", "taskDefinition": "arn:x/webui:1"}
    tiny.changes["fastapi"] = {"launchType": "EC2", "taskDefinition": "arn:x/broken:1"}
    tiny.changes["odd"] = {"launchType": "M" * 999}

    def describe(taskDefinition: str) -> Mapping[str, Any]:  # noqa: N803 - as boto3 names it
        if "broken" in taskDefinition:
            raise THROTTLED
        return {"taskDefinition": {"containerDefinitions": [], "cpu": "256", "memory": "512"}}

    tiny.client._operations["describe_task_definition"] = describe
    target = {"ResourceId": "service/blue/open-webui", "MinCapacity": 1, "MaxCapacity": 2}
    scaling = ScriptedClient(
        describe_scalable_targets=lambda **_: [{"ScalableTargets": [target]}],
        describe_scaling_policies=refusing(UNREACHABLE),
        describe_scaling_activities=lambda **_: [{"ScalingActivities": []}],
    )
    source = EcsConfigSource(
        EcsInventory(tiny.client, clusters=("blue", "green")),
        Reads(
            scaling=Autoscaling(scaling, max_age=MINUTE),
            activities=Activities(scaling, max_age=MINUTE),
            definitions=TaskDefinitions(tiny.client),
        ),
        interval=MINUTE,
        crew_services=("fastapi",),
        l5_services=("fastapi",),
        l6_services=("open-webui",),
    )

    def failing(error: Exception) -> None:
        tiny.client._operations["list_services"] = refusing(error)

    return Provider(source=source, failing=failing, in_part=lambda: tiny.broken.add("blue"))


def ecs_tasks() -> Provider:
    tiny = TinyEcs({"blue": ["web", "crew-1", "x" * 255], "green": []})
    tiny.changes["web"] = {"desiredCount": 4}
    task = {
        "taskArn": "arn:x/t1",
        "taskDefinitionArn": "arn:x/crew-run:1",
        "lastStatus": "PENDING",
        "group": "family:crew-run",
    }
    tiny.client._operations["list_tasks"] = lambda **_: [{"taskArns": ["arn:x/t1"]}]
    tiny.client._operations["describe_tasks"] = lambda **_: {"tasks": [task]}
    source = EcsTaskSource(
        EcsInventory(tiny.client, clusters=("blue", "green")),
        lambda cluster: TaskBook(tiny.client, cluster),
        interval=MINUTE,
        crew_services=("*crew*",),
        crews=Crews(),
        memory=MemoryStore(),
    )

    def failing(error: Exception) -> None:
        tiny.client._operations["list_tasks"] = refusing(error)

    return Provider(source=source, failing=failing, in_part=lambda: tiny.broken.add("blue"))


def adoption() -> Provider:
    stack = Stack(
        open_webui=[container(secrets=["DATABASE_URL"])],
        fastapi=[container(LITELLM_MODEL="bedrock/" + "x" * 999)],
    )
    stack.ecs.clusters["green"] = []

    def failing(error: Exception) -> None:
        stack.ecs.client._operations["list_services"] = refusing(error)

    return Provider(
        source=stack.source("evaluate-eks-migration", "pgvector-or-qdrant"),
        failing=failing,
        in_part=lambda: stack.ecs.broken.add("green"),
    )


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
    source = cpu_source(
        client,
        EcsInventory(tiny.client, clusters=("main",)),
        interval=MINUTE,
        settle=2 * MINUTE,
        lookback=30 * MINUTE,
    )

    def failing(error: Exception) -> None:
        client._operations["get_metric_data"] = refusing(error)

    return Provider(source=source, failing=failing)


def cloudwatch_listed() -> Provider:
    """Signals of every kind: of one subject each, and of none where nothing is listed."""

    def listed(**asked: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401 - as boto3 takes it
        if asked["Namespace"] == "AWS/Athena":
            return [{"Metrics": []}]
        names = [(item["Name"], item.get("Value", "one")) for item in asked["Dimensions"]]
        dimensions = [{"Name": name, "Value": value} for name, value in names]
        return [{"Metrics": [{"MetricName": asked["MetricName"], "Dimensions": dimensions}]}]

    def read(**asked: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401 - as boto3 takes it
        at = [asked["EndTime"] - MINUTE, asked["StartTime"]]
        queries = asked["MetricDataQueries"]
        told = [{"Id": q["Id"], "Timestamps": at, "Values": [5.0, 0.0]} for q in queries]
        return [{"MetricDataResults": [{**one, "StatusCode": "Complete"} for one in told]}]

    client = ScriptedClient(list_metrics=listed, get_metric_data=read)
    signals = [signal for signal in SIGNALS if not signal.startswith("ecs.")]
    source = source_of(client, *signals, lookback=timedelta(days=9))

    def failing(error: Exception) -> None:
        client._operations["list_metrics"] = refusing(error)
        client._operations["get_metric_data"] = refusing(error)

    def in_part() -> None:
        client._operations["list_metrics"] = refusing(THROTTLED)

    return Provider(source=source, failing=failing, in_part=in_part)


def prometheus() -> Provider:
    api = FakeApi(
        {
            "lag": [prometheus_sample(4.5, NOW - timedelta(seconds=1))],
            "users": [prometheus_sample(3, realm="a"), prometheus_sample(4, realm="x" * 255)],
            "many": [prometheus_sample(1, realm="a"), prometheus_sample(2, realm="b")],
            "none": [],
        }
    )
    source = prometheus_source(
        api,
        known("langfuse.queue_lag", "lag"),
        known("keycloak.users_active", "users", "realm"),
        known("pipelines.cold_start", "many"),
        known("pipelines.filter_latency", "none"),
    )

    def failing(error: Exception) -> None:
        throttled = error is THROTTLED
        api.answers = dict.fromkeys(api.answers, PROMETHEUS_THROTTLES if throttled else AWAY)

    def in_part() -> None:
        api.answers["lag"] = BAD

    return Provider(source=source, failing=failing, in_part=in_part)


def of_account(name: str) -> Callable[[], Provider]:
    def make() -> Provider:
        kind = KINDS[name]
        answer = [kind.answer] if kind.paged else kind.answer
        client = kind.scripted(lambda **_: answer)
        operations = client._operations if kind.paged else vars(client)

        def failing(error: Exception) -> None:
            operations[kind.operation] = refusing(error)

        return Provider(source=kind.make(client), failing=failing)

    make.__name__ = name
    return make


def cloudfront() -> Provider:
    tiny: Any = TinyCloudFront(E1=config(), E2=config(Enabled=False), E3=config("PriceClass_9"))
    source = CloudFrontSource(Distributions(tiny), interval=MINUTE, seen=[])

    def failing(error: Exception) -> None:
        tiny.pages = error

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


@pytest.fixture(
    params=[
        ecs,
        ecs_config,
        ecs_tasks,
        adoption,
        cloudwatch,
        cloudwatch_listed,
        cloudfront,
        prometheus,
        fake,
        *map(of_account, KINDS),
    ],
    ids=lambda make: str(make.__name__),
)
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
