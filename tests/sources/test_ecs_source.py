"""What the ECS source makes of a sweep, cluster by cluster."""

from collections.abc import Mapping, Sequence

import pytest

from tests.aws.bench import MINUTE, NOW, make_client
from tests.aws.tiny_ecs import TinyEcs
from xops_watch.aws.inventory import EcsInventory
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.ecs import EcsSource

OF_TASKS = {
    "crew.queue_basis",
    "crew.queue_depth",
    "ecs.standalone_tasks_pending",
    "ecs.standalone_tasks_running",
}
OF_CLUSTER = OF_TASKS | {
    "ecs.service_connect_namespaces",
    "ecs.service_connect_share",
    "ecs.services_active",
    "ecs.services_without_service_connect",
}
OF_SERVICE = {
    "ecs.deployments_in_progress",
    "ecs.placement_failures_1h",
    "ecs.tasks_desired",
    "ecs.tasks_pending",
    "ecs.tasks_running",
}


def source_of(
    inventory: EcsInventory, *, crew: Sequence[str] = (), ignored: Sequence[str] = ()
) -> EcsSource:
    return EcsSource(inventory, interval=MINUTE, crew_services=crew, ignored_services=ignored)


def tiny_source(tiny: TinyEcs, *clusters: str, ignored: Sequence[str] = ()) -> EcsSource:
    inventory = EcsInventory(tiny.client, clusters=clusters or ("main",))
    return source_of(inventory, crew=("*crew*",), ignored=ignored)


def values(observations: Sequence[Observation]) -> dict[tuple[str, str], float]:
    return {(o.signal, o.subject): o.value for o in observations if isinstance(o, Reading)}


def gaps(observations: Sequence[Observation]) -> dict[str | None, set[str]]:
    """Return the signals that are missing, by subject, without those that have nothing to say."""
    every = [o for o in observations if isinstance(o, Gap)]
    found = [gap for gap in every if gap.reason is not GapReason.NOT_APPLICABLE]
    return {gap.subject: {g.signal for g in found if g.subject == gap.subject} for gap in found}


def test_a_cluster_and_its_services_over_http(aws: EmbeddedAws) -> None:
    aws.put_cluster(
        "main",
        services=[
            {"name": "web", "desired": 3, "running": 2, "pending": 1},
            {"name": "crew-worker", "desired": 8, "running": 2, "pending": 3},
        ],
        tasks=[{"group": "family:crew", "last_status": "PENDING"}],
    )
    inventory = EcsInventory(make_client("ecs", aws.endpoint), clusters=("main",))
    observations = source_of(inventory, crew=("*crew*",)).observe(now=NOW)
    assert values(observations) == {
        ("ecs.services_active", "main"): 2,
        ("ecs.service_connect_share", "main"): 0,
        ("ecs.service_connect_namespaces", "main"): 0,
        ("ecs.services_without_service_connect", "main"): 2,
        ("ecs.standalone_tasks_running", "main"): 0,
        ("ecs.standalone_tasks_pending", "main"): 1,
        ("crew.queue_depth", "main"): 1,
        ("crew.queue_basis", "main"): 0,
        ("ecs.tasks_desired", "main/web"): 3,
        ("ecs.tasks_running", "main/web"): 2,
        ("ecs.tasks_pending", "main/web"): 1,
        ("ecs.deployments_in_progress", "main/web"): 1,
        ("ecs.placement_failures_1h", "main/web"): 0,
        ("ecs.tasks_desired", "main/crew-worker"): 8,
        ("ecs.tasks_running", "main/crew-worker"): 2,
        ("ecs.tasks_pending", "main/crew-worker"): 3,
        ("ecs.deployments_in_progress", "main/crew-worker"): 1,
        ("ecs.placement_failures_1h", "main/crew-worker"): 0,
        ("crew.queue_depth", "main/crew-worker"): 6,
        ("crew.queue_basis", "main/crew-worker"): 0,
    }
    assert not gaps(observations)


def test_services_of_a_layer_tell_their_tasks_as_those_of_the_layer() -> None:
    tiny = TinyEcs({"main": ["open-webui", "fastapi", "both-fastapi-open-webui", "web"]})
    for number, name in enumerate(tiny.clusters["main"], 1):
        tiny.changes[name] = {"runningCount": number}
    source = EcsSource(
        EcsInventory(tiny.client, clusters=("main",)),
        interval=MINUTE,
        crew_services=(),
        ignored_services=(),
        l5_services=("*fastapi*", "*crew*"),
        l6_services=("*open-webui*",),
    )
    found = values(source.observe(now=NOW))
    layers = ("l5.tasks_running", "l6.tasks_running")
    assert {key: value for key, value in found.items() if key[0] in layers} == {
        ("l5.tasks_running", "main/fastapi"): 2,
        ("l5.tasks_running", "main/both-fastapi-open-webui"): 3,
        ("l6.tasks_running", "main/open-webui"): 1,
        ("l6.tasks_running", "main/both-fastapi-open-webui"): 3,
    }


