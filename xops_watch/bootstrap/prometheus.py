"""The source that asks a Prometheus server the queries of the rule files."""

from collections.abc import Sequence
from datetime import timedelta

from xops_watch.bootstrap.wiring import Needs, Wiring
from xops_watch.core.catalogue import SIGNALS
from xops_watch.ports import Source
from xops_watch.sources.prometheus import PrometheusSource


def _build(needs: Needs) -> Sequence[Source]:
    api, settings = needs.prometheus, needs.settings
    if api is None:
        return ()
    return (
        PrometheusSource(
            api,
            queries=lambda: needs.rules().queries,
            stack=settings.stack,
            interval=timedelta(seconds=settings.prometheus.interval_seconds),
            seen=needs.seen,
        ),
    )


WIRING = Wiring(
    name="prometheus",
    setting="XOPS_WATCH_PROMETHEUS__URL",
    # The shipped rule files have a query for each; a test says so.
    signals=tuple(signal.name for signal in SIGNALS if signal.source == PrometheusSource.name),
    enabled=lambda settings: settings.prometheus.asked_for,
    build=_build,
)
