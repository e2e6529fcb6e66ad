"""What `run` does behind the open port: rules, state, AWS clients, jobs."""

from contextlib import closing
from datetime import timedelta

from xops_watch import bootstrap
from xops_watch.cli.rulebooks import rules_paths
from xops_watch.daemon import Daemon, Job
from xops_watch.ports import Surroundings
from xops_watch.rulebook import load
from xops_watch.settings import Settings
from xops_watch.store.sqlite import SqliteStore

HOUSEKEEPING = timedelta(hours=1)


def run_daemon(settings: Settings, around: Surroundings) -> int:
    """Run until the end and return the exit code; raises an XopsWatchError when it cannot start."""
    rulebook = load(rules_paths(settings))
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
        parts = bootstrap.assemble(settings, rulebook, store, around)
        daemon = Daemon(
            jobs=_jobs(settings, parts, store, around),
            watched="tick",
            drain=lambda seconds: parts.deliver.flush(within=timedelta(seconds=seconds)),
            clock=around.clock,
            log=around.log,
        )
        return daemon.run()


def _jobs(
    settings: Settings, parts: bootstrap.Parts, store: SqliteStore, around: Surroundings
) -> tuple[Job, ...]:
    retention = timedelta(days=settings.retention_days)
    looking = timedelta(seconds=settings.sns.interval_seconds)
    return (
        Job(
            name="tick",
            run=parts.watch.tick,
            interval=settings.tick_interval,
            failed=around.telemetry.tick_failed,
        ),
        Job(name="deliver", run=parts.deliver.deliver, interval=looking),
        Job(
            name="housekeep",
            run=lambda: store.prune(before=around.clock.now() - retention),
            interval=HOUSEKEEPING,
        ),
    )