NO_PLACES = (
    (
        "(service web) was unable to place a task because no container instance met all of its"
        " requirements. Reason: You've reached the limit on the number of tasks you can run"
        " concurrently. For more information, see the Troubleshooting section."
    ),
    (
        "(service web) was unable to place a task. Reason: Capacity is unavailable at this time."
        " Please try again later or in a different availability zone."
    ),
    (
        "(service web) was unable to place a task because no container instance met all of its"
        " requirements. The closest matching container-instance a9 has insufficient memory."
    ),
)


@pytest.mark.parametrize(
    ("message", "minutes", "count"),
    [
        *((text, 5, 1) for text in NO_PLACES),
        (NO_PLACES[0], 59.9, 1),
        (NO_PLACES[0], 60, 0),
        (NO_PLACES[0], -1, 1),  # the clock of ECS may be a little ahead
        ("(service web) has reached a steady state.", 5, 0),
        ("(service web) is unable to consistently start tasks successfully.", 5, 0),
        ("(service web) registered 1 targets in (target-group x)", 5, 0),
    ],
)
def test_tasks_without_a_place_are_counted_by_the_events_of_an_hour(
    message: str, minutes: float, count: int
) -> None:
    tiny = TinyEcs({"main": ["web"]})
    tiny.changes["web"] = {"events": [{"createdAt": NOW - minutes * MINUTE, "message": message}]}
    found = values(tiny_source(tiny).observe(now=NOW))
    assert found["ecs.placement_failures_1h", "main/web"] == count


def connect(
    namespace: str | None, *, enabled: bool = True, status: str = "PRIMARY"
) -> Mapping[str, object]:
    configuration = {"enabled": enabled, "namespace": namespace}
    return {
        "deployments": [
            {"status": status, "rolloutState": "COMPLETED"}
            | {"serviceConnectConfiguration": configuration}
        ]
    }


def test_service_connect_is_counted_by_namespace_and_by_what_is_left_out() -> None:
    tiny = TinyEcs({"main": ["a", "b", "c", "off", "old", "none", "monitor"]})
    arn = "arn:aws:servicediscovery:ap-southeast-2:123456789012:namespace/xops"
    tiny.changes |= {
        "a": connect("xops"),
        "b": connect(arn),
        "c": connect("other"),
        "off": connect("xops", enabled=False),
        "old": connect("xops", status="ACTIVE"),
        "monitor": connect("third"),
    }
    found = values(tiny_source(tiny, ignored=("monitor",)).observe(now=NOW))
    assert found["ecs.service_connect_share", "main"] == 0.5
    assert found["ecs.service_connect_namespaces", "main"] == 2
    assert found["ecs.services_without_service_connect", "main"] == 3


def test_readings_are_of_the_instant_of_the_sweep() -> None:
    inventory = EcsInventory(TinyEcs({"main": ["web"]}).client, clusters=("main",))
    inventory.sweep(now=NOW)
    observations = source_of(inventory).observe(now=NOW)
    assert {o.taken_at for o in observations if isinstance(o, Reading)} == {NOW}


def test_it_is_asked_as_often_as_it_is_told_to_be() -> None:
    inventory = EcsInventory(TinyEcs({"main": []}).client, clusters=("main",))
    assert source_of(inventory).interval == MINUTE


def test_a_cluster_without_services_has_zero_of_them() -> None:
    observations = tiny_source(TinyEcs({"main": []})).observe(now=NOW)
    assert values(observations)["ecs.services_active", "main"] == 0


@pytest.mark.parametrize(
    ("ignored", "active"),
    [((), 3), (("web",), 2), (("we*",), 1), (("*",), 0), (("WEB",), 3), (("nothing",), 3)],
)
def test_ignored_services_do_not_count_and_are_measured_all_the_same(
    ignored: Sequence[str], active: int
) -> None:
    tiny = TinyEcs({"main": ["web", "webhook", "api"]})
    observations = tiny_source(tiny, ignored=ignored).observe(now=NOW)
    assert values(observations)["ecs.services_active", "main"] == active
    assert ("ecs.tasks_running", "main/web") in values(observations)


@pytest.mark.parametrize("status", ["DRAINING", "INACTIVE"])
def test_a_service_that_is_not_active_neither_counts_nor_is_measured(status: str) -> None:
    tiny = TinyEcs({"main": ["web", "old"]})
    tiny.changes["old"] = {"status": status, "pendingCount": 4}
    observations = tiny_source(tiny).observe(now=NOW)
    assert values(observations)["ecs.services_active", "main"] == 1
    assert not [o for o in observations if o.subject == "main/old"]


