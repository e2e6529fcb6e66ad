"""What one deployment changes of the rules: applied, shown, and refused when it makes no sense."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.rulebook.books import EVOLUTIONS, rule_yaml
from xops_watch.core.condition import thresholds
from xops_watch.core.query import Query
from xops_watch.core.rule import Override, Rulebook, Severity
from xops_watch.errors import RulebookError
from xops_watch.rulebook import load

MIXED = """
- id: mixed
  title: Busy and many
  layers: [L5]
  phase: BC1
  severity: advice
  threshold_source: proposed
  when:
    any:
    - all:
      - {signal: ecs.services_active, above: 6}
      - {signal: ecs.cpu_utilization, above: 80%}
    - not: {signal: database.kind, subject: xops, is: sqlite}
    - {signal: ecs.cpu_utilization, above: 95%}
  evolution: grow
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "rules"
    made.mkdir()
    rules = "rules:" + rule_yaml("cpu", above="80%") + MIXED
    (made / "rules.yaml").write_text(EVOLUTIONS + rules, encoding="utf-8")
    return made


def overridden(folder: Path, text: str) -> Rulebook:
    file = folder.parent / "overrides.yaml"
    file.write_text(text, encoding="utf-8")
    return load([folder], overrides=file)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(RulebookError) as caught:
        overridden(folder, text)
    return "\n".join(p.removeprefix(f"{folder.parent}/") for p in caught.value.problems)


def one(change: str) -> str:
    return f"overrides:\n- {{rule: cpu, {change}, reason: we know}}\n"


def test_a_threshold_is_changed_and_the_change_is_told(folder: Path) -> None:
    rule = overridden(folder, one("threshold: 85%")).rules[0]
    assert (rule.primary.value, rule.primary.text) == (0.85, "85%")
    assert rule.primary.comparison == "above"
    assert rule.overrides == (
        Override(part="threshold", written="80%", used="85%", reason="we know"),
    )
    assert str(rule.overrides[0]) == "threshold 85% instead of 80%: we know"


def test_several_parts_are_changed_in_one_entry(folder: Path) -> None:
    change = "threshold: 70%, for: 1h, clear: {below: 50%, for: 2h}, severity: critical"
    rule = overridden(folder, one(change)).rules[0]
    assert rule.hold == timedelta(hours=1)
    assert rule.severity is Severity.CRITICAL
    assert rule.clear is not None
    assert rule.clear.hold == timedelta(hours=2)
    assert [str(override) for override in rule.overrides] == [
        "threshold 70% instead of 80%: we know",
        "for 1h instead of 5m: we know",
        "clear < 50% for 2h instead of < 4% for 10m: we know",
        "severity critical instead of warning: we know",
    ]


def test_a_hold_of_nothing_is_a_change_as_well(folder: Path) -> None:
    rule = overridden(folder, one("for: 0s")).rules[0]
    assert rule.hold == timedelta()
    assert str(rule.overrides[0]) == "for 0s instead of 5m: we know"


def test_a_rule_that_is_off_is_not_judged_but_not_forgotten(folder: Path) -> None:
    book = overridden(folder, one("off: true"))
    assert [rule.id for rule in book.rules] == ["mixed"]
    assert [(off.rule.id, off.reason) for off in book.off] == [("cpu", "we know")]


def test_the_leaf_of_another_signal_is_named_by_its_signal(folder: Path) -> None:
    text = "overrides:\n- {rule: mixed, signal: database.kind, threshold: postgresql, reason: r}\n"
    rule = overridden(folder, text).rules[1]
    assert [leaf.text for leaf in thresholds(rule.when)] == ["6", "80%", "postgresql", "95%"]
    assert str(rule.overrides[0]) == "threshold postgresql instead of sqlite: r"


def test_what_is_not_named_stays_as_it_is(folder: Path) -> None:
    before, after = load([folder]), overridden(folder, one("threshold: 85%"))
    assert after.rules[1] == before.rules[1]
    assert after.rules[0].rows == before.rules[0].rows
    assert after.rules[0].quote == before.rules[0].quote
    assert after.digest != before.digest


