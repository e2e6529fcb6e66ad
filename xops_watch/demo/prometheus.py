"""A small Prometheus with the numbers of LiteLLM; it knows their names, and no PromQL."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from xops_watch.clock import ScaledClock
from xops_watch.demo.loopback import Asked, Document

# A request takes a moment of the machine, and so some of the faster time: no number may be of
# later than when it was asked for.
_BEHIND_SECONDS = 0.2


@dataclass(slots=True, kw_only=True)
class Prometheus:
    """Numbers by a part of the query that asks for them."""

    clock: ScaledClock
    numbers: Mapping[str, float]

    def answer(self, asked: Asked) -> tuple[int, Document]:
        """Answer an instant query; one that asks for something else gives nothing."""
        parts = urlsplit(asked.target)
        if parts.path != "/api/v1/query":
            return 404, {"status": "error", "errorType": "not_found", "error": "no such page"}
        query = "".join(parse_qs(parts.query).get("query", ()))
        behind = timedelta(seconds=_BEHIND_SECONDS * self.clock.speed)
        at = (self.clock.now() - behind).timestamp()
        found = [number for name, number in self.numbers.items() if name in query][:1]
        series = [{"metric": {}, "value": [at, str(number)]} for number in found]
        return 200, {"status": "success", "data": {"resultType": "vector", "result": series}}
