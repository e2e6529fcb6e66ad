"""`xops-watch decision`: answer a recommendation, and see what was answered.

Answers are kept in the state file of the daemon, which may be running: its next tick shows them.
The ledger, which nobody can change unseen, has them too.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from xops_watch.cli.decision_adr import adr_draft
from xops_watch.cli.output import printable, show_json, show_table
from xops_watch.cli.rulebooks import rule_files
from xops_watch.cli.setup import make_clock
from xops_watch.core.advise import Advice, AdviceState
from xops_watch.core.decision import Answer, Answered, Decision, Ground, Kept
from xops_watch.core.evaluate import Evaluation, evaluate
from xops_watch.core.notice import Stack
from xops_watch.core.rule import Rulebook
from xops_watch.errors import ConfigurationError, LedgerError
from xops_watch.ledger import Ledger
from xops_watch.rulebook.wording import near
from xops_watch.settings import Settings, read_settings
from xops_watch.watch import needs_of

if TYPE_CHECKING:
    from xops_watch.store.sqlite import SqliteStore

EXIT_NO = 1
DEFER_MAX = timedelta(days=400)  # a year and a little: what is later is a rejection
WHO_MAX, WHY_MAX = 100, 500  # characters; they are shown in messages
SHOWN_MAX = 200  # decisions
GROUNDS_MAX, GROUND_MAX = 10, 400  # grounds in the ledger, and characters of each

_OPEN = frozenset(
    {
        AdviceState.RECOMMENDED,
        AdviceState.START_BY,
        AdviceState.BLOCKED,
        AdviceState.ACCEPTED,
        AdviceState.DEFERRED,
        AdviceState.REJECTED,
    }
)


@click.group()
def decision() -> None:
    """Answer a recommendation: accept, defer or reject it, and say why.

    Who answered what, when and why is shown on the page, in messages and metrics, and survives
    restarts. A rejection is asked again when the numbers get materially worse.
    """


_evolution = click.argument("evolution")
_by = click.option(
    "--by", "who", required=True, metavar="NAME", help="Who decided: a person or a board."
)
_reason = click.option("--reason", "why", required=True, metavar="TEXT", help="Why.")


@decision.command()
@_evolution
@_by
@_reason
def accept(evolution: str, who: str, why: str) -> int:
    """Say that EVOLUTION is being done: it shows as accepted until it is seen to be taken."""
    return _answer(evolution, Answer.ACCEPTED, who, why)


@decision.command()
@_evolution
@click.option(
    "--until",
    required=True,
    metavar="DATE",
    help="When it is asked again: 2027-03-01, or an instant such as 2027-03-01T09:00+13:00.",
)
@_by
@_reason
def defer(evolution: str, until: str, who: str, why: str) -> int:
    """Put EVOLUTION off: what fires of it wakes nobody until that date, then it is asked again."""
    return _answer(evolution, Answer.DEFERRED, who, why, until=_instant(until))


@decision.command()
@_evolution
@_by
@_reason
def reject(evolution: str, who: str, why: str) -> int:
    """Say no to EVOLUTION; it is asked again when what it is based on gets materially worse."""
    return _answer(evolution, Answer.REJECTED, who, why)


@decision.command("list")
@click.option("--all", "every", is_flag=True, help="Those that ended, too.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_decisions(*, every: bool, as_json: bool) -> None:
    """List the decisions that stand, the newest first.

    With --json it is a list of objects: `evolution`, `answer` (accepted, deferred or rejected),
    `who`, `why`, `at`, `until` (null unless deferred), `grounds` (what was firing: `rule`,
    `subject`, `value`, `evidence`), `ended_at` and `ended_because` (null while it stands). Instants
    are ISO 8601.
    """
    with _store(read_settings()) as store:
        kept = [one for one in store.decisions(limit=SHOWN_MAX) if every or not one.ended]
    if as_json:
        show_json([_as_json(one) for one in kept])
        return
    show_table(("evolution", "answer", "by", "at", "why", "ended"), [_row(one) for one in kept])


@decision.command()
@_evolution
def adr(evolution: str) -> None:
    """Print a draft of an architecture decision record of the newest decision on EVOLUTION."""
    settings = read_settings()
    rulebook = rule_files(settings).read()
    _demand_known(evolution, rulebook)
    with _store(settings) as store:
        kept = [o for o in store.decisions(limit=SHOWN_MAX) if o.decision.evolution == evolution]
    if not kept:
        raise ConfigurationError(
            f"nothing was decided on {evolution}", hint="`xops-watch decision list --all` shows all"
        )
    click.echo(adr_draft(kept[0], rulebook, stack=settings.stack))


def _answer(
    evolution: str, answer: Answer, who: str, why: str, *, until: datetime | None = None
) -> int:
    settings = read_settings()
    rulebook = rule_files(settings).read()
    _demand_known(evolution, rulebook)
    now = make_clock(settings).now()
    if until is not None and not now < until <= now + DEFER_MAX:
        raise ConfigurationError(
            f"--until {until:%Y-%m-%dT%H:%M}Z is not within the next {DEFER_MAX.days} days",
            hint="give a day to come; for good is `decision reject`",
        )
    with _store(settings) as store:
        standing = _look(store, rulebook, settings, now=now)
        advice = standing.advice(evolution)
        if advice.state not in _OPEN:
            click.echo(
                f"xops-watch: nothing recommends {evolution} now ({advice.state})\n"
                "  hint: only what is recommended can be answered; see `xops-watch once`",
                err=True,
            )
            return EXIT_NO
        decided = Decision(
            evolution=evolution,
            answer=answer,
            who=_line("--by", who, WHO_MAX),
            why=_line("--reason", why, WHY_MAX),
            at=now,
            until=until,
            grounds=standing.grounds(advice),
        )
        store.decide(decided)
    ledger = Ledger(settings.ledger.beside(settings.state_path), stack=settings.stack)
    try:
        ledger.append(f"decision.{decided.answer}", _entry(decided), now=now)
    except LedgerError as error:
        raise LedgerError(
            f"{error.what}; the decision stands all the same", hint=error.hint
        ) from None
    click.echo(f"{evolution}: {decided}")
    return 0


def _entry(decided: Decision) -> dict[str, str | int]:
    """Return what the ledger keeps: who, what and why, and on what it was based."""
    return {
        "evolution": decided.evolution,
        "by": decided.who,
        "reason": decided.why,
        **({"until": decided.until.isoformat()} if decided.until else {}),
        **{
            f"ground {number}": f"{ground.rule} on {ground.subject}: {ground.evidence}"[:GROUND_MAX]
            for number, ground in enumerate(decided.grounds[:GROUNDS_MAX], start=1)
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """What the state file says now, judged by the rules in use."""

    evaluation: Evaluation

    def advice(self, evolution: str) -> Advice:
        return next(one for one in self.evaluation.advice if one.evolution.id == evolution)

    def grounds(self, advice: Advice) -> tuple[Ground, ...]:
        verdicts = self.evaluation.verdicts
        return tuple(
            Ground(
                rule=rule,
                subject=subject,
                value=verdicts[rule, subject].value,
                evidence=verdicts[rule, subject].evidence,
            )
            for rule, subject in advice.because
        )


def _look(
    store: "SqliteStore", rulebook: Rulebook, settings: Settings, *, now: datetime
) -> _Standing:
    """Judge what is stored, and write nothing."""
    history = store.history(needs_of(rulebook), now=now)
    stack = Stack(name=settings.stack, runbooks_url=settings.runbooks_url)
    answered = Answered(decisions=store.standing(), worse_by=settings.decisions.worse_by)
    evaluation = evaluate(
        rulebook, history, store.triggers(), stack=stack, answered=answered, now=now
    )
    return _Standing(evaluation=evaluation)


@contextmanager
def _store(settings: Settings) -> Iterator["SqliteStore"]:
    """Open the daemon's state file; a misspelt path must not make one."""
    from xops_watch.store.sqlite import SqliteStore  # noqa: PLC0415 - slow to import, and not for --help

    if not settings.state_path.exists():
        raise ConfigurationError(
            f"{settings.state_path}: there is no state file",
            hint="run this where the daemon runs, with its XOPS_WATCH_STATE_PATH",
        )
    with closing(SqliteStore.open(settings.state_path)) as store:
        yield store


