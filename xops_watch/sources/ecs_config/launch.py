"""Where the tasks of a service run."""

import re
from collections.abc import Iterator
from datetime import datetime

from xops_watch.aws.inventory import Service
from xops_watch.aws.launch import FARGATE
from xops_watch.aws.standing import absent, gap, reading
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Observation
from xops_watch.errors import GapReason

LAUNCH = "ecs.launch_type"
PLATFORM = "ecs.platform_version"
SPOT_SHARE = "crew.spot_share"

_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})")


def launch_of(service: Service, at: datetime) -> Iterator[Observation]:
    """Yield launch type and platform version of the tasks."""
    launch, subject = service.launch, service.subject
    states = SIGNAL_BY_NAME[LAUNCH].states
    if launch.kind in states:
        yield reading(LAUNCH, subject, states.index(launch.kind), at=at)
    else:
        why = f"ecs:DescribeServices: the launch type {launch.kind!r:.50} is unknown"
        yield gap(LAUNCH, subject, GapReason.INVALID, why, at=at)
    if launch.kind != FARGATE:
        why = "it does not run on Fargate: only that has platform versions"
        yield absent(PLATFORM, subject, why, at=at)
        return
    version = _VERSION.fullmatch(launch.platform or "")
    if version is None:
        why = f"ecs:DescribeServices: {launch.platform!r:.50} is no platform version"
        yield gap(PLATFORM, subject, GapReason.INVALID, why, at=at)
        return
    major, minor, patch = map(int, version.groups())
    yield reading(PLATFORM, subject, major * 1_000_000 + minor * 1_000 + patch, at=at)


def spot_share_of(service: Service, at: datetime) -> Observation:
    """Return which share of new tasks runs on Fargate Spot."""
    share = service.launch.spot_share
    if share is None:
        why = "no weights of Fargate and Fargate Spot place its tasks"
        return absent(SPOT_SHARE, service.subject, why, at=at)
    return reading(SPOT_SHARE, service.subject, share, at=at)
