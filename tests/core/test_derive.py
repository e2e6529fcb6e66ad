"""What follows from other signals: said once, with their gaps, and of nothing that nobody reads."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.core.samples import NOON, STAGE
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.derive import (
    BUDGET_USED,
    BY_SERVICES,
    BY_USERS,
    DECLARED,
    DERIVED_SIGNALS,
    DIFFERENT,
    RUN_RATE,
    SELF,
    SELF_SHARE,
    SERVICES,
    USERS,
    derive,
)
from xops_watch.core.evolution import Stage
from xops_watch.core.reading import Gap, History, Observation, Reading, Series
from xops_watch.errors import GapReason

STACK = "xops"
HOUR = timedelta(hours=1)
STAGES = {
    name: replace(STAGE, id=name, users=users, services=services, monthly_cost_dollars=dollars)
    for name, users, services, dollars in (
        ("bc1-prod", "<50", "2", 180.0),
        ("bc1-peak", "<50", "2", 380.0),
        ("bc2-growth", "50-200", "4-6", 360.0),
        ("of-another-table", "50-200", "4-6", 1.0),
    )
}
STATES = SIGNAL_BY_NAME[DECLARED].states
PEAK, PROD, GROWTH = (STATES.index(s) for s in ("bc1-peak", "bc1-prod", "bc2-growth"))


def read(signal: str, value: float, *, subject: str = STACK, at: datetime = NOON) -> Reading:
    return Reading(signal=signal, subject=subject, value=value, taken_at=at)


def gap(signal: str, reason: GapReason, *, subject: str = STACK) -> Gap:
    return Gap(signal=signal, subject=subject, reason=reason, detail="so", noticed_at=NOON)


def history(*seen: Observation) -> History:
    series: dict[tuple[str, str], Series] = {}
    for one in seen:
        key = one.signal, one.subject or STACK
        before = series.get(key, Series())
        if isinstance(one, Gap):
            series[key] = Series(readings=tuple(before.readings), gap=one)
        else:
            series[key] = Series(readings=(*before.readings, one))
    return History(series=series)


def derived(
    *seen: Observation, now: datetime = NOON, stages: Mapping[str, Stage] = STAGES
) -> dict[str, float | tuple[GapReason, str]]:
    found: dict[str, float | tuple[GapReason, str]] = {}
    for one in derive(stages, history(*seen), stack=STACK, now=now):
        assert one.subject == STACK
        found[one.signal] = one.value if isinstance(one, Reading) else (one.reason, one.detail)
    return found


def test_of_what_nobody_reads_nothing_is_said() -> None:
    assert derived() == {}


def test_every_derived_signal_is_in_the_catalogue() -> None:
    assert set(DERIVED_SIGNALS) <= SIGNAL_BY_NAME.keys()


def test_stages_and_shares_follow_from_what_was_read() -> None:
    found = derived(
        read(DECLARED, PEAK),
        read(USERS, 120),
        read(SERVICES, 2, subject="one"),
        read(SERVICES, 3, subject="two"),
        read(RUN_RATE, 418.0),
        read(SELF, 3.8),
    )
    assert found == {
        BY_USERS: GROWTH,
        BY_SERVICES: GROWTH,
        DIFFERENT: 2,
        BUDGET_USED: pytest.approx(1.1),
        SELF_SHARE: pytest.approx(0.01),
    }


def test_a_declared_peak_agrees_with_the_users_and_services_of_bc1() -> None:
    found = derived(read(DECLARED, PEAK), read(USERS, 20), read(SERVICES, 2, subject="one"))
    assert found == {BY_USERS: PEAK, BY_SERVICES: PEAK, DIFFERENT: 1}


def test_a_count_between_the_stages_is_said_and_not_guessed() -> None:
    found = derived(read(DECLARED, GROWTH), read(USERS, 60), read(SERVICES, 7, subject="one"))
    detail = "7 services are in no stage of the Cost Evolution table"
    assert found[BY_SERVICES] == (GapReason.NOT_APPLICABLE, detail)
    assert found[DIFFERENT] == 1


def test_one_leg_alone_cannot_disagree_and_the_missing_one_is_named() -> None:
    found = derived(gap(DECLARED, GapReason.NOT_ENABLED), read(USERS, 20))
    assert found[BY_USERS] == PROD
    assert found[DIFFERENT] == (GapReason.NOT_ENABLED, "stage.declared: so")


def test_without_any_missing_leg_nothing_is_said_of_one() -> None:
    assert derived(read(USERS, 20)) == {BY_USERS: PROD}


def test_a_gap_of_what_they_follow_from_is_theirs() -> None:
    found = derived(gap(RUN_RATE, GapReason.DENIED), read(DECLARED, PROD))
    assert found[BUDGET_USED] == (GapReason.DENIED, "cost.run_rate: so")


def test_a_share_needs_a_declared_stage() -> None:
    found = derived(read(RUN_RATE, 100), gap(DECLARED, GapReason.NOT_ENABLED))
    assert found[BUDGET_USED] == (GapReason.NOT_ENABLED, "stage.declared: so")
    assert BUDGET_USED not in derived(read(RUN_RATE, 100))


@pytest.mark.parametrize("stages", [{}, {"bc1-prod": replace(STAGE, monthly_cost_dollars=0.0)}])
def test_a_share_needs_the_cost_of_that_stage(stages: Mapping[str, Stage]) -> None:
    found = derived(read(RUN_RATE, 100), read(DECLARED, PROD), stages=stages)
    detail = "the rules give no monthly cost of the declared stage"
    assert found[BUDGET_USED] == (GapReason.NOT_APPLICABLE, detail)


def test_a_cluster_that_is_gone_is_not_counted_and_one_that_is_not_seen_is_not_zero() -> None:
    seen = read(SERVICES, 4, subject="one")
    gone = gap(SERVICES, GapReason.GONE, subject="two")
    assert derived(seen, gone)[BY_SERVICES] == GROWTH
    denied = gap(SERVICES, GapReason.DENIED, subject="two")
    assert derived(seen, denied)[BY_SERVICES] == (GapReason.DENIED, "ecs.services_active: so")


def test_when_every_cluster_is_gone_there_is_no_sum() -> None:
    found = derived(gap(SERVICES, GapReason.GONE, subject="one"))
    detail = "ecs.services_active: never read"
    assert found[BY_SERVICES] == (GapReason.STALE, detail)


def test_an_old_reading_proves_nothing() -> None:
    found = derived(read(USERS, 20, at=NOON - timedelta(days=2)))
    detail = "openwebui.users_active_24h: not read for too long"
    assert found[BY_USERS] == (GapReason.STALE, detail)


def test_what_was_said_is_not_said_again_at_every_tick() -> None:
    said = read(BY_USERS, PROD, at=NOON)
    later = NOON + timedelta(minutes=59)
    assert derived(said, read(USERS, 20, at=later), now=later) == {}
    assert derived(said, read(USERS, 60, at=later), now=later) == {BY_USERS: GROWTH}


def test_what_has_not_changed_is_said_again_after_an_hour() -> None:
    later = NOON + HOUR
    assert derived(read(BY_USERS, PROD), read(USERS, 20, at=later), now=later) == {BY_USERS: PROD}


def test_a_gap_is_said_once_and_ends_with_the_next_number() -> None:
    denied = gap(USERS, GapReason.DENIED)
    told = replace(gap(BY_USERS, GapReason.DENIED), detail=f"{USERS}: so")
    assert derived(denied, told, replace(told, signal=DIFFERENT)) == {}
    assert derived(read(USERS, 20), read(BY_USERS, PROD), told) == {BY_USERS: PROD}
