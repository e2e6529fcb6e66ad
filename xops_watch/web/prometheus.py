"""The HTTP API of Prometheus, and of what answers like it: one instant query, a few numbers."""

from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn, cast

from pydantic import BaseModel, ConfigDict, Field

from xops_watch.errors import GapReason, SourceError
from xops_watch.web.reply import Reply, one_line

if TYPE_CHECKING:
    from xops_watch.web.client import Web

QUERY_PATH = "/api/v1/query"
SAID_CHARACTERS_MAX = 150
# Of what the server is given, so that it gives up before nobody listens any more.
_SERVERS_SHARE = 0.8
_OK, _BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 200, 400, 401, 403, 404
_TOO_LONG, _UNPROCESSABLE, _TOO_MANY_REQUESTS, _SERVER_ERROR = 414, 422, 429, 500
_KNOWN_ERRORS = frozenset(
    {"bad_data", "canceled", "execution", "internal", "not_found", "timeout", "unavailable"}
)
# Up to 2.52 Prometheus has its remarks among the warnings; those say nothing of the numbers.
_REMARK = "PromQL info: "
_TRY = "ask it the same in its own web page, or with `promtool query instant`"

Headers = Callable[[], Mapping[str, str]]  # how one logs in, read anew for every request


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One number of an answer. It may be NaN or infinite; a scalar has no labels."""

    labels: Mapping[str, str]
    value: float
    at: datetime


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class _Kind(_Answer):
    type: str = Field(alias="resultType")


class _Head(_Answer):
    status: Literal["success"]
    data: _Kind
    warnings: list[str] = []


_Point = Annotated[list[float | str], Field(min_length=2, max_length=2)]


class _Series(_Answer):
    metric: dict[str, str]
    value: _Point | None = None  # a native histogram has none


class _Vector(_Answer):
    result: list[_Series]


class _VectorAnswer(_Answer):
    data: _Vector


class _Scalar(_Answer):
    result: _Point


class _ScalarAnswer(_Answer):
    data: _Scalar


class _Refusal(_Answer):
    kind: str = Field(default="", alias="errorType")
    error: str = ""


def nobody() -> Mapping[str, str]:
    """Return the headers of whoever need not log in."""
    return {}


class PrometheusApi:
    """Asks instant queries of one server. `setting` is how the hints call its settings.

    `headers` log in; `timeout` is how long a request may take altogether.
    """

    def __init__(
        self,
        web: "Web",
        *,
        setting: str,
        timeout: timedelta,
        headers: Headers = nobody,
    ) -> None:
        self._web = web
        self._setting = setting
        self._milliseconds = round(timeout.total_seconds() * 1000 * _SERVERS_SHARE)
        self._headers = headers

    def query(self, promql: str) -> tuple[Sample, ...]:
        """Return what the query gives now, by the server's clock; raises SourceError.

        An answer with warnings is none: a part of what it counts may be missing.
        """
        headers = self._headers()
        params = {"query": promql, "timeout": f"{self._milliseconds}ms"}
        reply = self._web.get(QUERY_PATH, params=params, headers=headers)
        if reply.status != _OK:
            self._refuse(reply, headers)
        head = _shaped(reply, headers)
        warnings = [text for text in head.warnings if not text.startswith(_REMARK)]
        if warnings:
            raise SourceError(
                f"{reply.what}: the answer is not whole{_quoted(warnings[0], headers)}",
                reason=GapReason.INVALID,
                hint="see what the server cannot reach; a part of an answer is not taken for it",
            )
        match head.data.type:
            case "vector":
                return _vector(reply)
            case "scalar":
                point = reply.parsed(_ScalarAnswer).data.result
                return (_sample({}, point, reply.what),)
            case other:
                raise SourceError(
                    one_line(f"{reply.what}: the query gives {other!r:.30} and no numbers of now"),
                    reason=GapReason.INVALID,
                    hint="take a function of it: a range `[5m]` needs rate(), max_over_time() ...",
                )

    def _refuse(self, reply: Reply, headers: Mapping[str, str]) -> NoReturn:
        reason, hint = self._judged(reply.status)
        refusal = _refusal(reply)
        said = ""
        if refusal.kind in _KNOWN_ERRORS:
            said = f", {refusal.kind}"
            if reply.status in {_BAD_REQUEST, _UNPROCESSABLE}:
                said += _quoted(refusal.error, headers)
        if refusal.kind == "timeout":
            reason = GapReason.TIMEOUT
            hint = "make the query cheaper, by a recording rule, or give it more time"
        what = f"{reply.what}: HTTP status {reply.status}{said}"
        raise SourceError(one_line(what), reason=reason, hint=hint)

    def _judged(self, status: int) -> tuple[GapReason, str]:
        if status in {_UNAUTHORIZED, _FORBIDDEN}:
            named = f"{self._setting}TOKEN_FILE, or {self._setting}USERNAME and PASSWORD_FILE"
            return GapReason.DENIED, f"the server wants a login that it knows: see {named}"
        if status == _TOO_MANY_REQUESTS:
            return GapReason.THROTTLED, f"raise {self._setting}INTERVAL_SECONDS"
        if status >= _SERVER_ERROR:
            return GapReason.UNREACHABLE, "the Prometheus server is not well; see its log"
        if status == _NOT_FOUND:
            hint = f"{self._setting}URL is the address in front of {QUERY_PATH}"
            return GapReason.INVALID, hint
        if status == _TOO_LONG:
            return GapReason.INVALID, "the query is too long for the server: make a recording rule"
        return GapReason.INVALID, f"correct the query: {_TRY}"


def _shaped(reply: Reply, headers: Mapping[str, str]) -> _Head:
    """Return the head of an answer; status 200 may still come with an error."""
    refusal = _refusal(reply)
    if refusal.kind in _KNOWN_ERRORS:
        raise SourceError(
            one_line(f"{reply.what}: {refusal.kind}{_quoted(refusal.error, headers)}"),
            reason=GapReason.TIMEOUT if refusal.kind == "timeout" else GapReason.INVALID,
            hint=_TRY,
        )
    return reply.parsed(_Head)


def _refusal(reply: Reply) -> _Refusal:
    try:
        return reply.parsed(_Refusal)
    except SourceError:
        return _Refusal()  # not Prometheus, but something in front of it


def _vector(reply: Reply) -> tuple[Sample, ...]:
    series = reply.parsed(_VectorAnswer).data.result
    samples: list[Sample] = []
    for one in series:
        if one.value is None:
            raise SourceError(
                f"{reply.what}: the query gives a histogram and no number",
                reason=GapReason.INVALID,
                hint="take a number of it, such as histogram_quantile(0.95, ...)",
            )
        samples.append(_sample(one.metric, one.value, reply.what))
    return tuple(samples)


def _sample(labels: Mapping[str, str], point: list[float | str], what: str) -> Sample:
    try:
        at = datetime.fromtimestamp(cast("float", point[0]), UTC)
        value = float(cast("str", point[1]))
    except (TypeError, ValueError, OverflowError, OSError):
        raise SourceError(
            f"{what}: the answer has a point that is no time and number",
            reason=GapReason.INVALID,
            hint="see who answers there; Prometheus does not say such a thing",
        ) from None
    return Sample(labels=labels, value=value, at=at)


def _quoted(text: str, headers: Mapping[str, str]) -> str:
    """Return the server's own words, unless they repeat a part of what was sent to log in."""
    if not text or any(part in text for part in _sent(headers)):
        return ""
    return one_line(f": {text!r:.{SAID_CHARACTERS_MAX}}")


def _sent(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield what the headers say, with the password that one of them only encodes."""
    for value in headers.values():
        scheme, _, login = value.partition(" ")
        yield from value.split()
        if scheme == "Basic":
            yield b64decode(login).decode().partition(":")[2]
