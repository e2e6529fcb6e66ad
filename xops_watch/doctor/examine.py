"""All checks, from what is nearest to what is farthest."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xops_watch import bootstrap
from xops_watch.aws.metadata import on_ecs, own_task
from xops_watch.core.condition import thresholds
from xops_watch.core.rule import Rulebook
from xops_watch.doctor.account import look_at_account, look_at_topic
from xops_watch.doctor.check import Check, Health, failed, fine, warning
from xops_watch.doctor.eyes import look_through
from xops_watch.doctor.machine import look_at_port, look_at_state
from xops_watch.errors import RulebookError, XopsWatchError
from xops_watch.rulebook.live import RuleFiles
from xops_watch.settings import Settings
from xops_watch.sources.cloudwatch.plan import Bill

if TYPE_CHECKING:
    from xops_watch.ports import Surroundings

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
    ]
    try:
        settings = bootstrap.at_home(settings, around.log)
        parts = bootstrap.examined(settings, rulebook, around)
    except XopsWatchError as error:
        checks.append(failed("region", error.what, fix=error.hint))
        return Examination(checks=tuple(checks), sees=False)
    checks.append(fine("region", parts.region))
    checks.extend(look_at_account(parts.sts))
    checks.append(look_at_topic(parts.sns, settings.sns.topic_arn))
    found, sees = look_through(
        parts.sources, clock=around.clock, telemetry=around.telemetry, log=around.log
    )
    cost = _look_at_cost(parts.bills[-1], found)
    return Examination(checks=(*checks, *found, cost), sees=sees)


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
    unwatched = sum(
        any(leaf.signal.name not in bootstrap.OBSERVED_SIGNALS for leaf in thresholds(rule.when))
        for rule in rulebook.rules
    )
    found = f"{len(rulebook.rules)} rules, {unwatched} of them read what no source here observes"
    return fine("rules", found), rulebook


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
