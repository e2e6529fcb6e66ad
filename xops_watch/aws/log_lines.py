"""CloudWatch Logs: how many lines tell of which trouble of SQLite. No line is ever kept."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from xops_watch.aws.answers import Answer, parse_answer
from xops_watch.aws.failures import code_of, translated
from xops_watch.aws.paged import PagedClient
from xops_watch.errors import GapReason, SourceError

FILTER_LOG_EVENTS = "logs:FilterLogEvents"

# What SQLite and SQLAlchemy write, to the letter, by kind of trouble.
SIGNATURES: Mapping[str, tuple[str, ...]] = {
    "locked": ("database is locked", "database table is locked", "locking protocol"),
    "pool": ("QueuePool limit of size",),
    "disk": ("disk I/O error", "unable to open database file"),
    "readonly": ("attempt to write a readonly database",),
    "malformed": ("database disk image is malformed", "file is not a database"),
    "journal_mode": ("journal_mode",),
}
PATTERN = " ".join(f'?"{text}"' for texts in SIGNATURES.values() for text in texts)

_MILLISECOND = timedelta(milliseconds=1)

Kinds = frozenset[str]


class _Event(Answer):
    message: str


class _Page(Answer):
    events: list[_Event]


class LogLines:
    """Counts lines of one log group; at most `pages_max` pages are read until `restart`."""

    def __init__(self, client: PagedClient, *, pages_max: int) -> None:
        self._client = client
        self._pages_max = pages_max
        self._pages = 0

    def restart(self) -> None:
        """Begin to count pages anew."""
        self._pages = 0

    def count(self, group: str, *, start: datetime, end: datetime) -> Counter[Kinds] | None:
        """Return how many lines from `start` to before `end` are of which kinds of trouble.

        None if that takes more pages than are left: part of a count is no count. Raises
        SourceError.
        """
        found: Counter[Kinds] = Counter()
        pages = self._client.get_paginator("filter_log_events").paginate(
            logGroupName=group,
            startTime=_millis(start),
            endTime=_millis(end) - 1,
            filterPattern=PATTERN,
        )
        with translated(FILTER_LOG_EVENTS):
            try:
                for answer in pages:
                    self._pages += 1
                    if self._pages > self._pages_max:
                        return None
                    page = parse_answer(_Page, answer, action=FILTER_LOG_EVENTS)
                    found.update(kinds for e in page.events if (kinds := _kinds(e.message)))
            except ClientError as error:
                if code_of(error) == "ResourceNotFoundException":
                    raise _no_such_group(group) from error
                raise
        return found


def _kinds(line: str) -> Kinds:
    """Return the kinds of trouble that a line names: none if the filter let another one through."""
    return frozenset(
        kind for kind, texts in SIGNATURES.items() if any(text in line for text in texts)
    )


def _millis(instant: datetime) -> int:
    return (instant - datetime.fromtimestamp(0, tz=instant.tzinfo)) // _MILLISECOND


def _no_such_group(group: str) -> SourceError:
    return SourceError(
        f"there is no log group {group!r:.200}: mend XOPS_WATCH_APP_LOG__GROUP",
        reason=GapReason.NOT_ENABLED,
        hint="`aws logs describe-log-groups` lists them; the region must be the daemon's",
    )
