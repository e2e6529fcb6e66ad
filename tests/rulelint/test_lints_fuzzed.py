"""Whatever a rulebook says, lints answer: quickly, and never with a traceback."""

import string
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.rulelint.lint_books import Entry, book, evolution, findings_of, rule
from xops_watch.core.catalogue import SIGNALS
from xops_watch.core.signal import Unit
from xops_watch.rulelint.catalogue import LINTS

LEVELS: dict[Unit, list[Any]] = {
    Unit.COUNT: [0, 1, 6],
    Unit.RATIO: ["0%", "80%", "100%", "120%"],
    Unit.SECONDS: ["0s", "200ms", "30d"],
    Unit.BYTES: ["0B", "1TB"],
    Unit.DOLLARS: ["0$", "180$"],
    Unit.VERSION: ["1.4.0"],
}


@st.composite
def leaves(draw: st.DrawFn) -> Entry:
    signal = draw(st.sampled_from(SIGNALS))
    leaf: Entry = {"signal": signal.name}
    if signal.states:
        leaf["is"] = draw(st.sampled_from(signal.states))
    else:
        word = draw(st.sampled_from(["above", "at_least", "below", "at_most"]))
        leaf[word] = draw(st.sampled_from(LEVELS[signal.unit]))
    more: list[Entry] = [
        {},
        {"across": "any"},
        {"subject": "nz"},
        {"datapoints": "2/3", "missing": "breaching"},
        {"aggregate": "p90", "over": "10m", "samples": 20, "across": "max"},
    ]
    return {**leaf, **draw(st.sampled_from(more))}


CONDITIONS: st.SearchStrategy[Any] = st.recursive(
    leaves(),
    lambda inside: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inside, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inside, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inside}),
    ),
    max_leaves=5,
)
WORDS = st.one_of(
    st.sampled_from(
        (
            *("remove", "off", "without", "not", "EC2", "CloudFront", "->", "scale", "L6", "add"),
            *("new", "service", "sidecar", "Terraform module", "schema change", "PriceClass_200"),
        )
    ),
    st.text(string.printable, max_size=8),
)
LINES = st.lists(WORDS, min_size=1, max_size=9).map(
    lambda words: " ".join(" ".join(words).split())[:80] or "x"
)
DECISION: Entry = {
    "id": "kept",
    "title": "Kept",
    "why": "It is",
    "rows": ["A.permanent.fargate"],
    "never": ["EC2"],
    "keeps": ["CloudFront", "(", "-"],
}
CODES = {lint.code for lint in LINTS} | {"rule-file"}


@given(CONDITIONS, CONDITIONS, LINES, LINES)
@example({"not": {"signal": "database.kind", "is": "sqlite"}}, {}, "remove " + "-" * 70, "-'" * 40)
@settings(deadline=None)
def test_lints_answer_whatever_is_written(when: Entry, other: Entry, title: str, how: str) -> None:
    content = book(
        rules=[rule(when=when, clear=None, suppress_while=other, applies_when=other)],
        evolutions=[evolution(title=title, how=how, adopted_when=other)],
        decisions=[DECISION],
    )
    with TemporaryDirectory() as folder:
        assert {finding.code for finding in findings_of(Path(folder), content)} <= CODES
