"""The sources: each is read once, for real, as the daemon does it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from xops_watch.collect import Collector
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.core.snapshot import SourceReport
from xops_watch.doctor.check import Check, failed, fine, warning
from xops_watch.errors import GapReason

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from xops_watch.ports import Clock, Source, Telemetry

DEADLINE = timedelta(seconds=30)  # nobody waits for a tick here: a slow answer is an answer
TOLD_MAX = 3  # of one source, different things that are wrong

_FIXES: Mapping[GapReason, str] = {
    GapReason.STALE: "nothing to fix if nothing ran: AWS publishes no point then",
    GapReason.NOT_ENABLED: "enable it as described, or leave its rules unwatched",
    GapReason.DENIED: "allow it in the task role: `xops-watch iam-policy` prints the policy",
    GapReason.THROTTLED: "AWS asked to slow down: raise the interval of this source",
    GapReason.UNREACHABLE: "check DNS, the route and AWS_ENDPOINT_URL",
    GapReason.TIMEOUT: "check the route to the AWS endpoint",
    GapReason.INVALID: "check the names in the settings; a newer xops-watch may understand it",
}
_NOTHING_WRONG = frozenset({GapReason.NOT_APPLICABLE, GapReason.GONE})
_AS_IT_IS = frozenset({GapReason.STALE, GapReason.NOT_ENABLED})


def look_through(
    sources: "Sequence[Source]",
    *,
    clock: "Clock",
    telemetry: "Telemetry",
    log: "FilteringBoundLogger",
) -> tuple[tuple[Check, ...], bool]:
    """Return a check of each source, and whether any could be read."""
    collector = Collector(sources, deadline=DEADLINE, telemetry=telemetry, log=log)
    collection = collector.collect(now=clock.now())
    checks: list[Check] = []
    for source, report in zip(sources, collection.reports, strict=True):
        seen = [o for o in collection.observations if o.signal in source.signals]
        checks.extend(_source(source, report, seen))
    return tuple(checks), any(report.up for report in collection.reports)


def _source(source: "Source", report: SourceReport, seen: Sequence[Observation]) -> Iterator[Check]:
    name = f"source {source.name}"
    wrong = list(dict.fromkeys(_wrongs(seen)))
    for reason, detail in wrong[:TOLD_MAX]:
        say = warning if reason in _AS_IT_IS else failed
        yield say(name, detail, fix=_FIXES[reason])
    if len(wrong) > TOLD_MAX:
        more = f"and {len(wrong) - TOLD_MAX} more"
        yield warning(name, more, fix="mend these first")
    readings = [o for o in seen if isinstance(o, Reading)]
    if not wrong or readings:
        subjects = len({reading.subject for reading in readings})
        signals = len({reading.signal for reading in readings})
        took = f"in {report.duration_seconds:.1f} s"
        yield fine(name, f"read {signals} signals of {subjects} subjects {took}")


def _wrongs(seen: Sequence[Observation]) -> Iterator[tuple[GapReason, str]]:
    for observation in seen:
        if isinstance(observation, Gap) and observation.reason not in _NOTHING_WRONG:
            yield observation.reason, observation.detail
