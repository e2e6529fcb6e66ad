"""What others build on: words that are stored and shown, and the shape of every value."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from enum import StrEnum
from importlib import import_module
from inspect import getmembers, isclass
from pkgutil import iter_modules
from typing import Any

import pytest

import xops_watch.core
from xops_watch.core.advise import AdviceState
from xops_watch.core.catalogue import SIGNALS
from xops_watch.core.condition import Across, Comparison
from xops_watch.core.datapoints import Missing
from xops_watch.core.measure import Statistic
from xops_watch.core.notice import NoticeKind
from xops_watch.core.rule import Severity, ThresholdSource
from xops_watch.core.signal import Unit
from xops_watch.core.snapshot import SignalStatus
from xops_watch.core.trigger import Status
from xops_watch.core.truth import Truth
from xops_watch.errors import GapReason

# Labels of metrics, words of rule files, and columns of state files that are already written.
WORDS: dict[type[StrEnum], str] = {
    AdviceState: "not_needed start_by recommended accepted deferred rejected blocked adopted"
    " unknown",
    Across: "each any max sum",
    Comparison: "above at_least below at_most is",
    GapReason: "stale not_enabled denied throttled unreachable timeout invalid not_applicable gone",
    NoticeKind: "firing resolved test",
    Severity: "info advice warning critical",
    SignalStatus: "ok stale not_enabled denied throttled unreachable invalid not_applicable",
    Status: "inactive pending firing",
    ThresholdSource: "documented documented_reinterpreted proposed",
    Missing: "unknown missing breaching not_breaching ignore",
    Statistic: "avg max min sum count rate delta percentile",
    Unit: "count ratio seconds bytes dollars state version",
}
SIGNAL_NAMES = [
    "ecs.cpu_utilization",
    "ecs.services_active",
    "ecs.tasks_desired",
    "ecs.tasks_running",
    "ecs.tasks_pending",
    "ecs.deployments_in_progress",
    "ecs.standalone_tasks_running",
    "ecs.standalone_tasks_pending",
    "crew.queue_depth",
]


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words.__name__)
def test_the_words_of(words: type[StrEnum]) -> None:
    assert " ".join(words) == WORDS[words]


def test_the_words_of_truth() -> None:
    assert [truth.value for truth in Truth] == ["true", "false", "unknown"]


def test_signals_are_still_called_what_rules_call_them() -> None:
    names = [signal.name for signal in SIGNALS]
    assert [name for name in SIGNAL_NAMES if name not in names] == []


def _values() -> Iterator[type[Any]]:
    for module in iter_modules(xops_watch.core.__path__, "xops_watch.core."):
        for _, value in getmembers(import_module(module.name), isclass):
            if value.__module__ == module.name and is_dataclass(value):
                yield value


@pytest.mark.parametrize("value", list(_values()), ids=lambda value: value.__name__)
def test_every_value_is_frozen_and_built_by_keyword(value: type[Any]) -> None:
    assert value.__dataclass_params__.frozen
    assert not hasattr(value, "__dict__") or "__slots__" in vars(value)
    assert all(field.kw_only for field in value.__dataclass_fields__.values())
