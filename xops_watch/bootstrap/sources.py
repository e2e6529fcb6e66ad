"""Every group of sources there is: one line each, in the order in which they are asked."""

from collections.abc import Mapping, Sequence

from xops_watch.bootstrap import (
    account,
    adoption,
    cloudwatch,
    ecs,
    edge,
    github,
    mandates,
    openwebui,
    portal,
    prometheus,
    sqlite_wal,
)
from xops_watch.bootstrap.wiring import Needs, Wiring
from xops_watch.core.derive import DERIVED_SIGNALS
from xops_watch.ports import Source
from xops_watch.settings import Settings

WIRINGS: tuple[Wiring, ...] = (
    ecs.WIRING,
    adoption.WIRING,
    cloudwatch.WIRING,
    edge.WIRING,
    sqlite_wal.WIRING,
    openwebui.WIRING,
    github.WIRING,
    prometheus.WIRING,
    *account.WIRINGS,
    *mandates.WIRINGS,
    *portal.WIRINGS,
)

# What the sources of this version can see; the rest of the catalogue waits for its source.
OBSERVED_SIGNALS = frozenset(
    (*(signal for wiring in WIRINGS for signal in wiring.signals), *DERIVED_SIGNALS)
)


def settings_wanted(settings: Settings) -> Mapping[str, str]:
    """Return the setting that would turn on each signal that these settings do not ask for."""
    asked = {s for wiring in WIRINGS if wiring.enabled(settings) for s in wiring.signals}
    wanted: dict[str, str] = {}
    for wiring in WIRINGS:
        for signal in wiring.signals:
            if signal not in asked:
                wanted.setdefault(signal, wiring.setting)
    return wanted


def build_sources(needs: Needs) -> Sequence[Source]:
    """Return the sources that the settings ask for; raises ConfigurationError."""
    enabled = (wiring for wiring in WIRINGS if wiring.enabled(needs.settings))
    return tuple(source for wiring in enabled for source in wiring.build(needs))
