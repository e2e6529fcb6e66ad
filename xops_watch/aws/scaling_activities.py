"""What autoscaling did in the last hour, and why it did not do more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, Field

from xops_watch.aws.answers import Answer, read_pages
from xops_watch.aws.scaling import ScalingClient
from xops_watch.errors import SourceError

ACTIVITIES_ACTION = "application-autoscaling:DescribeScalingActivities"
LOOKED_BACK = timedelta(hours=1)
PAGES_MAX = 40  # of 50: an account whose services are scaled 2,000 times an hour is not watched

_SERVICE = "service/"
_DESIRED_COUNT = "ecs:service:DesiredCount"
_SCALED = frozenset({"InProgress", "Overridden", "Pending", "Successful"})


class NotScaled(StrEnum):
    """Why autoscaling left a service as it is, in the order of the signal's states."""

    AT_MAX = "at_max"
    AT_MIN = "at_min"
    AT_DESIRED = "at_desired"
    FLAPPING = "flapping"
    UNSCALABLE = "unscalable"
    OTHER = "other"


_REASONS = {
    "AlreadyAtMaxCapacity": NotScaled.AT_MAX,
    "AlreadyAtMinCapacity": NotScaled.AT_MIN,
    "AlreadyAtDesiredCapacity": NotScaled.AT_DESIRED,
    "AutoScalingAnticipatedFlapping": NotScaled.FLAPPING,
    "TargetServicePutResourceAsUnscalable": NotScaled.UNSCALABLE,
}


class _Reason(Answer):
    code: str = Field(alias="Code")


class _Activity(Answer):
    resource: str = Field(alias="ResourceId")
    dimension: str = Field(alias="ScalableDimension")
    started_at: AwareDatetime = Field(alias="StartTime")
    status: str = Field(alias="StatusCode")
    reasons: list[_Reason] = Field(default=[], alias="NotScaledReasons")


class _ActivityPage(Answer):
    activities: list[_Activity] = Field(alias="ScalingActivities")


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One scaling activity; `not_scaled` are the reasons of one that changed nothing."""

    at: datetime
    failed: bool = False
    not_scaled: tuple[NotScaled, ...] = ()


class Activities:
    """Reads the activities of every ECS service, named `cluster/service`.

    What was read holds for `max_age`; a failure is asked again. For one thread at a time.
    """

    def __init__(self, client: ScalingClient, *, max_age: timedelta) -> None:
        self._client = client
        self._max_age = max_age
        self._read_at: datetime | None = None
        self._known: Mapping[str, Sequence[Activity]] = {}

    def read(self, *, now: datetime) -> Mapping[str, Sequence[Activity]] | SourceError:
        """Return the activities of the last hour by service, or why they are not known."""
        read_at = self._read_at
        if read_at is None or not timedelta() <= now - read_at < self._max_age:
            try:
                self._known = self._ask(now)
            except SourceError as error:
                return error
            self._read_at = now
        return {
            subject: [each for each in activities if now - each.at < LOOKED_BACK]
            for subject, activities in self._known.items()
        }

    def _ask(self, now: datetime) -> Mapping[str, Sequence[Activity]]:
        found: dict[str, list[Activity]] = {}
        for answer in self._recent(now):
            if answer.dimension == _DESIRED_COUNT:
                subject = answer.resource.removeprefix(_SERVICE)
                found.setdefault(subject, []).append(_activity(answer))
        return found

    def _recent(self, now: datetime) -> Iterator[_Activity]:
        """Activities come newest first, six weeks of them: a page of old ones is the last."""
        pages = self._client.get_paginator("describe_scaling_activities").paginate(
            ServiceNamespace="ecs", IncludeNotScaledActivities=True
        )
        for page in read_pages(pages, _ActivityPage, action=ACTIVITIES_ACTION, pages_max=PAGES_MAX):
            recent = [each for each in page.activities if now - each.started_at < LOOKED_BACK]
            yield from recent
            if page.activities and not recent:
                return


def _activity(answer: _Activity) -> Activity:
    if answer.status == "Failed":
        return Activity(at=answer.started_at, failed=True)
    if answer.status in _SCALED and not answer.reasons:
        return Activity(at=answer.started_at)
    codes = [_REASONS.get(reason.code, NotScaled.OTHER) for reason in answer.reasons]
    return Activity(at=answer.started_at, not_scaled=tuple(codes) or (NotScaled.OTHER,))
