"""RDS: whether a database has a standby in another zone."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from pydantic import Field

from xops_watch.aws.answers import Answer, Name, read_pages
from xops_watch.aws.paged import PagedClient
from xops_watch.aws.roll import Roll
from xops_watch.aws.standing import absent, gap, matches, reading
from xops_watch.core.reading import Observation, SeriesKey
from xops_watch.errors import GapReason

PAGES_MAX = 50  # of 100 instances each

_ACTION = "rds:DescribeDBInstances"
_MULTI_AZ = "rds.multi_az"


class _Instance(Answer):
    name: Name = Field(alias="DBInstanceIdentifier")
    multi_az: bool = Field(alias="MultiAZ")
    cluster: str | None = Field(default=None, alias="DBClusterIdentifier")
    replica_of: str | None = Field(default=None, alias="ReadReplicaSourceDBInstanceIdentifier")


class _Page(Answer):
    instances: list[_Instance] = Field(alias="DBInstances")


class RdsSource:
    """Reads the instances whose names fit glob patterns; `seen` is what was observed before."""

    name = "rds"
    signals = (_MULTI_AZ,)
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
        """Return whether each instance is Multi-AZ; raises SourceError."""
        told = [_multi_az(instance, now) for instance in self._instances()]
        if not told:
            why = "no RDS instance is named like this: XOPS_WATCH_PORTAL__DATABASES"
            told.append(gap(_MULTI_AZ, None, GapReason.NOT_ENABLED, why, at=now))
        told.extend(self._roll.call(told, detail="the instance is gone", at=now))
        return told

    def _instances(self) -> Iterator[_Instance]:
        pages = self._client.get_paginator("describe_db_instances").paginate()
        for page in read_pages(pages, _Page, action=_ACTION, pages_max=PAGES_MAX):
            yield from (one for one in page.instances if matches(one.name, self._patterns))


def _multi_az(instance: _Instance, at: datetime) -> Observation:
    if instance.cluster is not None:
        why = "it belongs to a cluster, whose instances stand in for each other"
        return absent(_MULTI_AZ, instance.name, why, at=at)
    if instance.replica_of is not None:
        return absent(_MULTI_AZ, instance.name, "it is a read replica", at=at)
    return reading(_MULTI_AZ, instance.name, instance.multi_az, at=at)
