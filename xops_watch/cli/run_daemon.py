"""What `run` does behind the open port: rules, state, AWS clients, jobs."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta

from xops_watch import bootstrap
from xops_watch.cli.rulebooks import rule_files
from xops_watch.core.rule import Rulebook
from xops_watch.daemon import Daemon, Job
from xops_watch.ports import Store, Surroundings
from xops_watch.rulebook.live import LiveRules
from xops_watch.settings import Settings
from xops_watch.watch import needs_of

HOUSEKEEPING = timedelta(hours=1)


def run_daemon(settings: Settings, around: Surroundings) -> int:
    """Run until the end and return the exit code; raises an XopsWatchError when it cannot start."""
    settings = bootstrap.at_home(settings, around.log)
    rules = LiveRules(rule_files(settings), now=around.clock.now(), log=around.log)
    with closing(bootstrap.open_store(settings)) as store:
        path = str(settings.state_path)
        journal = store.journal
        around.log.info(
            "state_opened",
            path=path,
            journal=str(journal.mode),
            filesystem=journal.filesystem,
            reason=journal.reason,
        )
        parts = bootstrap.assemble(settings, rules, store, around)
        retention = timedelta(days=settings.retention_days)
        daemon = Daemon(
            jobs=_jobs(
                settings,
                parts,
                around,
                lambda: housekeep(
                    store, rules.current.rulebook, now=around.clock.now(), retention=retention
                ),
            ),
            watched="tick",
            hangup=rules.read_again,
            drain=lambda seconds: parts.deliver.flush(within=timedelta(seconds=seconds)),
            clock=around.clock,
            log=around.log,
        )
        return daemon.run()


def housekeep(store: Store, rulebook: Rulebook, *, now: datetime, retention: timedelta) -> None:
    """Drop what is older than `retention`, but nothing that a rule still reads."""
    needed = {signal: now - span for signal, span in needs_of(rulebook).items()}
    store.prune(before=now - retention, needed=needed)


def _jobs(
    settings: Settings,
    parts: bootstrap.Parts,
    around: Surroundings,
    housekeeping: Callable[[], object],
) -> tuple[Job, ...]:
    looking = timedelta(seconds=settings.sns.interval_seconds)
    return (
        Job(
            name="tick",
            run=parts.watch.tick,
            interval=settings.tick_interval,
            failed=around.telemetry.tick_failed,
        ),
        Job(name="deliver", run=parts.deliver.deliver, interval=looking),
        Job(name="housekeep", run=housekeeping, interval=HOUSEKEEPING),
    )
