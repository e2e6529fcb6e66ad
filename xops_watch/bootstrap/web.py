"""HTTP clients, with the library that only they need."""

from typing import TYPE_CHECKING

from xops_watch.web.reply import Limits

if TYPE_CHECKING:
    from xops_watch.web.client import Web


def make_web(url: str, *, what: str, limits: Limits, proxied: bool = False) -> "Web":
    """Return a client of one provider."""
    from xops_watch.web.client import Web  # noqa: PLC0415 - six megabytes that others are spared

    return Web(url, what=what, limits=limits, proxied=proxied)
