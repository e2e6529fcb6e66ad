"""An embedded AWS for the commands that look at one."""

from collections.abc import Iterator

import pytest

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
    return bench
