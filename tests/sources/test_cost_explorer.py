"""What complete days cost, asked once a day because each request is billed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.stub import Stubber

from tests.aws.bench import NOW, make_client
from tests.fakes import MemoryStore
from tests.sources.account_scene import (
    COSTS,
    DAY,
    HOUR,
    STACK_TAG,
    cost_explorer,
    costs,
    details,
    gaps,
    values,
)
from xops_watch.core.reading import Reading
from xops_watch.errors import GapReason, SourceError, StoreError

RATE = ("cost.run_rate", "xops")
TRANSFER = ("cost.data_transfer", "xops")
UNTAGGED = ("cost.untagged_share", "xops")
BASIS = ("cost.basis", "xops")
END = datetime(2026, 1, 3, tzinfo=UTC)  # NOW is 5 January, about noon
ASKED: dict[str, Any] = {
    "TimePeriod": {"Start": "2025-12-27", "End": "2026-01-03"},
    "Granularity": "DAILY",
    "Metrics": ["UnblendedCost"],
    "GroupBy": [{"Type": "DIMENSION", "Key": "USAGE_TYPE"}, {"Type": "TAG", "Key": "stack"}],
    "Filter": {"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Credit", "Refund"]}}},
}


class Ledger:
    """A Cost Explorer that answers with the days it is asked for, and counts."""

    def __init__(self, *groups: tuple[str, str, str]) -> None:
        self.groups = groups or (("BoxUsage", "xops", "6"),)
        self.asked: list[str] = []
        self.error: SourceError | None = None

    def get_cost_and_usage(self, **asked: Any) -> Any:  # noqa: ANN401 - as boto3
        end = asked["TimePeriod"]["End"]
        self.asked.append(end)
        if self.error is not None:
            raise self.error
        return costs(*self.groups, end=datetime.fromisoformat(f"{end}T00:00:00Z") + 2 * DAY)


def answering(answer: object) -> Any:  # noqa: ANN401 - a client
    return SimpleNamespace(get_cost_and_usage=lambda **_: answer)


def failure(answer: object) -> SourceError:
    with pytest.raises(SourceError) as caught:
        cost_explorer(answering(answer)).observe(now=NOW)
    return caught.value


def test_seven_days_are_told_as_a_month_with_transfer_and_untagged_share() -> None:
    client = make_client("ce", "http://127.0.0.1:1")
    told: list[float] = []
    with Stubber(client) as stub:
        first = {**COSTS, "ResultsByTime": COSTS["ResultsByTime"][:4]}
        stub.add_response("get_cost_and_usage", {**first, "NextPageToken": "more"}, ASKED)
        second = {**COSTS, "ResultsByTime": COSTS["ResultsByTime"][4:]}
        stub.add_response("get_cost_and_usage", second, {**ASKED, "NextPageToken": "more"})
        observations = cost_explorer(client, tell=told.append).observe(now=NOW)
    assert values(observations) == {
        BASIS: 1,
        RATE: pytest.approx(5.75 * 30.4),
        TRANSFER: pytest.approx(0.75 * 30.4),
        UNTAGGED: pytest.approx(0.25 / 8),
    }
    assert gaps(observations) == {}
    rates = [o for o in observations if isinstance(o, Reading) and o.signal == RATE[0]]
    assert [(o.taken_at, o.seen_at) for o in rates] == [(END, NOW)]
    # Two pages are two requests; before, one was expected.
    assert told == [pytest.approx(0.01 * 30.4), pytest.approx(2 * 0.01 * 30.4)]


def test_without_a_tag_the_whole_account_is_told() -> None:
    asked: dict[str, Any] = {}

    def ask(**params: Any) -> Any:  # noqa: ANN401 - as boto3
        asked.update(params)
        return COSTS

    client: Any = SimpleNamespace(get_cost_and_usage=ask)
    observations = cost_explorer(client, tag=None).observe(now=NOW)
    assert asked["GroupBy"] == [{"Type": "DIMENSION", "Key": "USAGE_TYPE"}]
    assert values(observations)[RATE] == pytest.approx(8 * 30.4)
    assert gaps(observations) == {UNTAGGED: GapReason.NOT_ENABLED}
    assert "XOPS_WATCH_COST__TAG" in details(observations)[0]


def test_a_tag_that_nothing_carries_says_how_to_activate_it() -> None:
    error = failure(costs(("BoxUsage", "", "6"), ("BoxUsage", "other", "1")))
    assert error.reason is GapReason.NOT_ENABLED
    assert "nothing carries the tag 'stack' = 'xops'" in error.what
    assert "update-cost-allocation-tags-status" in error.what


@pytest.mark.parametrize("days", [0, 1, 6])
def test_a_day_of_which_nothing_is_known_is_no_day_without_cost(days: int) -> None:
    error = failure(costs(("BoxUsage", "xops", "6"), days=days))
    assert error.reason is GapReason.STALE
    assert "no cost is known of 2025-12-27" in error.what


def test_days_that_were_not_asked_for_do_not_count() -> None:
    observations = cost_explorer(answering(costs(("B", "xops", "6"), days=30))).observe(now=NOW)
    assert values(observations)[RATE] == pytest.approx(6 * 30.4)


@pytest.mark.parametrize(
    "group",
    [
        {"Keys": ["B", "stack$xops"], "Metrics": {"UnblendedCost": {"Amount": "1", "Unit": "CNY"}}},
        {"Keys": ["B", "stack$xops"], "Metrics": {"UnblendedCost": {"Amount": "x", "Unit": "USD"}}},
        {"Keys": ["B", "stack$xops"], "Metrics": {"BlendedCost": {"Amount": "1", "Unit": "USD"}}},
        {"Keys": [], "Metrics": {"UnblendedCost": {"Amount": "1", "Unit": "USD"}}},
    ],
)
def test_an_amount_that_makes_no_sense_is_invalid(group: dict[str, Any]) -> None:
    day = {**COSTS["ResultsByTime"][0], "Groups": [group]}
    answer = {"ResultsByTime": [day, *COSTS["ResultsByTime"][1:]]}
    assert failure(answer).reason is GapReason.INVALID


def test_a_cost_below_zero_is_a_gap() -> None:
    observations = cost_explorer(answering(costs(("B", "xops", "-6")))).observe(now=NOW)
    assert gaps(observations)[RATE] is GapReason.INVALID
    assert gaps(observations)[UNTAGGED] is GapReason.STALE


def test_pages_end_since_each_is_billed() -> None:
    ledger: list[object] = []

    def ask(**_: object) -> object:
        ledger.append(1)
        return {**COSTS, "NextPageToken": "more"}

    with pytest.raises(SourceError) as caught:
        cost_explorer(SimpleNamespace(get_cost_and_usage=ask)).observe(now=NOW)
    assert caught.value.what == "ce:GetCostAndUsage: more than 5 pages, and each is billed"
    assert len(ledger) == 5


def test_a_day_is_paid_for_once_even_if_the_process_starts_again_and_again() -> None:
    ledger, memory = Ledger(), MemoryStore()
    for hour in range(24 * 3):
        source = cost_explorer(ledger, memory=memory)
        observations = source.observe(now=NOW + hour * HOUR)
        assert values(observations)[BASIS] == 1
    assert ledger.asked == ["2026-01-03", "2026-01-04", "2026-01-05", "2026-01-06"]


def test_what_it_costs_is_known_after_a_restart_though_nothing_is_asked() -> None:
    memory, told = MemoryStore(), list[float]()
    pages = iter([{**COSTS, "NextPageToken": "more"}, {"ResultsByTime": []}])
    client: Any = SimpleNamespace(get_cost_and_usage=lambda **_: next(pages))
    cost_explorer(client, memory=memory).observe(now=NOW)
    cost_explorer(client, memory=memory, tell=told.append).observe(now=NOW + HOUR)
    assert told == [pytest.approx(2 * 0.01 * 30.4)]


def test_a_failure_is_told_again_and_paid_for_again_after_six_hours() -> None:
    ledger, memory = Ledger(), MemoryStore()
    ledger.error = SourceError("ce: no", reason=GapReason.DENIED, hint="allow it")
    source = cost_explorer(ledger, memory=memory)
    for hour in range(6):
        with pytest.raises(SourceError) as caught:
            source.observe(now=NOW + hour * HOUR)
        assert (caught.value.what, caught.value.reason) == ("ce: no", GapReason.DENIED)
    assert len(ledger.asked) == 1
    ledger.error = None
    assert RATE in values(source.observe(now=NOW + 6 * HOUR))
    assert len(ledger.asked) == 2


def test_after_a_failure_and_a_restart_it_says_when_it_asks_again() -> None:
    ledger, memory = Ledger(), MemoryStore()
    ledger.error = SourceError("ce: no", reason=GapReason.DENIED, hint="allow it")
    with pytest.raises(SourceError, match="ce: no"):
        cost_explorer(ledger, memory=memory).observe(now=NOW)
    with pytest.raises(SourceError) as caught:
        cost_explorer(ledger, memory=memory).observe(now=NOW + HOUR)
    assert caught.value.reason is GapReason.STALE
    assert caught.value.what.endswith("before the last start, again at 18:00 UTC")
    assert len(ledger.asked) == 1


def test_a_clock_that_was_set_back_stops_nothing_for_ever() -> None:
    ledger, memory = Ledger(), MemoryStore()
    ledger.error = SourceError("ce: no", reason=GapReason.DENIED, hint="allow it")
    source = cost_explorer(ledger, memory=memory)
    for now in (NOW, NOW - timedelta(days=30)):
        with pytest.raises(SourceError, match="ce: no"):
            source.observe(now=now)
    assert len(ledger.asked) == 2


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"requests": 999999}', '{"until": "soon"}', '{"tried_at": 5e99}', "x"]
)
def test_a_memory_that_makes_no_sense_is_none(text: str) -> None:
    ledger, memory = Ledger(), MemoryStore()
    memory.keep("cost_explorer", text)
    assert RATE in values(cost_explorer(ledger, memory=memory).observe(now=NOW))


def broken(*_: object) -> str:
    raise StoreError("disk full", hint="free some space")


@pytest.mark.parametrize(("recall", "keep"), [(broken, lambda *_: None), (lambda _: None, broken)])
def test_nothing_is_paid_for_that_cannot_be_remembered(
    recall: Callable[..., object], keep: Callable[..., object]
) -> None:
    ledger = Ledger()
    memory = SimpleNamespace(recall=recall, keep=keep)
    with pytest.raises(SourceError) as caught:
        cost_explorer(ledger, memory=memory).observe(now=NOW)
    assert caught.value.reason is GapReason.UNREACHABLE
    assert "disk full" in caught.value.what
    assert ledger.asked == []


def test_the_tag_is_told_by_its_value() -> None:
    groups = (("B", "xops", "1"), ("B", "xops2", "10"), ("B", "", "100"))
    observations = cost_explorer(Ledger(*groups), tag=STACK_TAG).observe(now=NOW)
    assert values(observations)[RATE] == pytest.approx(30.4)
    assert values(observations)[UNTAGGED] == pytest.approx(100 / 111)