def test_a_service_deleted_between_list_and_describe_is_not_there() -> None:
    tiny = TinyEcs({"main": ["web", "old"]})
    tiny.gone = {"old"}
    observations = tiny_source(tiny).observe(now=NOW)
    assert values(observations)["ecs.services_active", "main"] == 1
    assert not [o for o in observations if o.subject == "main/old"]


def test_a_service_that_was_measured_and_is_no_more_is_gone_once() -> None:
    tiny = TinyEcs({"main": ["web", "old"]})
    source = tiny_source(tiny)
    source.observe(now=NOW)
    tiny.clusters["main"] = ["web"]
    observations = source.observe(now=NOW + MINUTE)
    assert gaps(observations) == {"main/old": OF_SERVICE}
    assert {o.reason for o in observations if isinstance(o, Gap)} == {GapReason.GONE}
    assert not gaps(source.observe(now=NOW + 2 * MINUTE))


def test_a_cluster_that_left_the_star_is_gone_once() -> None:
    tiny = TinyEcs({"main": [], "pr-7": ["web"]})
    source = tiny_source(tiny, "*")
    source.observe(now=NOW)
    del tiny.clusters["pr-7"]
    assert gaps(source.observe(now=NOW + MINUTE)) == {"pr-7": OF_CLUSTER, "pr-7/web": OF_SERVICE}
    assert not gaps(source.observe(now=NOW + 2 * MINUTE))


def test_tasks_that_moved_between_the_two_answers_do_not_count_below_zero() -> None:
    tiny = TinyEcs({"main": ["web"]})
    tiny.changes["web"] = {"desiredCount": 9, "runningCount": 5, "pendingCount": 4}
    tiny.counts["main"] = (4, 3)
    observed = values(tiny_source(tiny).observe(now=NOW))
    assert observed["ecs.standalone_tasks_running", "main"] == 0
    assert observed["ecs.standalone_tasks_pending", "main"] == 0
    assert observed["crew.queue_depth", "main"] == 0


def test_a_cluster_that_fails_blinds_what_was_seen_in_it_and_nothing_else() -> None:
    tiny = TinyEcs({"blue": ["web", "crew"], "green": ["api"]})
    source = tiny_source(tiny, "blue", "green")
    source.observe(now=NOW)
    tiny.broken = {"blue"}
    for later in (NOW + MINUTE, NOW + 2 * MINUTE):
        observations = source.observe(now=later)
        assert gaps(observations) == {
            "blue": OF_CLUSTER,
            "blue/web": OF_SERVICE,
            "blue/crew": OF_SERVICE | {"crew.queue_basis", "crew.queue_depth"},
        }
        assert {subject for _, subject in values(observations)} == {"green", "green/api"}
        found = [o for o in observations if isinstance(o, Gap)]
        assert {gap.reason for gap in found} == {GapReason.THROTTLED}
        assert {gap.detail for gap in found} == {"ecs:ListServices: ThrottlingException"}
        assert {gap.noticed_at for gap in found} == {later}
    tiny.broken = set()
    assert not gaps(source.observe(now=NOW + 3 * MINUTE))


def test_a_cluster_that_was_never_read_has_gaps_of_its_own_signals() -> None:
    tiny = TinyEcs({"blue": ["web"], "green": []})
    tiny.broken = {"blue"}
    observations = tiny_source(tiny, "blue", "green").observe(now=NOW)
    assert gaps(observations) == {"blue": OF_CLUSTER}


def test_a_cluster_that_cannot_be_described_blinds_only_its_standalone_tasks() -> None:
    tiny = TinyEcs({"main": ["web"]})
    tiny.undescribed = {"main"}
    observations = tiny_source(tiny).observe(now=NOW)
    assert gaps(observations) == {"main": OF_TASKS}
    assert values(observations)["ecs.services_active", "main"] == 1
    assert values(observations)["ecs.tasks_running", "main/web"] == 1


@pytest.mark.parametrize("found", [[], [{"status": "INACTIVE"}]])
def test_a_cluster_that_is_not_active_any_more_fails_alone(found: list[dict[str, object]]) -> None:
    tiny = TinyEcs({"blue": [], "green": []})
    counts = {"runningTasksCount": 0, "pendingTasksCount": 0}
    tiny.descriptions["blue"] = [{**counts, **cluster} for cluster in found]
    observations = tiny_source(tiny, "arn:x/blue", "green").observe(now=NOW)
    assert gaps(observations) == {"blue": OF_CLUSTER}
    details = {o.detail for o in observations if isinstance(o, Gap) and o.subject == "blue"}
    assert details == {"ecs:DescribeClusters: there is no active cluster blue"}


def test_when_no_cluster_answers_the_source_fails() -> None:
    tiny = TinyEcs({"blue": [], "green": []})
    tiny.broken = {"blue", "green"}
    with pytest.raises(SourceError, match="ThrottlingException") as caught:
        tiny_source(tiny, "blue", "green").observe(now=NOW)
    assert caught.value.reason is GapReason.THROTTLED
