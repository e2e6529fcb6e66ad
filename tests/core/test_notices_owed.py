"""Which changes owe a message, what is in it, and how it is told from others."""

from dataclasses import fields, replace
from datetime import timedelta
from itertools import combinations

import pytest

from tests.core.play import play
from tests.core.samples import (
    LOAD,
    MINUTE,
    NOON,
    STACK,
    SUBJECT,
    above,
    below,
    history,
    rule,
    rulebook,
    series,
)
from xops_watch.core.advise import advise
from xops_watch.core.evaluate import evaluate
from xops_watch.core.notice import Notice, NoticeKind, Stack, kind_of, notice_of
from xops_watch.core.rule import Severity
from xops_watch.core.trigger import Status, Transition, new_trigger

HELD = rule(above(80), hold=1, clear=(below(65), 0))
CHANGE = Transition(
    rule="rule",
    subject=SUBJECT,
    before=Status.PENDING,
    after=Status.FIRING,
    at=NOON,
    evidence="load 81 (> 80)",
)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (Status.INACTIVE, Status.PENDING, None),
        (Status.PENDING, Status.INACTIVE, None),
        (Status.INACTIVE, Status.FIRING, NoticeKind.FIRING),
        (Status.PENDING, Status.FIRING, NoticeKind.FIRING),
        (Status.FIRING, Status.INACTIVE, NoticeKind.RESOLVED),
        (Status.FIRING, Status.PENDING, NoticeKind.RESOLVED),
    ],
)
def test_what_a_change_owes(before: Status, after: Status, kind: NoticeKind | None) -> None:
    assert kind_of(replace(CHANGE, before=before, after=after)) is kind


def test_one_message_when_it_fires_and_one_when_it_ends() -> None:
    assert play("50 81 81 81 -x5 81 50 50", HELD).told == "firing resolved"
    assert play("50 81 50 81 50", HELD).told == ""
    assert play("81 81 50 81 81 50", HELD).told == "firing resolved firing resolved"


def test_going_blind_owes_nothing_yet() -> None:
    assert play("81 81 -x9", HELD).told == "firing"
    assert play("50 -x9", HELD).told == ""


def test_a_message_carries_all_there_is_to_know() -> None:
    (notice, _) = play("81 81 50", HELD).notices
    assert notice == Notice(
        key=notice.key,
        kind=NoticeKind.FIRING,
        stack="xops",
        rule="rule",
        subject=SUBJECT,
        title="Load above 80",
        severity="warning",
        rows=("A.trigger.2",),
        quote="load >80",
        layers=("L5", "L6"),
        since=NOON,
        at=NOON + MINUTE,
        evidence="load 81 (> 80)",
        threshold_source="documented",
        proposed=("hold",),
        evolution="step",
        action="Scale to 6 replicas",
        how="Terraform variables",
        first_steps=("look at L4 first", "raise the minimum"),
        classification="Service Addition",
        classification_source="proposed",
        risk="MED",
        phase="BC1 PEAK",
        lead_time_seconds=172_800.0,
        lead_time_source="proposed",
        effort="",
        cost="",
        advice="recommended",
        notes=(),
        overrides=(),
        stage="BC1 PEAK",
        stage_monthly_cost_dollars=380.0,
        runbook="https://runbooks.example/rule.md",
    )


def test_a_message_tells_since_when_it_breaches_even_without_a_pending_time() -> None:
    (fired,) = play("50 50 81,81@-0.5", rule(above(80))).notices
    assert (fired.since, fired.at) == (NOON + 1.5 * MINUTE, NOON + 2 * MINUTE)


def test_the_resolved_message_tells_since_when_it_had_been_firing() -> None:
    fired, resolved = play("50 81 81 81 81 50", HELD).notices
    assert (resolved.kind, resolved.at) == (NoticeKind.RESOLVED, NOON + 5 * MINUTE)
    assert resolved.since == fired.since == NOON + MINUTE
    assert resolved.evidence == "load 50 (not > 80)"


def test_both_differ_in_nothing_else() -> None:
    fired, resolved = play("81 81 50", HELD).notices
    differing = {
        field.name
        for field in fields(Notice)
        if getattr(fired, field.name) != getattr(resolved, field.name)
    }
    assert differing == {"key", "kind", "at", "evidence", "advice"}


@pytest.mark.parametrize("url", ["https://x.example/r", "https://x.example/r/"])
def test_the_runbook_is_found_with_and_without_a_final_slash(url: str) -> None:
    assert _notice(CHANGE, Stack(name="xops", runbooks_url=url)).runbook == (
        "https://x.example/r/rule.md"
    )


def test_the_same_change_has_the_same_key() -> None:
    assert _notice(CHANGE).key == _notice(CHANGE).key
    told_otherwise = replace(CHANGE, evidence="load 82 (> 80)", before=Status.INACTIVE)
    assert _notice(told_otherwise).key == _notice(CHANGE).key
    # Written out, because receivers remember it across versions.
    assert _notice(CHANGE).key == "5099162e9c737525b25a1d4a17a5ad38"


def test_a_key_is_short_and_plain() -> None:
    """SNS takes at most 128 letters and digits to tell doubles by."""
    key = _notice(CHANGE).key
    assert len(key) == 32
    assert set(key) <= set("0123456789abcdef")


def test_different_changes_have_different_keys() -> None:
    changes = [
        CHANGE,
        replace(CHANGE, rule="other"),
        replace(CHANGE, subject="xops/other"),
        replace(CHANGE, after=Status.INACTIVE),
        replace(CHANGE, after=Status.PENDING),
        replace(CHANGE, at=NOON + timedelta(microseconds=1)),
        replace(CHANGE, rule="rulexops", subject="/app"),
    ]
    keys = [_notice(change).key for change in changes]
    keys.append(_notice(CHANGE, Stack(name="other", runbooks_url="https://x.example")).key)
    for one, other in combinations(keys, 2):
        assert one != other


def test_every_episode_has_keys_of_its_own() -> None:
    notices = play("81 81 50 81 81 50", HELD).notices
    assert len({notice.key for notice in notices}) == 4


def test_asking_again_before_it_is_committed_owes_the_same_message() -> None:
    book, known = rulebook(HELD), history(series(LOAD, {0: 81, 1: 81}))
    first, second = (
        evaluate(book, known, {}, stack=STACK, now=NOON + MINUTE).notices for _ in range(2)
    )
    assert first == second
    assert len(first) == 1


def _notice(change: Transition, stack: Stack = STACK) -> Notice:
    of = replace(HELD, id=change.rule)
    return notice_of(
        change,
        NoticeKind.FIRING,
        trigger=new_trigger(change.rule, change.subject, now=NOON),
        severity=Severity.WARNING,
        rule=of,
        advice=advise(rulebook(of), (), history(), now=NOON)[0],
        stack=stack,
    )
