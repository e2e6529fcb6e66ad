"""Cost Explorer: what complete days cost, by usage type and by one tag. A request costs a cent."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import fsum
from typing import Any, Protocol

from pydantic import Field

from xops_watch.aws.answers import Answer, parse_answer
from xops_watch.aws.failures import invalid_answer, translated
from xops_watch.aws.money import Amount
from xops_watch.errors import GapReason, SourceError

GET_COST = "ce:GetCostAndUsage"
DOLLARS_PER_REQUEST = 0.01
PAGES_MAX = 5  # each is a request, and billed

_METRIC = "UnblendedCost"
# What is paid back says nothing of what the stack costs.
_NO_CREDITS = {"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Credit", "Refund"]}}}
_TRANSFER = ("DataTransfer", "-AWS-Out-Bytes", "-AWS-In-Bytes")


class CostClient(Protocol):
    """The part of boto3's client that is used; this query has no paginator."""

    def get_cost_and_usage(self, **params: Any) -> Any:  # noqa: ANN401 - as boto3
        """Return one page of costs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A cost allocation tag that the stack's resources carry."""

    key: str
    value: str


class _Period(Answer):
    start: str = Field(alias="Start", max_length=40)


class _Group(Answer):
    keys: list[str] = Field(alias="Keys", min_length=1, max_length=2)
    metrics: dict[str, Amount] = Field(alias="Metrics")


class _Day(Answer):
    period: _Period = Field(alias="TimePeriod")
    groups: list[_Group] = Field(alias="Groups")


class _Page(Answer):
    days: list[_Day] = Field(alias="ResultsByTime")
    token: str | None = Field(default=None, alias="NextPageToken")


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Dollars of some complete days; credits and refunds are left out.

    `stack` is what carries the tag (all if none is asked for), `transfer` is data transfer within
    that. `everything` and `untagged` are of the account. `requests` is how many were paid for.
    """

    stack: float
    transfer: float
    everything: float
    untagged: float
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    usage: str
    tag: str
    dollars: float


def read_costs(client: CostClient, *, end: date, days: int, tag: Tag | None) -> Costs:
    """Return what the `days` days before `end` cost; raises SourceError.

    A day that Cost Explorer knows nothing of is no day without cost: it is refused as stale.
    """
    wanted = [(end - timedelta(days=n)).isoformat() for n in range(days, 0, -1)]
    by: list[dict[str, str]] = [{"Type": "DIMENSION", "Key": "USAGE_TYPE"}]
    if tag is not None:
        by.append({"Type": "TAG", "Key": tag.key})
    asked: dict[str, Any] = {
        "TimePeriod": {"Start": wanted[0], "End": end.isoformat()},
        "Granularity": "DAILY",
        "Metrics": [_METRIC],
        "GroupBy": by,
        "Filter": _NO_CREDITS,
    }
    pages = list(_pages(client, asked))
    lines: dict[str, list[_Line]] = defaultdict(list)
    for page in pages:
        for one in page.days:
            lines[one.period.start[: len(wanted[0])]].extend(map(_line, one.groups))
    unknown = [day for day in wanted if not lines[day]]
    if unknown:
        raise SourceError(
            f"{GET_COST}: no cost is known of {unknown[0]} and {len(unknown) - 1} more days",
            reason=GapReason.STALE,
            hint="Cost Explorer knows a day after it was switched on, and of no day before",
        )
    return _sum([line for day in wanted for line in lines[day]], tag, requests=len(pages))


def _pages(client: CostClient, asked: dict[str, Any]) -> Iterator[_Page]:
    for _ in range(PAGES_MAX):
        with translated(GET_COST):
            answer = client.get_cost_and_usage(**asked)
        page = parse_answer(_Page, answer, action=GET_COST)
        yield page
        if not page.token:
            return
        asked = {**asked, "NextPageToken": page.token}
    raise invalid_answer(GET_COST, f"more than {PAGES_MAX} pages, and each is billed")


def _line(group: _Group) -> _Line:
    if _METRIC not in group.metrics:
        raise invalid_answer(GET_COST, f"Groups.Metrics: {_METRIC} is missing")
    dollars = group.metrics[_METRIC].dollars(action=GET_COST)
    usage, *tags = group.keys
    # A tag's key is written `stack$prod`, and `stack$` for what does not carry it.
    return _Line(usage=usage, tag="".join(tags).partition("$")[2], dollars=dollars)


def _sum(lines: Sequence[_Line], tag: Tag | None, *, requests: int) -> Costs:
    of_stack = [line for line in lines if tag is None or line.tag == tag.value]
    if tag is not None and not of_stack:
        raise SourceError(
            f"{GET_COST}: nothing carries the tag {tag.key!r:.50} = {tag.value!r:.50}: activate it"
            " with `aws ce update-cost-allocation-tags-status`, and mend XOPS_WATCH_COST__TAG",
            reason=GapReason.NOT_ENABLED,
            hint="an activated tag shows in the costs a day later",
        )
    transfer = [line for line in of_stack if any(word in line.usage for word in _TRANSFER)]
    return Costs(
        stack=fsum(line.dollars for line in of_stack),
        transfer=fsum(line.dollars for line in transfer),
        everything=fsum(line.dollars for line in lines),
        untagged=fsum(line.dollars for line in lines if tag is not None and not line.tag),
        requests=requests,
    )
