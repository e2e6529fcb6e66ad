"""Vantages: places from which the edge is measured, each by a metric that the settings name."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from botocore.exceptions import ClientError

from xops_watch.aws.failures import code_of
from xops_watch.core.reading import Gap, Observation, SeriesKey
from xops_watch.core.signal import MINUTE
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.cloudwatch.answers import READ_ACTION
from xops_watch.sources.cloudwatch.needs import SEEN_FROM_A_VANTAGE
from xops_watch.sources.cloudwatch.plan import Wanted
from xops_watch.sources.cloudwatch.source import CloudWatchSource
from xops_watch.sources.cloudwatch.statistics import STATISTICS_ACTION
from xops_watch.sources.cloudwatch.subjects import Dimensions, Subject

SIGNAL = SEEN_FROM_A_VANTAGE.signal
HOME = ""
# Rules and caveats read these two: where one is not set, that has to be said.
EXPECTED: Mapping[str, str] = {"nz": "ap-southeast-6", "syd": "ap-southeast-2"}
# What a region says that the account has not enabled: it does not know the credentials there.
_STRANGERS = frozenset(
    {"AuthFailure", "InvalidClientTokenId", "OptInRequired", "UnrecognizedClientException"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vantage:
    """A place, and the metric of what is measured there; `per` of its units make a second.

    `region` is empty at home.
    """

    name: str
    namespace: str
    metric: str
    dimensions: Dimensions
    per: float
    region: str = HOME

    @property
    def subject(self) -> Subject:
        """Return it as CloudWatch is asked for it."""
        return Subject(
            name=self.name,
            dimensions=self.dimensions,
            metric=(self.namespace, self.metric),
            per=self.per,
        )


class VantageSource:
    """Reads the vantages of one region.

    Other vantages are of the same signal: what ails this region is said of its own ones alone.
    """

    iam_actions = (READ_ACTION, STATISTICS_ACTION)

    def __init__(self, reader: CloudWatchSource, vantages: Sequence[Vantage]) -> None:
        self.name = reader.name
        self.interval = reader.interval
        self._reader = reader
        self.subjects = tuple(vantage.name for vantage in vantages)
        self._region = vantages[0].region

    @property
    def signals(self) -> tuple[str, ...]:
        """Return the signal, when a rule in force asks for it."""
        return self._reader.signals

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the new points of each vantage, and why there are none; never raises."""
        try:
            return self._reader.observe(now=now)
        except SourceError as error:
            reason, detail = self._meaning(error)
            return [_gap(name, reason, detail, now) for name in self.subjects]

    def plan(self, *, now: datetime) -> Collection[SourceError]:
        """Say what would be read, without reading it."""
        return self._reader.plan(now=now)

    def _meaning(self, error: SourceError) -> tuple[GapReason, str]:
        cause = error.__cause__
        refused = isinstance(cause, ClientError) and code_of(cause) in _STRANGERS
        if not (refused and self._region):
            return error.reason, error.what
        what = (
            f"{self._region} does not know our credentials: unless other regions refuse them too,"
            " the account has not enabled it: aws account enable-region --region-name"
        )
        return GapReason.NOT_ENABLED, f"{what} {self._region}"


class UnsetVantages:
    """Says of vantages that rules read, and that no setting names, how to have them.

    `plan` returns what is wanted now; `seen` are the series that were observed before the process
    started: a vantage that the settings name no more is gone.
    """

    name = "edge_latency"
    asks_nobody = True
    interval = 5 * MINUTE

    def __init__(
        self,
        plan: Callable[[], Sequence[Wanted]],
        vantages: Sequence[Vantage],
        *,
        seen: Collection[SeriesKey] = (),
    ) -> None:
        named = {vantage.name for vantage in vantages}
        self._plan = plan
        self._unset = [name for name in EXPECTED if name not in named]
        self._gone = sorted(
            subject
            for signal, subject in seen
            if signal == SIGNAL and subject not in named and subject not in EXPECTED
        )
        self.subjects = (*self._unset, *self._gone)

    @property
    def is_needed(self) -> bool:
        """Tell whether it has anything to say."""
        return bool(self._unset or self._gone)

    @property
    def signals(self) -> tuple[str, ...]:
        """Return the signal, when a rule in force asks for it."""
        return tuple(one.need.signal for one in self._plan())

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return a gap for each."""
        if not self._plan():
            return []
        gone, self._gone = self._gone, []
        return [
            *(_gap(name, GapReason.NOT_ENABLED, _how_to_set(name), now) for name in self._unset),
            *(_gap(name, GapReason.GONE, "no setting names it any more", now) for name in gone),
        ]

    def plan(self, *, now: datetime) -> Collection[SourceError]:  # noqa: ARG002 - as its siblings
        """Say that nothing would be read."""
        return ()


def _how_to_set(name: str) -> str:
    return (
        "nothing measures from there: run a canary and set"
        f" XOPS_WATCH_EDGE__VANTAGES={name}=canary:CANARY/STEP@{EXPECTED[name]}"
    )


def _gap(name: str, reason: GapReason, detail: str, now: datetime) -> Gap:
    return Gap(signal=SIGNAL, subject=name, reason=reason, detail=detail, noticed_at=now)
