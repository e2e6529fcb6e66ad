"""Sources that ask CloudFront how it is configured."""

from collections.abc import Sequence
from datetime import timedelta

from xops_watch.bootstrap.wiring import Needs, Wiring
from xops_watch.ports import Source
from xops_watch.sources.cloudfront import CloudFrontSource


def _build(needs: Needs) -> Sequence[Source]:
    interval = timedelta(seconds=needs.settings.edge.interval_seconds)
    return (CloudFrontSource(needs.distributions, interval=interval, seen=needs.seen),)


WIRING = Wiring(
    name="edge",
    setting="XOPS_WATCH_EDGE__VANTAGES",
    signals=CloudFrontSource.signals,
    iam_actions=CloudFrontSource.iam_actions,
    enabled=lambda settings: settings.watches_aws or settings.edge.asked_for,
    build=_build,
)
