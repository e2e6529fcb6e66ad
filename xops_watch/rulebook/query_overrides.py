"""What one deployment asks a Prometheus server otherwise: its metrics have names of their own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainValidator

from xops_watch.core.query import Query
from xops_watch.located_yaml import quoted
from xops_watch.rulebook.page import Page
from xops_watch.rulebook.queries import QUERY_MAX
from xops_watch.rulebook.schema import Line
from xops_watch.rulebook.wording import near
from xops_watch.rulebook.words import read_label, read_signal_name, read_text

SECTION = "queries"


class QueryOverrideEntry(BaseModel):
    """An entry of `queries` in a file of overrides: another PromQL for a signal, or none.

    Its label stays what it was unless the entry names one.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="an override")

    signal: Annotated[str, PlainValidator(read_signal_name)]
    reason: Line
    query: Annotated[str | None, PlainValidator(read_text(QUERY_MAX))] = None
    subject_label: Annotated[str | None, PlainValidator(read_label)] = None
    off: bool = False


def overridden_queries(page: Page, queries: Sequence[Query]) -> tuple[Query, ...]:
    """Return the queries as the page wants them; what is wrong is noted on it."""
    asked = {query.signal.name: query for query in queries}
    seen: set[str] = set()
    for path in page.places((SECTION,)):
        entry = page.entry(QueryOverrideEntry, path)
        if entry is None:
            continue
        if entry.signal in seen:
            message = f"the query of {quoted(entry.signal)} is overridden twice"
            page.refuse((*path, "signal"), message, hint="leave one of the two out")
        elif entry.signal not in asked:
            hint = near(entry.signal, asked) or "put a query of your own into a rule file"
            message = f"the rule files have no query of {quoted(entry.signal)}"
            page.refuse((*path, "signal"), message, hint=hint)
        elif (entry.query is None) != entry.off or (entry.off and entry.subject_label):
            message = "an override of a query gives another `query` or is `off: true`"
            page.refuse(path, message, hint="a signal that is off is not asked for")
        elif entry.query is None:
            del asked[entry.signal]
        else:
            old = asked[entry.signal]
            asked[entry.signal] = replace(
                old,
                promql=entry.query,
                subject_label=entry.subject_label or old.subject_label,
                because=entry.reason,
            )
        seen.add(entry.signal)
    return tuple(asked.values())
