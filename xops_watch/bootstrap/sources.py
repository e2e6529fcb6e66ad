"""Every group of sources there is: one line each, in the order in which they are asked."""

from collections.abc import Sequence

from xops_watch.bootstrap import cloudwatch, ecs
from xops_watch.bootstrap.wiring import Needs, Wiring
from xops_watch.ports import Source

WIRINGS: tuple[Wiring, ...] = (
    ecs.WIRING,
    cloudwatch.WIRING,
)

# What the sources of this version can see; the rest of the catalogue waits for its source.
OBSERVED_SIGNALS = frozenset(signal for wiring in WIRINGS for signal in wiring.signals)


def build_sources(needs: Needs) -> Sequence[Source]:
    """Return the sources that the settings ask for; raises ConfigurationError."""
    enabled = (wiring for wiring in WIRINGS if wiring.enabled(needs.settings))
    return tuple(source for wiring in enabled for source in wiring.build(needs))
