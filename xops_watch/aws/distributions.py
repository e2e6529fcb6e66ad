"""CloudFront's distributions: price class, and whether their additional metrics are on."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Protocol

from botocore.exceptions import ClientError
from pydantic import Field

from xops_watch.aws.answers import Answer, Count, parse_answer, read_pages
from xops_watch.aws.failures import code_of, invalid_answer, translated
from xops_watch.aws.side_by_side import SideBySide
from xops_watch.errors import GapReason, SourceError

LIST_ACTION = "cloudfront:ListDistributions"
CONFIG_ACTION = "cloudfront:GetDistributionConfig"
MONITORING_ACTION = "cloudfront:GetMonitoringSubscription"
DISTRIBUTIONS_MAX = 100  # each takes a call: CloudFront allows few a second
PAGES_MAX = 10  # of 100 each

_TURN_ON = (
    "turn on the additional metrics of the distribution (paid): aws cloudfront"
    " create-monitoring-subscription --distribution-id {id} --monitoring-subscription"
    " RealtimeMetricsSubscriptionConfig={{RealtimeMetricsSubscriptionStatus=Enabled}}"
)
_Id = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,64}$")]
_Word = Annotated[str, Field(max_length=100)]


class Pages(Protocol):
    """A boto3 paginator."""

    def paginate(self) -> Iterable[Mapping[str, object]]:
        """Return the pages of one listing."""
        ...


class CloudFrontClient(Protocol):
    """The part of boto3's client that is used."""

    def get_paginator(self, operation_name: str, /) -> Pages:
        """Return the paginator of one operation."""
        ...

    def get_distribution_config(self, **params: Any) -> Mapping[str, object]:  # noqa: ANN401 - boto3
        """Return the configuration of one distribution."""
        ...

    def get_monitoring_subscription(self, **params: Any) -> Mapping[str, object]:  # noqa: ANN401 - boto3
        """Return whether the additional metrics of one distribution are on."""
        ...


class _Config(Answer):
    price_class: _Word = Field(alias="PriceClass")
    enabled: bool = Field(alias="Enabled")
    mode: _Word = Field(default="direct", alias="ConnectionMode")

    @property
    def distribution(self) -> "Distribution":
        """Return what is used of it."""
        return Distribution(
            price_class=self.price_class,
            enabled=self.enabled,
            tenant_only=self.mode == "tenant-only",
        )


class _ConfigAnswer(Answer):
    config: _Config = Field(alias="DistributionConfig")


class _Listed(_Config):
    id: _Id = Field(alias="Id")


class _List(Answer):
    quantity: Count = Field(alias="Quantity")
    items: list[_Listed] = Field(default=[], alias="Items")


class _ListPage(Answer):
    list: _List = Field(alias="DistributionList")


class _Realtime(Answer):
    status: _Word = Field(alias="RealtimeMetricsSubscriptionStatus")


class _Subscription(Answer):
    realtime: _Realtime = Field(alias="RealtimeMetricsSubscriptionConfig")


class _SubscriptionAnswer(Answer):
    subscription: _Subscription = Field(alias="MonitoringSubscription")


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """How a distribution is configured; `tenant_only` when it only serves through its tenants."""

    price_class: str
    enabled: bool
    tenant_only: bool


class Distributions:
    """Reads the distributions that are named, or else those that `belongs` names at an instant.

    When it names None, every one of the account. What it read last of their metrics may be asked
    from any thread.
    """

    def __init__(
        self,
        client: CloudFrontClient,
        named: Sequence[str] = (),
        *,
        belongs: Callable[[datetime], Collection[str] | None] = lambda _: None,
    ) -> None:
        self._client = client
        self._named = tuple(dict.fromkeys(named))
        self._belongs = belongs
        self._side_by_side = SideBySide()
        self._metrics: Mapping[str, bool | SourceError] = {}

    def read(self, *, now: datetime) -> Mapping[str, Distribution | SourceError]:
        """Return each distribution, or why it cannot be told of.

        Raises SourceError when they cannot be listed, or there are too many.
        """
        found: dict[str, Distribution | SourceError]
        if self._named:
            told = self._side_by_side.ask(self._config, self._named)
            found = dict(zip(self._named, told, strict=True))
        else:
            found = dict(self._listed(self._belongs(now)))
        there = [name for name, one in found.items() if isinstance(one, Distribution)]
        known = self._side_by_side.ask(self._metrics_on, there)
        self._metrics = dict(zip(there, known, strict=True))
        return found

    def why_no_metrics(self, distribution: str) -> tuple[GapReason, str] | None:
        """Return why a distribution has no additional metrics, None when nobody knows."""
        match self._metrics.get(distribution):
            case None:
                return None
            case SourceError() as error:
                return error.reason, error.what
            case False:
                return GapReason.NOT_ENABLED, _TURN_ON.format(id=distribution)
            case _:
                return GapReason.STALE, "the additional metrics are on: none was published lately"

    def _listed(self, own: Collection[str] | None) -> Iterable[tuple[str, Distribution]]:
        with translated(LIST_ACTION):
            pages = self._client.get_paginator("list_distributions").paginate()
        items: list[_Listed] = []
        for page in read_pages(pages, _ListPage, action=LIST_ACTION, pages_max=PAGES_MAX):
            if len(page.list.items) != page.list.quantity:
                counts = f"{len(page.list.items)} distributions where it counts"
                raise invalid_answer(LIST_ACTION, f"{counts} {page.list.quantity}")
            items += (item for item in page.list.items if own is None or item.id in own)
        if len(items) > DISTRIBUTIONS_MAX:
            raise SourceError(
                f"{LIST_ACTION}: {len(items)} distributions, more than {DISTRIBUTIONS_MAX}: name"
                " those to watch, XOPS_WATCH_EDGE__DISTRIBUTIONS=ID,ID",
                reason=GapReason.INVALID,
                hint="each takes a call of its own",
            )
        return [(item.id, item.distribution) for item in items]

    def _config(self, distribution: str) -> Distribution:
        with translated(CONFIG_ACTION):
            answer = self._client.get_distribution_config(Id=distribution)
        return parse_answer(_ConfigAnswer, answer, action=CONFIG_ACTION).config.distribution

    def _metrics_on(self, distribution: str) -> bool:
        try:
            with translated(MONITORING_ACTION):
                answer = self._client.get_monitoring_subscription(DistributionId=distribution)
        except SourceError as error:
            if is_refused_as(error, "NoSuchMonitoringSubscription"):
                return False
            raise
        found = parse_answer(_SubscriptionAnswer, answer, action=MONITORING_ACTION)
        return found.subscription.realtime.status == "Enabled"


def is_refused_as(error: SourceError, code: str) -> bool:
    """Tell whether AWS refused with this code."""
    return isinstance(error.__cause__, ClientError) and code_of(error.__cause__) == code
