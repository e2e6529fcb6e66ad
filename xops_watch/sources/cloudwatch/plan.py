"""Which signals are read how often, for the rules in force and the dashboard."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.condition import thresholds
from xops_watch.core.rule import Rulebook, Severity
from xops_watch.core.signal import HOUR, MINUTE
from xops_watch.errors import ConfigurationError
from xops_watch.sources.cloudwatch.need import Need
from xops_watch.sources.cloudwatch.needs import NAMESPACES, NEEDS, SEEN_FROM_A_VANTAGE

SHOWN_EVERY = 5 * MINUTE  # what no rule reads, only the dashboard
SLOW_EVERY = 6 * HOUR  # what is published once a day
HISTORY_SHOWN = HOUR

_WORTH = {Severity.INFO: 1, Severity.ADVICE: 1, Severity.WARNING: 2, Severity.CRITICAL: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A need that somebody has: how often, how far back, and what it is worth.

    `worth` is 0 for what only the dashboard shows, 1 for what only advises, 2 for what may page.
    """

    need: Need
    every: timedelta
    lookback: timedelta
    worth: int

    def freshest(self, settle: timedelta) -> timedelta:
        """Return the longest interval at which the newest reading is never too old to judge by."""
        late = max(settle, self.need.kind.settle) + 2 * self.need.cadence.period
        return max(self.every, SIGNAL_BY_NAME[self.need.signal].grace - late)


def demand_known(setting: str, namespaces: Collection[str]) -> None:
    """Raise ConfigurationError for a namespace that no signal comes from."""
    for namespace in namespaces:
        if namespace not in NAMESPACES:
            raise ConfigurationError(
                f"{setting}: no signal comes from namespace {namespace!r:.80}",
                hint=f"known are {', '.join(NAMESPACES)}",
            )


def plan(
    rulebook: Rulebook, *, namespaces: Collection[str], interval: timedelta
) -> tuple[Wanted, ...]:
    """Return what is to be read for the rules in force and the dashboard.

    Without `namespaces`, those are watched of which a rule reads a signal, or the documents name
    one to be shown. Within a watched namespace everything is read, for the dashboard at least.
    """
    asked = _shown(rulebook) | rulebook.needs().keys()
    watched = set(namespaces) or {n.kind.namespace for n in NEEDS if n.signal in asked}
    needs = [need for need in NEEDS if need.kind.namespace in watched]
    return _wanted(needs, rulebook, interval)


def plan_vantages(rulebook: Rulebook, *, interval: timedelta) -> tuple[Wanted, ...]:
    """Return what is to be read of every vantage: nothing when nobody asks how the edge does."""
    asked = _shown(rulebook) | rulebook.needs().keys()
    needs = [need for need in (SEEN_FROM_A_VANTAGE,) if need.signal in asked]
    return _wanted(needs, rulebook, interval)


class Planner:
    """Keeps a plan as long as the rules are the same ones. Safe across threads."""

    def __init__(
        self,
        rules: Callable[[], Rulebook],
        make: Callable[[Rulebook], tuple[Wanted, ...]],
    ) -> None:
        self._rules = rules
        self._make = make
        self._made: tuple[Rulebook, tuple[Wanted, ...]] | None = None

    def __call__(self) -> tuple[Wanted, ...]:
        """Return what is to be read for the rules that are in force now."""
        rulebook, made = self._rules(), self._made
        if made is None or made[0] is not rulebook:
            made = self._made = rulebook, self._make(rulebook)
        return made[1]


def _shown(rulebook: Rulebook) -> set[str]:
    return {signal for fact in rulebook.declared.facts for signal in fact.signals}


def _wanted(needs: Collection[Need], rulebook: Rulebook, interval: timedelta) -> tuple[Wanted, ...]:
    histories, worth = rulebook.needs(), _worth(rulebook)
    return tuple(
        Wanted(
            need=need,
            every=_every(need, interval, read=need.signal in histories),
            lookback=histories.get(need.signal, HISTORY_SHOWN),
            worth=worth.get(need.signal, 0),
        )
        for need in needs
    )


def _every(need: Need, interval: timedelta, *, read: bool) -> timedelta:
    every = interval
    if need.cadence.period > MINUTE:
        every = max(interval, min(need.cadence.period, SLOW_EVERY))
    return every if read else max(every, SHOWN_EVERY)


def _worth(rulebook: Rulebook) -> dict[str, int]:
    worth = dict.fromkeys(rulebook.needs(), 1)  # what only an evolution asks for is advice
    for rule in rulebook.rules:
        for condition in rule.conditions:
            for leaf in thresholds(condition):
                name = leaf.signal.name
                worth[name] = max(worth[name], _WORTH[rule.severity])
    return worth
