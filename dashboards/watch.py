"""Whether the watch itself is well: its ticks, sources, requests and deliveries."""

from collections.abc import Iterator

from dashboards.panels import (
    NONE_IS_GOOD,
    Line,
    Panel,
    Text,
    graph,
    label,
    number,
    stacked,
)
from dashboards.queries import one, rate, series
from xops_watch.exporter import catalogue
from xops_watch.exporter.catalogue import Family


def watch() -> Iterator[Panel]:
    """Yield the daemon's own health, now and over time."""
    yield from _now()
    yield from _rules()
    yield from _over_time()
    yield from _work()
    yield from _price()


def _now() -> Iterator[Panel]:
    yield number(
        Text(
            title="Last tick",
            meaning="How long ago the last tick began; a watch without ticks is replaced by ECS",
        ),
        f"time() - max({series(catalogue.LAST_TICK)})",
        unit="s",
        steps=((None, "green"), (45, "orange"), (90, "red")),
    )
    yield number(
        Text(title="Leaders", meaning="Daemons that poll and notify: one, however many run"),
        f"sum({series(catalogue.LEADER)})",
        unit="short",
        steps=((None, "red"), (1, "green"), (2, "red")),
    )
    yield number(
        Text(title="Sources down", meaning="Sources that did not answer when they were last asked"),
        f"sum(1 - {one('min', catalogue.SOURCE_UP)})",
        unit="short",
        steps=NONE_IS_GOOD,
    )
    yield number(
        Text(title="Notices waiting", meaning="Pages that are owed and not yet taken by SNS"),
        f"max({series(catalogue.OUTBOX_NOTICES)})",
        unit="short",
        steps=((None, "green"), (1, "orange")),
    )
    yield number(
        Text(title="Oldest waiting notice", meaning="How late the oldest page that is owed is"),
        f"max({series(catalogue.OUTBOX_OLDEST)})",
        unit="s",
        steps=((None, "green"), (60, "orange"), (300, "red")),
    )
    yield number(
        Text(title="Values seen", meaning="Signals on subjects that have a current value"),
        f"sum({one('max', catalogue.SIGNAL_STATUS, status='ok')})",
        unit="short",
    )
    yield label(
        Text(title="Version", meaning="Versions of the daemons that run"),
        Line(expr=one("max", catalogue.BUILD_INFO), legend="{{version}}"),
        span=6,
    )


def _rules() -> Iterator[Panel]:
    yield number(
        Text(title="Rules", meaning="Rules of the rulebook in force"),
        f"max({series(catalogue.RULES)})",
        unit="short",
    )
    yield number(
        Text(title="Rule files refused", meaning="Daemons that judge by older rules"),
        f"sum(1 - {series(catalogue.RULES_GOOD)})",
        unit="short",
        steps=NONE_IS_GOOD,
    )
    yield graph(
        Text(
            title="Rules that are not as shipped",
            meaning="Overridden or switched off here, or read signals that no source observes",
        ),
        Line(expr=f"max({series(catalogue.RULES_OVERRIDDEN)})", legend="overridden"),
        Line(expr=f"max({series(catalogue.RULES_OFF)})", legend="off"),
        Line(expr=f"max({series(catalogue.RULES_UNWATCHED)})", legend="not watched"),
        unit="short",
        span=9,
    )
    yield graph(
        Text(title="Age of the rules", meaning="Time since the rules in force were read"),
        Line(expr=f"time() - max({series(catalogue.RULES_LOADED)})", legend="rules"),
        unit="s",
        span=9,
    )


def _over_time() -> Iterator[Panel]:
    yield graph(
        Text(title="Duration of a tick", meaning="Real time from the first question to the page"),
        Line(expr=f"max({series(catalogue.TICK_DURATION)})", legend="tick"),
        Line(expr=one("max", catalogue.SOURCE_DURATION), legend="source {{source}}"),
        unit="s",
    )
    yield graph(
        Text(
            title="Silence of sources",
            meaning="Time since a source last answered; triggers go blind when it lasts",
        ),
        Line(expr=f"time() - {one('max', catalogue.SOURCE_LAST_SUCCESS)}", legend="{{source}}"),
        unit="s",
    )
    yield stacked(
        graph(
            Text(title="Gaps", meaning="Values that should have come and did not, by reason"),
            Line(expr=rate(catalogue.GAPS, "source", "reason"), legend="{{source}}: {{reason}}"),
            unit="cps",
        )
    )


def _work() -> Iterator[Panel]:
    yield graph(
        Text(
            title="Requests to AWS",
            meaning="Most are free: see the cost of the watch",
        ),
        Line(
            expr=rate(catalogue.AWS_REQUESTS, "service", "operation", "outcome"),
            legend="{{service}} {{operation}}: {{outcome}}",
        ),
        unit="reqps",
    )
    yield graph(
        Text(title="Deliveries", meaning="Attempts to hand a notice to SNS, by outcome"),
        Line(expr=rate(catalogue.NOTICES, "outcome", per="increase"), legend="{{outcome}}"),
        unit="short",
    )
    yield graph(
        Text(title="Failures", meaning="Ticks that broke off, and bugs of sources: see the log"),
        Line(expr=rate(catalogue.TICK_FAILURES, "job"), legend="tick"),
        Line(expr=rate(catalogue.SOURCE_BUGS, "source"), legend="source {{source}}"),
        unit="cps",
    )


def _price() -> Iterator[Panel]:
    yield graph(
        Text(title="Memory", meaning="Resident memory of each daemon; the aim is below 90 MiB"),
        Line(expr=f"max by (instance) ({series(_MEMORY)})", legend="{{instance}}"),
        unit="bytes",
    )
    yield graph(
        Text(title="CPU", meaning="CPU seconds a second of each daemon; 0.01 is one per cent"),
        Line(expr=rate(_CPU, "instance"), legend="{{instance}}"),
        unit="percentunit",
    )
    yield graph(
        Text(
            title="Cost of the watch",
            meaning="What reading CloudWatch costs a month at this pace: $0.01 for 1,000 metrics",
        ),
        Line(
            expr=one("max", catalogue.AWS_COST),
            legend="{{service}} {{operation}}",
        ),
        unit="currencyUSD",
    )


# What the Prometheus client library adds to the catalogue by itself.
_MEMORY = Family(name="process_resident_memory_bytes", help="Resident memory size in bytes")
_CPU = Family(name="process_cpu_seconds_total", help="CPU time spent in seconds")
