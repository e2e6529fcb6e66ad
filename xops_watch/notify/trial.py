"""A message that says of itself that it is a test; it takes the way of all others."""

from datetime import datetime
from uuid import uuid4

from xops_watch.core.notice import Notice, NoticeKind

TITLE = "This is a test: nothing is wrong"


def trial_notice(stack: str, *, at: datetime) -> Notice:
    """Return a test message; each has a key of its own, or a FIFO topic would drop the second."""
    return Notice(
        key=uuid4().hex,
        kind=NoticeKind.TEST,
        stack=stack,
        rule="notify-test",
        subject="notify-test",
        title=TITLE,
        severity="info",
        rows=(),
        quote="",
        layers=(),
        since=at,
        at=at,
        evidence="somebody ran `xops-watch notify test`",
        threshold_source="",
        proposed=(),
        evolution="",
        action="",
        how="",
        first_steps=(),
        classification="none",
        classification_source="",
        risk="none",
        phase="",
        lead_time_seconds=0.0,
        lead_time_source="",
        effort="",
        cost="",
        advice="",
        notes=(),
        overrides=(),
        stage="",
        stage_monthly_cost_dollars=0.0,
        runbook="",
    )
