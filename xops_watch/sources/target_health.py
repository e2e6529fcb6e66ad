"""Target groups of Keycloak: how many of its instances answer."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from xops_watch.aws.load_balancers import GROUPS_ACTION, HEALTH_ACTION, LoadBalancers, TargetGroup
from xops_watch.aws.roll import Roll
from xops_watch.aws.standing import failed, gap, matches, reading
from xops_watch.core.reading import Observation, SeriesKey
from xops_watch.errors import GapReason, SourceError

GROUPS_MAX = 20  # each is a call

_HEALTHY = "keycloak.healthy_hosts"


class TargetHealthSource:
    """Counts healthy targets of groups whose names fit; `seen` is what was observed before."""

    name = "target_health"
    signals = (_HEALTHY,)
    iam_actions = (GROUPS_ACTION, HEALTH_ACTION)

    def __init__(
        self,
        balancers: LoadBalancers,
        *,
        patterns: Sequence[str],
        interval: timedelta,
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._balancers = balancers
        self._patterns = tuple(patterns)
        self._roll = Roll(seen, signals=self.signals)

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the healthy targets of each group; raises SourceError without any group."""
        groups = [g for g in self._balancers.groups() if matches(g.name, self._patterns)]
        if len(groups) > GROUPS_MAX:
            raise SourceError(
                f"{GROUPS_ACTION}: {len(groups)} target groups fit, more than {GROUPS_MAX}",
                reason=GapReason.INVALID,
                hint="name them more closely in XOPS_WATCH_PORTAL__KEYCLOAK_TARGET_GROUPS",
            )
        told: list[Observation] = [self._healthy(group, now) for group in groups]
        if not told:
            fix = "XOPS_WATCH_PORTAL__KEYCLOAK_TARGET_GROUPS"
            why = f"no target group is named like this: {fix}"
            told.append(gap(_HEALTHY, None, GapReason.NOT_ENABLED, why, at=now))
        told.extend(self._roll.call(told, detail="the target group is gone", at=now))
        return told

    def _healthy(self, group: TargetGroup, now: datetime) -> Observation:
        try:
            healthy = self._balancers.healthy(group.arn)
        except SourceError as error:
            return failed(_HEALTHY, group.name, error, at=now)
        return reading(_HEALTHY, group.name, healthy, at=now)