def test_no_overrides_change_no_rule(folder: Path) -> None:
    assert overridden(folder, "overrides: []").rules == load([folder]).rules


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "overrides:\n- {rule: cpi, threshold: 85%, reason: r}",
            "overrides.yaml:2:10: there is no rule `cpi` (did you mean `cpu`?)",
        ),
        (
            one("threshold: 85"),
            (
                "overrides.yaml:2:26: `85` has no unit, but `ecs.cpu_utilization` is a ratio"
                " (write it like `85%`)"
            ),
        ),
        (
            one("threshold: 2TB"),
            (
                "overrides.yaml:2:26: `2TB` is a size, but `ecs.cpu_utilization` is a ratio"
                " (write it like `80%`)"
            ),
        ),
        (
            one("threshold: 3%"),
            (
                "overrides.yaml:2:3: with this override one value both fires and clears"
                " `cpu` (override `clear` as well, to the other side)"
            ),
        ),
        (
            "overrides:\n- {rule: cpu, threshold: 85%}",
            "overrides.yaml:2:3: an override lacks `reason`",
        ),
        (
            "overrides:\n- {rule: cpu, reason: r}",
            (
                "overrides.yaml:2:3: an override either changes something or is `off: true`"
                " (it changes threshold, for, clear, severity)"
            ),
        ),
        (
            one("off: true, for: 5m"),
            (
                "overrides.yaml:2:3: an override either changes something or is `off: true`"
                " (it changes threshold, for, clear, severity)"
            ),
        ),
        (
            one("for: 5m") + "- {rule: cpu, off: true, reason: r}",
            "overrides.yaml:3:10: `cpu` is overridden twice (put everything into one entry)",
        ),
        (
            "overrides:\n- {rule: mixed, signal: ecs.cpu_utilization, threshold: 85%, reason: r}",
            (
                "overrides.yaml:2:57: `signal`: `mixed` has 2 such thresholds"
                " (it reads ecs.services_active, ecs.cpu_utilization, database.kind;"
                " copy the rule to change more of it)"
            ),
        ),
        (
            one("threshhold: 85%"),
            (
                "overrides.yaml:2:15: `threshhold` is not a key of an override"
                " (did you mean `threshold`?)"
            ),
        ),
        ("rules: []", "overrides.yaml:1:1: a file of overrides has one list, `overrides`"),
        ("", "overrides.yaml:1:1: a file of overrides has one list, `overrides`"),
        (
            "overrides: []\nrules: []",
            (
                "overrides.yaml:2:1: `rules` is not a key of a file of overrides"
                " (its keys are overrides and queries)"
            ),
        ),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_stands(folder: Path, text: str, said: str) -> None:
    assert said in refused(folder, text)


def test_a_file_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(RulebookError, match=r"nowhere\.yaml"):
        load([folder], overrides=folder / "nowhere.yaml")


QUERIES = """
queries:
- {signal: keycloak.users_active, query: sum(sessions), subject_label: realm}
- {signal: my.lag, query: lag, unit: seconds, help: Age}
"""


@pytest.fixture
def asking(folder: Path) -> Path:
    (folder / "queries.yaml").write_text(QUERIES, encoding="utf-8")
    return folder


def query_of(rulebook: Rulebook, signal: str) -> Query:
    (query,) = (query for query in rulebook.queries if query.signal.name == signal)
    return query


def test_a_query_is_asked_otherwise_and_everything_else_of_it_stays(asking: Path) -> None:
    before = query_of(load([asking]), "keycloak.users_active")
    text = "queries:\n- {signal: keycloak.users_active, query: sum(x), reason: our names}\n"
    after = query_of(overridden(asking, text), "keycloak.users_active")
    assert (after.promql, after.because) == ("sum(x)", "our names")
    assert after == replace(before, promql="sum(x)", because="our names")


def test_a_query_may_get_another_label(asking: Path) -> None:
    text = "queries:\n- {signal: my.lag, query: x, subject_label: queue, reason: each queue}\n"
    assert query_of(overridden(asking, text), "my.lag").subject_label == "queue"


def test_a_query_that_is_off_is_not_asked(asking: Path) -> None:
    text = "queries:\n- {signal: my.lag, off: true, reason: we have no queue}\n"
    (query,) = overridden(asking, text).queries
    assert query.signal.name == "keycloak.users_active"


def test_rules_and_queries_are_overridden_side_by_side(asking: Path) -> None:
    text = one("threshold: 85%") + "queries:\n- {signal: my.lag, query: x, reason: our names}\n"
    changed = overridden(asking, text)
    assert changed.rules[0].primary.value == 0.85
    assert query_of(changed, "my.lag").promql == "x"


def test_an_override_knows_the_signals_of_the_rule_files(asking: Path) -> None:
    text = "overrides:\n- {rule: cpu, signal: my.lag, threshold: 1m, reason: no}\n"
    assert "`cpu` has no such thresholds" in refused(asking, text)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            "{signal: my.lags, query: x, reason: no}",
            "the rule files have no query of `my.lags` (did you mean `my.lag`?)",
        ),
        (
            "{signal: ecs.tasks_pending, query: x, reason: no}",
            "no query of `ecs.tasks_pending` (put a query of your own into a rule file)",
        ),
        ("{signal: my.lag, reason: no}", "gives another `query` or is `off: true`"),
        ("{signal: my.lag, query: x, off: true, reason: no}", "gives another `query` or is"),
        ("{signal: my.lag, off: true, subject_label: a, reason: no}", "gives another `query`"),
        ("{signal: my.lag, query: x}", "reason"),
        ("{signal: my.lag, query: '', reason: no}", "query"),
        ("{signal: my.lag, query: x, unit: count, reason: no}", "unit"),
        ("{query: x, reason: no}", "signal"),
        (
            "{signal: my.lag, query: x, reason: a}\n- {signal: my.lag, query: y, reason: b}",
            "the query of `my.lag` is overridden twice",
        ),
    ],
)
def test_an_override_of_a_query_that_makes_no_sense_is_refused(
    asking: Path, entry: str, said: str
) -> None:
    assert said in refused(asking, f"queries:\n- {entry}\n")


def test_a_section_of_overrides_that_is_no_list_is_refused(asking: Path) -> None:
    assert "`queries` needs a list" in refused(asking, "queries: {signal: my.lag}\n")
