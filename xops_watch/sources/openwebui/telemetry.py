"""The gauge that Open WebUI pushes by OpenTelemetry, read back from a Prometheus server."""

from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.openwebui.usage import USERS_MAX
from xops_watch.web.prometheus import PrometheusApi

_QUERY = "XOPS_WATCH_OPENWEBUI__PROMETHEUS_QUERY"


class Telemetry:
    """Asks a Prometheus server for one number, by an instant query."""

    def __init__(self, api: PrometheusApi, query: str) -> None:
        self._api = api
        self._query = query

    def active(self) -> float:
        """Return the number that the query gives now; raises SourceError."""
        numbers = [sample.value for sample in self._api.query(self._query)]
        if not numbers:
            hint = f"check ENABLE_OTEL_METRICS of Open WebUI, its collector, and {_QUERY}"
            why = "Prometheus: the query for users gives nothing"
            raise SourceError(why, reason=GapReason.NOT_ENABLED, hint=hint)
        if len(numbers) > 1:
            hint = f"make it one in {_QUERY}: each replica tells the same number, so max(...)"
            why = f"Prometheus: the query for users gives {len(numbers)} numbers"
            raise SourceError(why, reason=GapReason.INVALID, hint=hint)
        number = numbers[0]
        if not 0 <= number <= USERS_MAX:  # so is NaN
            why = "Prometheus: the query for users gives no count"
            raise SourceError(why, reason=GapReason.INVALID, hint=f"check {_QUERY}")
        return number
