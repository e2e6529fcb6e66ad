"""Writes notices to the log: what receives them when no topic is configured."""

from structlog.typing import FilteringBoundLogger

from xops_watch.core.notice import Notice
from xops_watch.notify.machine import document


class LogNotifier:
    """Writes one line per notice, event `notice`, with the fields of the JSON form.

    The level is `error`, the highest that can be configured: where the log is the only
    receiver, no setting may silence it.
    """

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log

    @property
    def name(self) -> str:
        """Name in metrics and logs."""
        return "log"

    def send(self, notice: Notice) -> None:
        """Write the notice; a written line counts as taken."""
        fields = document(notice)
        # structlog's console form takes a field `stack` for a stack trace.
        fields["stack_name"] = fields.pop("stack")
        self._log.error("notice", **fields)
