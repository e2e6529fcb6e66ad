"""Addresses of HTTP servers, as several groups of settings take them."""

from urllib.parse import urlsplit


def address_alone(url: str | None, *, example: str) -> str | None:
    """Return the URL; raises ValueError unless it is an address and nothing more."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError(f"must be an address such as {example}") from None
    if not (parts.scheme in {"http", "https"} and parts.hostname and port_fits):
        raise ValueError(f"must be an address such as {example}")
    if not (url.isascii() and url.isprintable() and " " not in url):
        raise ValueError("must be an address without blanks or other signs")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must be an address alone, without user, `?` and `#`")
    return url
