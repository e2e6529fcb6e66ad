"""Plays scripts to mutants, and keeps those that no script notices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from xops_watch.core.rule import Rule, Rulebook
from xops_watch.rulescript.compare import failures_of
from xops_watch.rulescript.mutants import Mutant, mutants
from xops_watch.rulescript.play import concerns, play, restricted
from xops_watch.rulescript.script import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of the mutants of one rule."""

    rule: str
    count: int
    alive: tuple[Mutant, ...]


def try_mutants(rule: Rule, rulebook: Rulebook, scripts: Sequence[Script]) -> Tried:
    """Play the scripts that say something of a rule to each of its mutants."""
    useful = [script for script in scripts if concerns(script, rule.id, rulebook)]
    # Most mutants fail a short script: the long ones are only for what is left.
    useful.sort(key=lambda script: (script.ticks, script.rule != rule.id))
    stages = [(script, restricted(rulebook, script)) for script in useful]
    tried = list(mutants(rule))
    alive = tuple(mutant for mutant in tried if not _is_noticed(mutant, stages))
    return Tried(rule=rule.id, count=len(tried), alive=alive)


def _is_noticed(mutant: Mutant, stages: Sequence[tuple[Script, Rulebook]]) -> bool:
    """Tell whether a script fails with the mutant; none is played further than that."""
    for script, rulebook in stages:
        changed = replace(rulebook, rules=tuple(_swapped(rulebook.rules, mutant.rule)))
        if next(failures_of(script, play(script, changed), changed), None) is not None:
            return True
    return False


def _swapped(rules: Sequence[Rule], mutant: Rule) -> Iterator[Rule]:
    for rule in rules:
        yield mutant if rule.id == mutant.id else rule
