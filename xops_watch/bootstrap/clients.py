"""AWS clients as the settings limit them."""

from xops_watch.aws.clients import Clients
from xops_watch.ports import Telemetry
from xops_watch.settings import Settings


def make_clients(settings: Settings, telemetry: Telemetry) -> Clients:
    """Return what makes AWS clients; each request is counted."""
    return Clients(
        telemetry,
        connect_seconds=settings.aws.connect_timeout_seconds,
        read_seconds=settings.aws.read_timeout_seconds,
    )
