"""From the entries of `queries` to core queries: what a Prometheus server is asked for.

A query of a signal of the catalogue says only how it is asked for; a signal of the file's own
brings its unit and meaning, and a name that no other metric has.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainValidator

from xops_watch.core.catalogue import SIGNAL_BY_NAME, SIGNALS
from xops_watch.core.query import Query
from xops_watch.core.signal import MINUTE, Signal, Unit
from xops_watch.located_yaml import KeyPath, quoted
from xops_watch.rulebook.page import Page
from xops_watch.rulebook.schema import CELL_MAX, TITLE_MAX
from xops_watch.rulebook.words import (
    read_label,
    read_line,
    read_signal_name,
    read_span,
    read_text,
    read_word,
)

SOURCE = "prometheus"
QUERY_MAX = 2_000  # characters of PromQL: what is longer is a recording rule
UNITS = ("count", "ratio", "seconds", "bytes", "dollars")  # what is asked for is a number
QUERIES_MAX = 100  # each is a request at every poll
EVERY_DEFAULT, GRACE_DEFAULT = MINUTE, 10 * MINUTE
EVERY_MIN, EVERY_MAX = timedelta(seconds=10), timedelta(days=1)
# Families about the watch itself begin so, and signals that another source reads: a misspelt name
# of one of those is no signal of somebody's own.
RESERVED = frozenset(
    {
        *("component", "evolution", "signal", "trigger", "watch"),
        *(signal.name.partition(".")[0] for signal in SIGNALS if signal.source != SOURCE),
    }
)
# What Prometheus itself puts behind the names of counters, histograms and the like.
RESERVED_ENDS = frozenset({"_total", "_count", "_sum", "_bucket", "_created", "_info"})

_OF_THE_CATALOGUE = ("unit", "subject_kind", "help", "every", "grace")
_OF_ITS_OWN = ("unit", "help")
_METRICS = {signal.metric: signal.name for signal in SIGNALS}


class QueryEntry(BaseModel):
    """An entry of `queries`: a number that a Prometheus server is asked for.

    A signal of the catalogue has its unit, spacing and help; one of the file's own gives them.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, title="a query")

    signal: Annotated[str, PlainValidator(read_signal_name)]
    query: Annotated[str, PlainValidator(read_text(QUERY_MAX))]
    subject_label: Annotated[str | None, PlainValidator(read_label)] = None
    unit: Annotated[Unit | None, PlainValidator(read_word(UNITS, Unit))] = None
    subject_kind: Annotated[str | None, PlainValidator(read_line(CELL_MAX))] = None
    help: Annotated[str | None, PlainValidator(read_line(TITLE_MAX))] = None
    every: Annotated[timedelta | None, PlainValidator(read_span)] = None
    grace: Annotated[timedelta | None, PlainValidator(read_span)] = None


def query_reader() -> Callable[[Page, KeyPath], Query | None]:
    """Return what reads the queries of one rulebook: two of its signals share no metric."""
    metrics = dict(_METRICS)

    def read(page: Page, path: KeyPath) -> Query | None:
        query = _read_query(page, path)
        if query is not None and query.own:
            _check_name(page, path, query.signal, metrics)
            metrics.setdefault(query.signal.metric, query.signal.name)
        return query

    return read


def _read_query(page: Page, path: KeyPath) -> Query | None:
    """Return the query at `path`, None when it cannot be told which signal it is.

    One with something else wrong is returned too, and the page says what: whoever reads its signal
    must not be told that there is none.
    """
    entry = page.entry(QueryEntry, path)
    if entry is None:
        return None
    known = SIGNAL_BY_NAME.get(entry.signal)
    signal = _own(page, path, entry) if known is None else _known(page, path, entry, known)
    if signal is None:
        return None
    return Query(
        signal=signal,
        promql=entry.query,
        subject_label=entry.subject_label,
        own=known is None,
    )


def own_signals(queries: Iterable[Query]) -> dict[str, Signal]:
    """Return the signals that are not in the catalogue, by name."""
    return {query.signal.name: query.signal for query in queries if query.own}


def _known(page: Page, path: KeyPath, entry: QueryEntry, signal: Signal) -> Signal:
    if signal.source != SOURCE:
        message = f"{quoted(signal.name)} is read by the source {signal.source}"
        page.refuse((*path, "signal"), message, hint="give the query a signal of its own name")
    for key in _OF_THE_CATALOGUE:
        if getattr(entry, key) is not None:
            message = f"`{key}`: the catalogue has it for {quoted(signal.name)}"
            page.refuse((*path, key), message, hint="leave it out", key=True)
    return signal


def _own(page: Page, path: KeyPath, entry: QueryEntry) -> Signal | None:
    lacking = [key for key in _OF_ITS_OWN if getattr(entry, key) is None]
    if lacking or entry.unit is None or entry.help is None:
        needs = " and ".join(f"`{key}`" for key in lacking)
        message = f"{quoted(entry.signal)} is not in the catalogue: it needs {needs}"
        page.refuse(path, message, hint="`unit: count`, and what it means in a line")
        return None
    every = entry.every or EVERY_DEFAULT
    if not EVERY_MIN <= every <= EVERY_MAX:
        page.refuse((*path, "every"), "`every`: needs 10s to 1d")
    grace = entry.grace or max(GRACE_DEFAULT, 3 * every)
    if grace < every:
        message = "`grace`: a value would be stale before the next one comes"
        page.refuse((*path, "grace"), message, hint="three times `every` is a good one")
    return Signal(
        name=entry.signal,
        unit=entry.unit,
        subject_kind=entry.subject_kind or entry.subject_label or "stack",
        source=SOURCE,
        period=every,
        grace=grace,
        help=entry.help,
    )


def _check_name(page: Page, path: KeyPath, signal: Signal, metrics: Mapping[str, str]) -> None:
    first = signal.name.partition(".")[0]
    if first in RESERVED:
        message = f"{quoted(first)} begins the names of what xops-watch measures itself"
        page.refuse((*path, "signal"), message, hint="begin the name with a word of your own")
    end = "_" + signal.metric.rpartition("_")[2]
    if end in RESERVED_ENDS:
        message = f"its metric {signal.metric} ends like a part of another kind of metric"
        page.refuse((*path, "signal"), message, hint=f"leave out `{end}`")
    taken = metrics.get(signal.metric)
    if taken and taken != signal.name:
        message = f"its metric {signal.metric} is that of {quoted(taken)}"
        page.refuse((*path, "signal"), message, hint="give it another name")
