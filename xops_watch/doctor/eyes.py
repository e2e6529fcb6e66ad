"""The sources: each is read once, for real, as the daemon does it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from xops_watch.collect import Collector
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.core.snapshot import SourceReport
from xops_watch.doctor.check import Check, failed, fine, warning
from xops_watch.errors import GapReason
from xops_watch.ports import SubjectSource

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from xops_watch.ports import Clock, Source, Telemetry

DEADLINE = timedelta(seconds=30)  # nobody waits for a tick here: a slow answer is an answer
TOLD_MAX = 3  # of one source, different things that are wrong

_FIXES: Mapping[GapReason, str] = {
    GapReason.STALE: "nothing to fix if there was nothing to measure",
    GapReason.NOT_ENABLED: "enable it as described, or leave its rules unwatched",
    GapReason.DENIED: "check its secret, and what that may read",
    GapReason.THROTTLED: "it asked to slow down: raise the interval of this source",
    GapReason.UNREACHABLE: "check its address, DNS and the route",
    GapReason.TIMEOUT: "check its address and the route",
    GapReason.INVALID: "check the names in the settings; a newer xops-watch may understand it",
}
_FIXES_OF_AWS: Mapping[GapReason, str] = {
    **_FIXES,
    GapReason.DENIED: "check the credentials: the task role, or the AWS profile",
    GapReason.UNREACHABLE: "check DNS, the route and AWS_ENDPOINT_URL",
    GapReason.TIMEOUT: "check the route to the AWS endpoint",
}
_PERMISSION = "IAM permission"
_SKEW = "the clock of this host"
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
        if report.local and not _is_off(source, collection.observations):
            continue  # there is nothing to try out
        checks.extend(_source(source, report, _own(source, collection.observations)))
    sees = any(
        report.up and not report.local and not _is_off(source, collection.observations)
        for source, report in zip(sources, collection.reports, strict=True)
    )
    return tuple(checks), sees


def _own(source: "Source", observations: Sequence[Observation]) -> list[Observation]:
    """Return what a source told; who knows its subjects shares a signal with others."""
    own = [o for o in observations if o.signal in source.signals]
    if isinstance(source, SubjectSource):
        return [o for o in own if o.subject in source.subjects]
    return own


def _is_off(source: "Source", observations: Sequence[Observation]) -> bool:
    """A source that only says what is not enabled has asked nobody."""
    own = _own(source, observations)
    off = [o for o in own if isinstance(o, Gap) and o.reason is GapReason.NOT_ENABLED]
    return bool(own) and len(off) == len(own)


def _source(source: "Source", report: SourceReport, seen: Sequence[Observation]) -> Iterator[Check]:
    name = f"source {source.name}"
    wrong = list(dict.fromkeys(_wrongs(seen)))
    for reason, detail in wrong[:TOLD_MAX]:
        say = warning if reason in _AS_IT_IS else failed
        yield say(name, detail, fix=_fix(source, reason, detail))
    if len(wrong) > TOLD_MAX:
        more = f"and {len(wrong) - TOLD_MAX} more"
        yield warning(name, more, fix="mend these first")
    readings = [o for o in seen if isinstance(o, Reading)]
    if not wrong or readings:
        subjects = len({reading.subject for reading in readings})
        signals = len({reading.signal for reading in readings})
        took = f"in {report.duration_seconds:.1f} s"
        yield fine(name, f"read {signals} signals of {subjects} subjects {took}")


def _fix(source: "Source", reason: GapReason, detail: str) -> str:
    """Return what to do: only sources that ask AWS name the actions that they need."""
    if _SKEW in detail:
        return "set the clock of this host, and keep it by NTP"
    if _PERMISSION in detail:
        return "allow it in the task role: `xops-watch iam-policy` prints the policy"
    fixes = _FIXES_OF_AWS if getattr(source, "iam_actions", ()) else _FIXES
    return fixes[reason]


def _wrongs(seen: Sequence[Observation]) -> Iterator[tuple[GapReason, str]]:
    for observation in seen:
        if isinstance(observation, Gap) and observation.reason not in _NOTHING_WRONG:
            yield observation.reason, observation.detail
