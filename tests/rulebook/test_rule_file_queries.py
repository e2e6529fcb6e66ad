"""Signals that a rule file defines by a query, and how rules read them."""

from datetime import timedelta
from pathlib import Path

import pytest

from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.rule import Rulebook
from xops_watch.core.signal import Unit
from xops_watch.exporter import catalogue
from xops_watch.rulebook import check, load
from xops_watch.rulebook.queries import QUERIES_MAX, RESERVED

MINUTE = timedelta(minutes=1)
LAG = """
queries:
- signal: my.lag
  query: |
    max by (queue) (
      my_queue_lag_seconds
    )
  subject_label: queue
  unit: seconds
  help: Age of the oldest message
"""
RULE = """
rules:
- id: lag-above-1m
  title: The queue lags
  layers: [L5]
  phase: BC1
  severity: info
  threshold_source: proposed
  when: {signal: my.lag, above: 1m}
  evolution: step
evolutions:
- id: step
  title: Add a worker
  component: Compute
  classification: Config Change
  classification_source: proposed
  phase: BC1
  how: Terraform
  lead_time: 1d
  first_steps: [one, two, three]
"""


def rulebook(tmp_path: Path, *texts: str) -> Rulebook:
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.yaml").write_text(text, encoding="utf-8")
    return load([tmp_path])


def test_a_signal_of_the_files_own_has_the_unit_and_spacing_that_it_says(tmp_path: Path) -> None:
    (query,) = rulebook(tmp_path, LAG + RULE).queries
    assert query.promql == "max by (queue) (\n  my_queue_lag_seconds\n)"
    assert (query.subject_label, query.own) == ("queue", True)
    signal = query.signal
    assert (signal.name, signal.unit, signal.source) == ("my.lag", Unit.SECONDS, "prometheus")
    assert (signal.subject_kind, signal.help) == ("queue", "Age of the oldest message")
    assert (signal.period, signal.grace) == (MINUTE, 10 * MINUTE)
    assert signal.metric == "xops_my_lag_seconds"


def test_a_rule_reads_it_in_whatever_file_it_stands(tmp_path: Path) -> None:
    found = rulebook(tmp_path, RULE, LAG)
    assert found.rules[0].primary.signal is found.own_signals["my.lag"]
    assert found.needs()["my.lag"] >= 10 * MINUTE


def test_a_query_of_the_catalogue_is_its_signal(tmp_path: Path) -> None:
    text = "queries:\n- {signal: keycloak.users_active, query: sum(sessions)}\n"
    found = rulebook(tmp_path, LAG + RULE, text)
    (query,) = (query for query in found.queries if not query.own)
    assert query.signal is SIGNAL_BY_NAME["keycloak.users_active"]
    assert query.subject_label is None
    assert list(found.own_signals) == ["my.lag"]


@pytest.mark.parametrize(
    ("every", "grace", "patience"), [("1h", "", 3), ("1h", "2h", 2), ("10m", "10m", 1 / 6)]
)
def test_what_is_asked_seldom_is_patient(
    tmp_path: Path, every: str, grace: str, patience: float
) -> None:
    more = f"  every: {every}\n" + (f"  grace: {grace}\n" if grace else "")
    signal = rulebook(tmp_path, LAG + more + RULE).own_signals["my.lag"]
    assert signal.grace == patience * timedelta(hours=1)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("  every: 1s\n", "`every`: needs 10s to 1d"),
        ("  every: 2d\n", "`every`: needs 10s to 1d"),
        ("  every: 1h\n  grace: 30m\n", "`grace`: a value would be stale before the next one"),
    ],
)
def test_a_pace_that_cannot_be_is_refused(tmp_path: Path, more: str, said: str) -> None:
    (tmp_path / "a.yaml").write_text(LAG + more + RULE, encoding="utf-8")
    (problem,) = check([tmp_path])
    assert said in str(problem)


@pytest.mark.parametrize(
    ("signal", "unit", "said"),
    [
        ("my_lag", "seconds", "`signal`: `my_lag` is not the name of a signal"),
        ("my.lag_seconds", "count", "its metric xops_my_lag_seconds is that of `my.lag`"),
        ("my.orders_total", "count", "its metric xops_my_orders_total ends like a part of"),
        ("my.orders_info", "count", "(leave out `_info`)"),
        ("stage.saas", "ratio", "`stage` begins the names of what xops-watch measures itself"),
    ],
)
def test_a_metric_that_a_scrape_would_refuse_is_refused(
    tmp_path: Path, signal: str, unit: str, said: str
) -> None:
    other = f"queries:\n- {{signal: {signal}, query: a, unit: {unit}, help: Other}}\n"
    (tmp_path / "a.yaml").write_text(LAG + RULE, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(other, encoding="utf-8")
    (problem,) = check([tmp_path])
    assert said in str(problem)


def test_a_dot_and_an_underscore_make_one_metric(tmp_path: Path) -> None:
    same = "queries:\n" + "".join(
        f"- {{signal: {name}, query: a, unit: count, help: A}}\n" for name in ("my.a.b", "my.a_b")
    )
    (tmp_path / "a.yaml").write_text(LAG + RULE, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(same, encoding="utf-8")
    (problem,) = check([tmp_path])
    assert "b.yaml:3:12: its metric xops_my_a_b is that of `my.a.b`" in str(problem)


def test_one_signal_in_two_files_is_refused_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(LAG + RULE, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(LAG, encoding="utf-8")
    (problem,) = check([tmp_path])
    assert "there is another query of `my.lag`" in str(problem)


def test_no_family_of_the_watch_itself_can_be_the_name_of_a_signal() -> None:
    families = [one for one in vars(catalogue).values() if isinstance(one, catalogue.Family)]
    firsts = {one.name.removeprefix("xops_").partition("_")[0] for one in families}
    assert firsts <= RESERVED


def test_an_unknown_signal_is_still_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(LAG + RULE.replace("my.lag", "my.lags"), encoding="utf-8")
    (problem,) = check([tmp_path])
    assert "`my.lags` is not a signal (did you mean `my.lag`?)" in str(problem)


def test_so_many_queries_are_too_many(tmp_path: Path) -> None:
    queries = "".join(
        f"- {{signal: my.s{n}, query: s, unit: count, help: S}}\n" for n in range(QUERIES_MAX + 1)
    )
    (tmp_path / "a.yaml").write_text(
        "queries:\n" + queries + RULE.replace("my.lag", "my.s0").replace("1m}", "5}"),
        encoding="utf-8",
    )
    (problem,) = check([tmp_path])
    assert f"{QUERIES_MAX + 1} queries are too many; {QUERIES_MAX} is the most" in str(problem)
