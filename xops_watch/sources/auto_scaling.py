"""EC2 Auto Scaling: how many instances a group has, and how many it may still add."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from pydantic import Field

from xops_watch.aws.answers import Answer, Count, DimensionText, read_pages
from xops_watch.aws.paged import PagedClient
from xops_watch.aws.roll import Roll
from xops_watch.aws.standing import gap, matches, reading
from xops_watch.core.reading import Observation, SeriesKey
from xops_watch.errors import GapReason

PAGES_MAX = 50  # of 100 groups each

_ACTION = "autoscaling:DescribeAutoScalingGroups"
_INSTANCES = "asg.instances"
_HEADROOM = "asg.headroom"
_IN_SERVICE = "InService"


class _Instance(Answer):
    state: str = Field(alias="LifecycleState")


class _Group(Answer):
    name: DimensionText = Field(alias="AutoScalingGroupName")
    desired: Count = Field(alias="DesiredCapacity")
    most: Count = Field(alias="MaxSize")
    instances: list[_Instance] = Field(default=[], alias="Instances")


class _Page(Answer):
    groups: list[_Group] = Field(alias="AutoScalingGroups")


class AutoScalingSource:
    """Reads the groups whose names fit glob patterns; `seen` is what was observed before."""

    name = "auto_scaling"
    signals = (_INSTANCES, _HEADROOM)
    iam_actions = (_ACTION,)

    def __init__(
        self,
        client: PagedClient,
        *,
        patterns: Sequence[str],
        interval: timedelta,
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._client = client
        self._patterns = tuple(patterns)
        self._roll = Roll(seen, signals=self.signals)

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return instances and headroom of each group; raises SourceError."""
        told: list[Observation] = []
        for group in self._groups():
            told.append(reading(_INSTANCES, group.name, _in_service(group), at=now))
            headroom = max(0, group.most - group.desired)
            told.append(reading(_HEADROOM, group.name, headroom, at=now))
        if not told:
            why = "no Auto Scaling group is named like this: XOPS_WATCH_PORTAL__AUTO_SCALING_GROUPS"
            none = (gap(s, None, GapReason.NOT_ENABLED, why, at=now) for s in self.signals)
            told.extend(none)
        told.extend(self._roll.call(told, detail="the group is gone", at=now))
        return told

    def _groups(self) -> Iterator[_Group]:
        pages = self._client.get_paginator("describe_auto_scaling_groups").paginate()
        for page in read_pages(pages, _Page, action=_ACTION, pages_max=PAGES_MAX):
            yield from (group for group in page.groups if matches(group.name, self._patterns))


def _in_service(group: _Group) -> int:
    return sum(instance.state == _IN_SERVICE for instance in group.instances)
