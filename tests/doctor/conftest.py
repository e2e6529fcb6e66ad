"""An embedded AWS with a busy service and a topic that somebody hears."""

from collections.abc import Iterator

import pytest

from tests.system.daemons import put_cpu
from xops_watch.demo.stage import Pager, build
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.embedded_aws.process import spawn


@pytest.fixture(scope="session")
def bench() -> Iterator[EmbeddedAws]:
    with spawn() as aws:
        yield aws


@pytest.fixture
def aws(bench: EmbeddedAws) -> EmbeddedAws:
    bench.clear_faults()
    bench.reset()
    bench.put_cluster("xops", services=[{"name": "open-webui", "desired": 2, "running": 2}])
    put_cpu(bench, "open-webui", 40, until=bench.now())
    return bench


@pytest.fixture
def pager(aws: EmbeddedAws) -> Pager:
    return build(aws).pager
