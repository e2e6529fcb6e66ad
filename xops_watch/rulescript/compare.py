"""Holds what happened against what a script expects."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from math import isclose

from xops_watch.core.evaluate import Evaluation
from xops_watch.core.notice import Notice
from xops_watch.core.quantity import format_duration, format_reading
from xops_watch.core.rule import Rulebook
from xops_watch.rulescript.play import BEGIN, play, restricted
from xops_watch.rulescript.script import (
    NO_TRIGGER,
    Expectation,
    ExpectedAdvice,
    ExpectedNotice,
    Script,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One expectation that was not met: where it is written, and what was instead."""

    place: str
    script: str
    at: timedelta
    expected: str
    actual: str
    evidence: str = ""


def failures(script: Script, rulebook: Rulebook) -> Iterator[Failure]:
    """Yield every expectation that is not met, as soon as it is known."""
    return failures_of(script, play(script, restricted(rulebook, script)), rulebook)


def failures_of(
    script: Script, evaluations: Iterator[Evaluation], rulebook: Rulebook
) -> Iterator[Failure]:
    """Yield every expectation that these evaluations do not meet."""
    asked: dict[timedelta, list[Expectation]] = {}
    for expectation in script.expectations:
        asked.setdefault(expectation.at, []).append(expectation)
    advised: dict[timedelta, list[ExpectedAdvice]] = {}
    for advice in script.advice:
        advised.setdefault(advice.at, []).append(advice)
    told = _Told(script)
    for evaluation in evaluations:
        at = evaluation.at - BEGIN
        yield from told.hear(evaluation, at)
        for expectation in asked.get(at, ()):
            yield from _judged(script, expectation, evaluation, rulebook)
        for advice in advised.get(at, ()):
            yield from _advised(script, advice, evaluation)


def _judged(
    script: Script, expectation: Expectation, evaluation: Evaluation, rulebook: Rulebook
) -> Iterator[Failure]:
    """Compare one trigger; everything that differs is one failure."""
    key = expectation.rule, expectation.subject
    found = _found(expectation, evaluation)
    differing = {
        word: (expected, found[word])
        for word, expected in _asked(expectation).items()
        if not _same(expected, found[word])
    }
    if not differing:
        return
    verdict = evaluation.verdicts.get(key)
    yield Failure(
        place=expectation.place,
        script=script.name,
        at=expectation.at,
        expected=_words({w: e for w, (e, _) in differing.items()}, expectation, rulebook),
        actual=_words({w: a for w, (_, a) in differing.items()}, expectation, rulebook),
        evidence=verdict.evidence if verdict else "",
    )


Answers = dict[str, str | bool | float | None]


def _asked(expectation: Expectation) -> Answers:
    every: Answers = {
        "state": expectation.state,
        "blind": expectation.blind,
        "value": expectation.value,
        "severity": expectation.severity,
        "suppressed": expectation.suppressed,
    }
    return {word: answer for word, answer in every.items() if answer is not None}


def _found(expectation: Expectation, evaluation: Evaluation) -> Answers:
    key = expectation.rule, expectation.subject
    trigger = next((t for t in evaluation.triggers if t.key == key), None)
    verdict = evaluation.verdicts.get(key)
    if trigger is None or verdict is None:
        nothing = dict.fromkeys(("blind", "value", "severity", "suppressed"))
        return {"state": NO_TRIGGER, **nothing}
    return {
        "state": trigger.status,
        "blind": trigger.blind,
        "value": verdict.value,
        "severity": verdict.severity,
        "suppressed": verdict.suppressed,
    }


def _same(expected: object, actual: object) -> bool:
    if isinstance(expected, float) and isinstance(actual, float):
        # What an average makes of 0.8 may differ in the last of sixteen digits.
        return isclose(expected, actual, rel_tol=1e-9)
    return expected == actual


def _words(answers: Answers, expectation: Expectation, rulebook: Rulebook) -> str:
    return ", ".join(
        f"{word} {_word(answer, expectation, rulebook)}" for word, answer in answers.items()
    )


def _word(answer: object, expectation: Expectation, rulebook: Rulebook) -> str:
    if isinstance(answer, bool):
        return "true" if answer else "false"
    if isinstance(answer, float):
        leaf = next(rule.primary for rule in rulebook.rules if rule.id == expectation.rule)
        return format_reading(answer, leaf.signal)
    return "nothing" if answer is None else str(answer)


def _advised(script: Script, expected: ExpectedAdvice, evaluation: Evaluation) -> Iterator[Failure]:
    states = {advice.evolution.id: advice.state for advice in evaluation.advice}
    actual = states.get(expected.evolution)
    if actual is not expected.state:
        yield Failure(
            place=expected.place,
            script=script.name,
            at=expected.at,
            expected=f"advice {expected.state} on {expected.evolution}",
            actual=str(actual or "no advice"),
        )


class _Told:
    """Compares messages one by one as they come; after the first that differs it says no more."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._owed = list(script.notices or ())
        self._done = script.notices is None

    def hear(self, evaluation: Evaluation, at: timedelta) -> Iterator[Failure]:
        """Take the messages of one tick."""
        notices = [] if self._done else list(evaluation.notices)
        for notice in notices:
            if notice.rule not in self._script.rules:
                continue
            expected = self._owed.pop(0) if self._owed else None
            if expected is None or not _matches(expected, notice, at):
                self._done = True
                yield self._differs(expected, at, _notice_words(notice, at), notice.evidence)
                return
        if not self._done and self._owed and self._owed[0].at <= at:
            self._done = True
            yield self._differs(self._owed[0], at, "no notice", "")

    def _differs(
        self, expected: ExpectedNotice | None, at: timedelta, actual: str, evidence: str
    ) -> Failure:
        return Failure(
            place=expected.place if expected else self._script.notices_place,
            script=self._script.name,
            at=at,
            expected=_expected_words(expected) if expected else "no more notices",
            actual=actual,
            evidence=evidence,
        )


def _matches(expected: ExpectedNotice, notice: Notice, at: timedelta) -> bool:
    return (
        (expected.at, expected.kind, expected.rule) == (at, notice.kind, notice.rule)
        and expected.subject in (None, notice.subject)
        and expected.severity in (None, notice.severity)
    )


def _expected_words(expected: ExpectedNotice) -> str:
    words = f"{expected.kind} of {expected.rule}"
    words += f" on {expected.subject}" if expected.subject else ""
    words += f" ({expected.severity})" if expected.severity else ""
    return f"notice {words} at {format_duration(expected.at)}"


def _notice_words(notice: Notice, at: timedelta) -> str:
    words = f"{notice.kind} of {notice.rule} on {notice.subject} ({notice.severity})"
    return f"notice {words} at {format_duration(at)}"
