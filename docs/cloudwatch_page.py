"""The reference page of CloudWatch: which metrics each signal is made of."""

from collections.abc import Iterator

from docs.markdown import table
from xops_watch.core.quantity import format_duration
from xops_watch.sources.cloudwatch.kinds import Place
from xops_watch.sources.cloudwatch.need import NO_SUCH_METRIC, Need
from xops_watch.sources.cloudwatch.needs import NEEDS

_STATISTIC = "`{metric}` {stat}"


def cloudwatch() -> Iterator[str]:
    """Yield the page; every signal that comes from CloudWatch is on it."""
    yield "# What is read of CloudWatch\n"
    yield (
        "Which metrics each signal is made of. *Or 0* means that AWS publishes the metric above 0\n"
        "only: where one before it has a point it counts as 0, and nowhere else. The last column\n"
        "is the status of a subject without the metric. What it costs, and which\n"
        "namespaces and subjects are read: [limit what CloudWatch costs]"
        "(../how-to/limit-what-cloudwatch-costs.md). `edge.latency` is of any metric that the\n"
        "settings name: [measure latency from New Zealand]"
        "(../how-to/measure-latency-from-new-zealand.md).\n"
    )
    yield from table(
        ("signal", "namespace", "metrics", "period", "by", "region", "without the metric"),
        [_row(need) for need in NEEDS],
    )
    yield "\n## Where nothing is\n"
    yield "What is said of a signal as a whole when CloudWatch lists nobody who has it.\n"
    kinds = [need.kind for need in NEEDS if need.kind.listed]
    said = {(f"`{k.namespace}`", k.noun, f"`{k.why_none[0]}`", k.why_none[1]): None for k in kinds}
    yield from table(("namespace", "subject", "status", "meaning"), list(said))


def _row(need: Need) -> tuple[str, ...]:
    metrics = [
        _STATISTIC.format(metric=part.metric, stat=part.stat)
        + (f" in {part.unit.lower()}" if part.unit else "")
        + (" (or 0)" if part.zero_if_parent_ok else "")
        for part in need.inputs
    ]
    reason, detail = need.absent
    return (
        f"`{need.signal}`",
        f"`{need.kind.namespace}`",
        ", ".join(metrics),
        format_duration(need.cadence.period),
        f"`{need.kind.key}`",
        "`us-east-1`" if need.kind.place is Place.GLOBAL else "home",
        f"`stale`: {need.kind.silence}"
        if need.absent is NO_SUCH_METRIC
        else f"`{reason}`: {detail}",
    )
