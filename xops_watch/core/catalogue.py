"""Every signal that rules, metrics and documentation know.

How each is measured, and what can go wrong with it, is told in `docs/reference/signals.md`.
"""

from xops_watch.core.catalogue_aws import MEASURED_BY_AWS
from xops_watch.core.catalogue_ecs import COUNTED
from xops_watch.core.catalogue_logs import LOGGED
from xops_watch.core.catalogue_portal import PORTAL_MACHINES, PORTAL_SERVICES
from xops_watch.core.catalogue_stack import COST, DATABASE, DECLARED_AND_DEPLOYED, MODELS
from xops_watch.core.signal import Signal

SIGNALS: tuple[Signal, ...] = (
    *COUNTED,
    *MEASURED_BY_AWS,
    *LOGGED,
    *DATABASE,
    *DECLARED_AND_DEPLOYED,
    *COST,
    *MODELS,
    *PORTAL_MACHINES,
    *PORTAL_SERVICES,
)

SIGNAL_BY_NAME: dict[str, Signal] = {signal.name: signal for signal in SIGNALS}
