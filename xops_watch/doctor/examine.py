"""All checks, from what is nearest to what is farthest."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from xops_watch import bootstrap
from xops_watch.aws.metadata import on_ecs, own_task
from xops_watch.core.condition import AllOf, AnyOf, Condition, Not, Threshold
from xops_watch.core.rule import Rulebook
from xops_watch.doctor.account import look_at_account, look_at_topic
from xops_watch.doctor.check import Check, Health, failed, fine, warning
from xops_watch.doctor.databases import look_at_databases
from xops_watch.doctor.eyes import look_through
from xops_watch.doctor.github import look_at_github
from xops_watch.doctor.ledger import look_at_ledger
from xops_watch.doctor.machine import look_at_port, look_at_state
from xops_watch.errors import RulebookError, XopsWatchError
from xops_watch.rulebook.live import RuleFiles
from xops_watch.settings import Settings
from xops_watch.sources.cloudwatch import Bill

if TYPE_CHECKING:
    from xops_watch.ports import Surroundings

RULES_TOLD_MAX = 3  # of those that wait for one setting
_NO_RULES = Rulebook(rules=(), evolutions={}, stages={}, digest="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was found; `sees` tells whether any source could be read."""

    checks: tuple[Check, ...]
    sees: bool

    @property
    def passed(self) -> bool:
        """Tell whether nothing has to be mended."""
        return all(check.health is not Health.FAILED for check in self.checks)


def examine(settings: Settings, files: RuleFiles, around: "Surroundings") -> Examination:
    """Try everything out; raises nothing that an operator can mend."""
    rules, rulebook = _look_at_rules(files)
    checks = [
        rules,
        look_at_state(settings.state_path),
        look_at_port(settings.http.host, settings.http.port),
        *_look_at_task(),
        *look_at_databases(settings.sqlite.path),
        *look_at_github(settings.github),
        *look_at_ledger(settings),
    ]
    try:
        settings = bootstrap.at_home(settings, around.log)
        parts = bootstrap.examined(settings, rulebook, around)
    except XopsWatchError as error:
        checks.append(failed("region", error.what, fix=error.hint))
        return Examination(checks=tuple(checks), sees=False)
    if parts.sts is not None:
        checks.append(fine("region", parts.region))
        checks.extend(look_at_account(parts.sts))
    checks.append(look_at_topic(parts.sns, settings.sns.topic_arn))
    found, sees = look_through(
        parts.sources, clock=around.clock, telemetry=around.telemetry, log=around.log
    )
    checks.extend(found)
    if parts.sts is not None:
        checks.append(_look_at_cost(parts.bills[-1], found))
    checks.extend(_look_at_unwatched(rulebook, settings))
    return Examination(checks=tuple(checks), sees=sees)


def _look_at_cost(bill: Bill, found: Iterable[Check]) -> Check:
    """What could not be looked at is not in the bill: it will cost more."""
    told = f"${bill.dollars:,.2f} a month for {bill.metrics} metrics"
    if any(check.health is Health.FAILED for check in found):
        return warning("cost", f"{told}, and for what was not read", fix="mend the sources first")
    return fine("cost", f"{told}; `xops-watch plan-cost` tells which")


def _look_at_rules(files: RuleFiles) -> tuple[Check, Rulebook]:
    try:
        rulebook = files.read()
    except RulebookError as error:
        more = f" and {len(error.problems) - 1} more" if error.problems[1:] else ""
        fix = "`xops-watch rules check` shows everything"
        return failed("rules", f"{error.problems[0]}{more}", fix=fix), _NO_RULES
    return fine("rules", f"{len(rulebook.rules)} rules"), rulebook


def _look_at_unwatched(rulebook: Rulebook, settings: Settings) -> Iterator[Check]:
    """Yield which rules cannot fire with these settings, by the setting that they wait for."""
    wanted = bootstrap.settings_wanted(settings)
    waiting: dict[str, list[str]] = {}
    for rule in rulebook.rules:
        for setting in _lacks(rule.when, wanted):
            waiting.setdefault(setting, []).append(rule.id)
    for setting, rules in sorted(waiting.items()):
        count = f"{len(rules)} {'rule' if len(rules) == 1 else 'rules'}"
        told = ", ".join(rules[:RULES_TOLD_MAX]) + (" ..." if rules[RULES_TOLD_MAX:] else "")
        yield warning(
            "not watched", f"{count} cannot fire: {told}", fix=f"set {setting}, if they should"
        )


def _look_at_task() -> Iterator[Check]:
    """Yield what ECS says of the task around us, nothing outside of one."""
    if not on_ecs():
        return
    try:
        task = own_task()
    except XopsWatchError as error:
        yield failed("task", error.what, fix=error.hint)
        return
    service = f"service {task.service}" if task.service else "no service"
    yield fine("task", f"cluster {task.cluster}, {service}, account {task.account}")


def _lacks(condition: Condition, wanted: Mapping[str, str]) -> tuple[str, ...]:
    """Return the settings without which a condition cannot be true; any part of `any` is enough."""
    match condition:
        case Threshold():
            name = condition.signal.name
            return (wanted[name],) if name in wanted else ()
        case AnyOf(parts=parts):
            lacks = [_lacks(part, wanted) for part in parts]
            return () if () in lacks else tuple(dict.fromkeys(chain.from_iterable(lacks)))
        case AllOf(parts=parts):
            return tuple(dict.fromkeys(chain.from_iterable(_lacks(p, wanted) for p in parts)))
        case Not(part=part):
            return _lacks(part, wanted)
