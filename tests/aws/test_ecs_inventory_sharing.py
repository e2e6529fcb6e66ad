"""Two sources share one inventory: one sweep a tick, and names without waiting."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from mypy_boto3_ecs import ECSClient

from tests.aws.bench import MINUTE, NOW, services
from tests.aws.tiny_ecs import TinyEcs
from xops_watch.aws.inventory import EcsInventory
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import SourceError

SECOND = timedelta(seconds=1)


def subjects(inventory: EcsInventory) -> list[str]:
    return [service.subject for service in inventory.known(now=NOW).services]


def test_two_sources_of_one_tick_make_one_sweep(aws: EmbeddedAws, ecs: ECSClient) -> None:
    aws.put_cluster("main", services=services(1))
    inventory = EcsInventory(ecs, clusters=("main",))
    assert len(inventory.known(now=NOW).services) == 1
    assert len(inventory.sweep(now=NOW).clusters) == 1
    assert aws.requests().counts["ecs", "ListServices"] == 1


@pytest.mark.parametrize(
    ("later", "sweeps"),
    [
        (timedelta(), 1),
        (SECOND, 2),
        (MINUTE, 2),
        (-SECOND, 2),
        (-timedelta(days=400), 2),
    ],
)
def test_a_sweep_is_shared_within_one_tick_only(later: timedelta, sweeps: int) -> None:
    tiny = TinyEcs({"main": ["web"]})
    inventory = EcsInventory(tiny.client, clusters=("main",))
    inventory.sweep(now=NOW)
    inventory.sweep(now=NOW + later)
    assert tiny.sweeps == sweeps


def test_many_threads_at_once_make_one_sweep() -> None:
    tiny = TinyEcs({"main": ["web"]})
    tiny.gate.clear()
    inventory = EcsInventory(tiny.client, clusters=("main",))
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(inventory.sweep, now=NOW) for _ in range(8)]
        tiny.gate.set()
        swept = {id(answer.result()) for answer in answers}
    assert (len(swept), tiny.sweeps) == (1, 1)


def test_a_failed_sweep_is_shared_too() -> None:
    tiny = TinyEcs({"main": ["web"]})
    tiny.broken = {"main"}
    inventory = EcsInventory(tiny.client, clusters=("main",))
    with pytest.raises(SourceError, match="Throttling"):
        inventory.sweep(now=NOW)
    with pytest.raises(SourceError, match="Throttling"):
        inventory.known(now=NOW)
    assert tiny.sweeps == 1
    tiny.broken = set()
    assert inventory.sweep(now=NOW + MINUTE).failures == {}


def test_known_services_do_not_wait_for_a_slow_ecs() -> None:
    tiny = TinyEcs({"main": ["web"]})
    inventory = EcsInventory(tiny.client, clusters=("main",))
    inventory.sweep(now=NOW)
    tiny.gate.clear()
    tiny.asked.clear()
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(inventory.sweep, now=NOW + MINUTE)
        assert tiny.asked.wait(timeout=5)
        names = pool.submit(subjects, inventory)
        try:
            assert names.result(timeout=5) == ["main/web"]
            assert not slow.done()
        finally:
            tiny.gate.set()
        assert slow.result(timeout=5).at == NOW + MINUTE


def test_known_services_outlive_a_sweep_that_failed_altogether() -> None:
    tiny = TinyEcs({"main": ["web"]})
    inventory = EcsInventory(tiny.client, clusters=("main",))
    inventory.sweep(now=NOW)
    tiny.broken = {"main"}
    with pytest.raises(SourceError):
        inventory.sweep(now=NOW + MINUTE)
    assert subjects(inventory) == ["main/web"]


def test_known_services_outlive_the_failure_of_their_cluster() -> None:
    tiny = TinyEcs({"blue": ["web"], "green": ["api"]})
    inventory = EcsInventory(tiny.client, clusters=("blue", "green"))
    inventory.sweep(now=NOW)
    tiny.broken, tiny.clusters["green"] = {"blue"}, ["api", "new"]
    inventory.sweep(now=NOW + MINUTE)
    assert sorted(subjects(inventory)) == ["blue/web", "green/api", "green/new"]


def test_services_that_are_gone_are_not_known_any_more() -> None:
    tiny = TinyEcs({"main": ["web", "old"]})
    inventory = EcsInventory(tiny.client, clusters=("main",))
    inventory.sweep(now=NOW)
    tiny.clusters["main"] = ["web"]
    inventory.sweep(now=NOW + MINUTE)
    assert subjects(inventory) == ["main/web"]


def test_a_bug_in_a_sweep_is_raised_and_not_shared() -> None:
    tiny = TinyEcs({})
    inventory = EcsInventory(tiny.client, clusters=(None,))  # type: ignore[arg-type]  # the bug
    for _ in range(2):
        with pytest.raises(AttributeError):
            inventory.sweep(now=NOW)
