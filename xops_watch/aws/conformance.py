"""AWS Config: what share of the rules of each conformance pack is met."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pydantic import Field

from xops_watch.aws.answers import Answer, parse_answer
from xops_watch.aws.failures import invalid_answer, translated
from xops_watch.aws.standing import matches

LIST_SCORES = "config:ListConformancePackComplianceScores"
PAGES_MAX = 20
_PAGE_SIZE = 20  # AWS allows no more
_PERCENT = 100
_NO_DATA = "INSUFFICIENT_DATA"


class ConfigClient(Protocol):
    """The part of boto3's client that is used; this listing has no paginator."""

    def list_conformance_pack_compliance_scores(self, **params: Any) -> Any:  # noqa: ANN401 - as boto3
        """Return one page of scores."""
        ...


class _Pack(Answer):
    name: str = Field(alias="ConformancePackName", pattern=r"^[\x21-\x7e]{1,256}$")
    score: str = Field(alias="Score", max_length=100)


class _Page(Answer):
    packs: list[_Pack] = Field(alias="ConformancePackComplianceScores")
    token: str | None = Field(default=None, alias="NextToken")


def read_scores(client: ConfigClient, patterns: Sequence[str]) -> Mapping[str, float | None]:
    """Return the score (a ratio) of each pack that fits a glob pattern, None without evaluations.

    Raises SourceError.
    """
    found: dict[str, float | None] = {}
    asked: dict[str, object] = {"Limit": _PAGE_SIZE}
    for _ in range(PAGES_MAX):
        with translated(LIST_SCORES):
            answer = client.list_conformance_pack_compliance_scores(**asked)
        page = parse_answer(_Page, answer, action=LIST_SCORES)
        found |= {one.name: _ratio(one) for one in page.packs if matches(one.name, patterns)}
        if not page.token:
            return found
        asked["NextToken"] = page.token
    raise invalid_answer(LIST_SCORES, f"more than {PAGES_MAX} pages")


def _ratio(pack: _Pack) -> float | None:
    if pack.score == _NO_DATA:
        return None
    try:
        percent = float(pack.score)
    except ValueError:
        percent = math.nan
    if not 0 <= percent <= _PERCENT:
        raise invalid_answer(LIST_SCORES, f"{pack.score!r:.50} is no percentage")
    return percent / _PERCENT