def _demand_known(evolution: str, rulebook: Rulebook) -> None:
    if evolution not in rulebook.evolutions:
        hint = near(evolution, rulebook.evolutions) or "`xops-watch rules list` names them"
        raise ConfigurationError(f"there is no evolution {printable(evolution)}", hint=hint)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"--until {printable(text)[:50]} is no date", hint="write it as 2027-03-01"
        ) from None
    return instant if instant.utcoffset() is not None else instant.replace(tzinfo=UTC)


def _line(option: str, text: str, most: int) -> str:
    """Return one line that can be shown anywhere; raises ConfigurationError."""
    line = " ".join(text.split())
    if not line or len(line) > most or not line.isprintable():
        raise ConfigurationError(
            f"{option} must be one line of 1 to {most} characters", hint="shorten it, or fill it"
        )
    return line


def _as_json(kept: Kept) -> dict[str, object]:
    decided = kept.decision
    return {
        "evolution": decided.evolution,
        "answer": decided.answer.value,
        "who": decided.who,
        "why": decided.why,
        "at": decided.at.isoformat(),
        "until": decided.until.isoformat() if decided.until else None,
        "grounds": [
            {"rule": g.rule, "subject": g.subject, "value": g.value, "evidence": g.evidence}
            for g in decided.grounds
        ],
        "ended_at": kept.ended.at.isoformat() if kept.ended else None,
        "ended_because": kept.ended.because if kept.ended else None,
    }


def _row(kept: Kept) -> tuple[str, ...]:
    decided = kept.decision
    until = f" until {decided.until:%Y-%m-%d}" if decided.until else ""
    ended = f"{kept.ended.at:%Y-%m-%d}: {kept.ended.because}" if kept.ended else ""
    answer = f"{decided.answer}{until}"
    return (
        decided.evolution,
        answer,
        decided.who,
        f"{decided.at:%Y-%m-%d %H:%M}",
        decided.why,
        ended,
    )
