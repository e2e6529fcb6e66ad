"""One HTTP provider: requests with limits, answers as values, failures as SourceError.

What a server says is never put into an error: it may repeat the secret that it was sent. httpx
comes with this module, and takes six megabytes: whoever builds a `Web` imports it then.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from xops_watch.clock import monotonic
from xops_watch.errors import GapReason, SourceError
from xops_watch.web.reply import Limits, Reply, one_line

_AGENT = "xops-watch"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Web:
    """Talks to one origin and to nobody else: a redirect that leaves it is refused.

    `what` names the provider in errors. `proxied` lets HTTPS_PROXY and its like apply. An answer
    may take as long as `limits.total` plus one read of it; only the head of an answer that comes
    in drops may take longer.
    """

    def __init__(
        self,
        base_url: str,
        *,
        what: str,
        limits: Limits | None = None,
        proxied: bool = False,
    ) -> None:
        self._what = what
        self._limits = limits or Limits()
        self._client = httpx.Client(
            base_url=base_url,
            # Nothing compressed: what is counted is what is held in memory.
            headers={"user-agent": _AGENT, "accept-encoding": "identity"},
            timeout=httpx.Timeout(
                self._limits.total.total_seconds(), connect=self._limits.connect.total_seconds()
            ),
            follow_redirects=False,
            trust_env=proxied,
            verify=httpx.create_ssl_context(),  # SSL_CERT_FILE counts with and without a proxy
        )

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Return the answer to a GET of `path`; raises SourceError when none arrives."""
        request = self._request("GET", path, params=params, headers=headers)
        return self._followed(request, path)

    def post(self, path: str, *, body: object, headers: Mapping[str, str] | None = None) -> Reply:
        """Return the answer to a POST of a JSON body; raises SourceError when none arrives."""
        request = self._request("POST", path, body=body, headers=headers)
        return self._followed(request, path)

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        with _translated(self._what):
            return self._client.build_request(
                method, path, params=params, json=body, headers=dict(headers or {})
            )

    def _followed(self, request: httpx.Request, path: str) -> Reply:
        what = f"{self._what} {request.method} {path.partition('?')[0]}"
        origin = _origin(request.url)
        deadline = monotonic() + self._limits.total.total_seconds()
        for _ in range(self._limits.redirects_max + 1):
            with _translated(what):
                reply, onward = self._send(request, what, deadline)
            if onward is None:
                return reply
            if _origin(onward.url) != origin:
                raise SourceError(
                    one_line(f"{what}: it redirects to another address"),
                    reason=GapReason.INVALID,
                    hint="set the URL to the address that answers itself",
                )
            request = onward
        raise SourceError(
            one_line(f"{what}: it redirects"),
            reason=GapReason.INVALID,
            hint="set the URL to the address that answers itself",
        )

    def _send(
        self, request: httpx.Request, what: str, deadline: float
    ) -> tuple[Reply, httpx.Request | None]:
        answer = self._client.send(request, stream=True)
        try:
            if answer.status_code in _REDIRECTS and answer.next_request is not None:
                onward, body = answer.next_request, b""
            else:
                onward, body = None, self._body(answer, what, deadline)
        finally:
            answer.close()
        headers = {name.lower(): value for name, value in answer.headers.items()}
        reply = Reply(what=what, status=answer.status_code, headers=headers, body=body)
        return reply, onward

    def _body(self, answer: httpx.Response, what: str, deadline: float) -> bytes:
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            why = f"{what}: the answer is compressed, which was not asked for"
            raise SourceError(one_line(why), reason=GapReason.INVALID, hint="see who answers there")
        body = bytearray()
        for part in answer.iter_raw():
            body += part
            if len(body) > self._limits.bytes_max:
                why = f"{what}: the answer is larger than {self._limits.bytes_max} bytes"
                hint = "see who answers there; it is not what was asked for"
                raise SourceError(one_line(why), reason=GapReason.INVALID, hint=hint)
            if monotonic() > deadline:
                raise _late(what)
        return bytes(body)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Let nothing but SourceError out of httpx; its texts may quote headers and are not told."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise _late(what) from error
    except (httpx.NetworkError, httpx.ProxyError) as error:
        why = one_line(f"{what}: no connection ({_cause(error)})")
        hint = "check that it runs, the URL, DNS and security groups"
        raise SourceError(why, reason=GapReason.UNREACHABLE, hint=hint) from error
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError) as error:
        why = one_line(f"{what}: no HTTP to be had there ({type(error).__name__})")
        raise SourceError(why, reason=GapReason.INVALID, hint="check the URL") from None


def _late(what: str) -> SourceError:
    hint = "it is overloaded or a firewall drops the packets"
    why = one_line(f"{what}: no answer in time")
    return SourceError(why, reason=GapReason.TIMEOUT, hint=hint)


def _cause(error: BaseException) -> str:
    """Return the operating system's word for it, which knows no secret."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    text = error.strerror if isinstance(error, OSError) else None
    return f"{text or type(error).__name__}"
