"""A script as values: what the sources say over time, and what is expected of the rules.

Times count from the beginning of the script, where the first sample of every series is taken.
"""

from dataclasses import dataclass
from datetime import timedelta

from xops_watch.core.advise import AdviceState
from xops_watch.core.notice import NoticeKind
from xops_watch.core.rule import Severity
from xops_watch.core.signal import Signal
from xops_watch.core.trigger import Status
from xops_watch.rulescript.notation import Sample

NO_TRIGGER = "none"  # the state of what is not judged: never seen, or gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one source says of one signal on one subject; `delay` is how much later it says so."""

    signal: Signal
    subject: str
    samples: tuple[Sample, ...]
    delay: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """How one trigger stands at one tick; what is None is not asked. `place` is file:line:col."""

    at: timedelta
    rule: str
    subject: str
    place: str
    state: Status | str | None = None
    blind: bool | None = None
    value: float | None = None
    severity: Severity | None = None
    suppressed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedNotice:
    """One message; its subject and severity are only compared when they are given."""

    at: timedelta
    kind: NoticeKind
    rule: str
    place: str
    subject: str | None = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedAdvice:
    """What is said of one evolution at one tick."""

    at: timedelta
    evolution: str
    state: AdviceState
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One test. `notices` None means that nobody asks; empty means that none may be sent."""

    name: str
    place: str
    rule: str | None
    interval: timedelta
    every: timedelta
    lines: tuple[Line, ...]
    expectations: tuple[Expectation, ...] = ()
    notices: tuple[ExpectedNotice, ...] | None = None
    notices_place: str = ""
    advice: tuple[ExpectedAdvice, ...] = ()

    @property
    def rules(self) -> frozenset[str]:
        """Return the rules that the script names."""
        named = {expectation.rule for expectation in self.expectations}
        named |= {notice.rule for notice in self.notices or ()}
        return frozenset(named | ({self.rule} if self.rule else set()))

    @property
    def length(self) -> timedelta:
        """Return the time from the first tick to the last: no sample and no question is left."""
        longest = max(line.delay + self.interval * (len(line.samples) - 1) for line in self.lines)
        asked = [expectation.at for expectation in self.expectations]
        asked += [notice.at for notice in self.notices or ()]
        asked += [advice.at for advice in self.advice]
        return max([longest, *asked])

    @property
    def ticks(self) -> int:
        """Return how often the rules are judged."""
        return -(-self.length // self.every) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptFile:
    """The scripts of one file."""

    file: str
    scripts: tuple[Script, ...]
