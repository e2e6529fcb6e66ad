"""Hypothesis strategies: notices that hold whatever text the world may hold."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from xops_watch.core.notice import Notice, NoticeKind

# Every code point, half surrogates included, and the tricks that are known by name.
any_text = st.text(st.characters(exclude_categories=()), max_size=80)
tricks = st.sampled_from(
    [
        "",
        " ",
        "\r\nRunbook: https://evil.example",
        "\x1b[2J\x1b[1;31m",
        "\u202egnp.exe",
        "\u2028\u2029\x85\x0b\x0c",
        "\ud800",
        "\udfff\ud800",
        "\ufeff\ufffe\uffff",
        "\U0001f525" * 2000,
        '"\\' * 1000,
        "x" * 100_000,
        " " * 100_000,
        "\n" * 5000,
        "e\u0301\u0302\u0303" * 500,
        "\ufdfa" * 100,
        "{topic} %s ${HOME} <!channel> & <https://a|b>",
    ]
)
lines = st.one_of(any_text, tricks)
items = st.lists(lines, max_size=20).map(tuple)
instants = st.datetimes(timezones=st.just(UTC))
numbers = st.floats()


def notices() -> st.SearchStrategy[Notice]:
    """Return notices of any content."""
    return st.builds(
        Notice,
        key=lines,
        kind=st.sampled_from(NoticeKind),
        stack=lines,
        rule=lines,
        subject=lines,
        title=lines,
        severity=lines,
        rows=items,
        quote=lines,
        layers=items,
        since=instants,
        at=instants,
        evidence=lines,
        threshold_source=lines,
        proposed=items,
        evolution=lines,
        action=lines,
        how=lines,
        first_steps=items,
        classification=lines,
        classification_source=lines,
        risk=lines,
        phase=lines,
        lead_time_seconds=numbers,
        stage=lines,
        stage_monthly_cost_dollars=numbers,
        runbook=lines,
    )


def heaviest() -> Notice:
    """Return the notice whose forms are as long as they can be."""
    line, items = "\U0001f525" * 100_000, ("\U0001f525" * 100_000,) * 100
    return Notice(
        key=line,
        kind=NoticeKind.FIRING,
        stack=line,
        rule=line,
        subject=line,
        title=line,
        severity=line,
        rows=items,
        quote=line,
        layers=items,
        since=datetime(2026, 3, 2, tzinfo=UTC),
        at=datetime(2026, 3, 2, tzinfo=UTC),
        evidence=line,
        threshold_source=line,
        proposed=items,
        evolution=line,
        action=line,
        how=line,
        first_steps=items,
        classification=line,
        classification_source=line,
        risk=line,
        phase=line,
        lead_time_seconds=1.0,
        lead_time_source=line,
        effort=line,
        cost=line,
        advice=line,
        notes=items,
        overrides=items,
        stage=line,
        stage_monthly_cost_dollars=1.0,
        runbook=line,
    )
