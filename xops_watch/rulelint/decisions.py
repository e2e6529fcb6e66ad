"""Steps that leave a decision which the documents call permanent."""

import re
from collections.abc import Iterator

from xops_watch.core.declared import PermanentDecision
from xops_watch.core.evolution import Evolution
from xops_watch.located_yaml import KeyPath
from xops_watch.rulelint.findings import Remark, Scene
from xops_watch.rulelint.words import told

# "Remove a header in CloudFront" removes no CloudFront: between the two there is no preposition.
# Gaps and words have no character in common, or a long line of dashes would take for ever.
_GAP = r"[\s,()\"*]+"
_NEAR = (
    rf"(?:{_GAP}(?!(?:in|on|at|of|for|from|behind|with|by|to|via|through|under|before|after|into)\b)"
    rf"[\w/&+'-]+){{0,4}}?{_GAP}"
)
# "Leave CloudFront as it is" takes nothing away.
_REMOVE = (
    r"\b(?:replac(?:e|es|ing)|remov(?:e|es|ing)|drop(?:s|ping)?|retir(?:e|es|ing)"
    r"|disabl(?:e|es|ing)|delet(?:e|es|ing)|abandon(?:s|ing)?|bypass(?:es|ing)?|decommission"
    r"|stop(?:s|ping)? using|get(?:s|ting)? rid of|phas(?:e|es|ing) out|scrap(?:s|ping)?"
    r"|(?:mov|migrat)(?:e|es|ing) (?:\w+ ){0,3}from|switch(?:es|ing)? from"
    r"|off of|switch(?:es|ing)? off|turn(?:s|ing)? off|without|instead of|rather than|away from|off"
    r"|leav(?:e|es|ing))\b"
)
_STAYS = r"(?!'s\b)(?!\W+(?:as|alone|at|on|unchanged|untouched|in|where)\b)"


def against_decision(scene: Scene) -> Iterator[Remark]:
    """Yield the words of steps that bring in, or take away, what was decided for good."""
    for evolution in scene.rulebook.evolutions.values():
        for decision in scene.rulebook.declared.decisions:
            if _may_depart(scene, evolution, decision):
                continue
            for path, said in _words_against(evolution, decision):
                yield Remark(
                    section="evolutions",
                    id=evolution.id,
                    path=path,
                    message=f"`{said}` contradicts the permanent decision `{decision.id}`",
                    hint=f'the documents: "{decision.title}"; only a documented step may depart'
                    " from it, under `departs_from`",
                )


def vain_departure(scene: Scene) -> Iterator[Remark]:
    """Yield the departures of steps that no document row asks for."""
    for evolution in scene.rulebook.evolutions.values():
        for index, left in enumerate(evolution.departs_from):
            if not scene.rows_of(evolution):
                yield Remark(
                    section="evolutions",
                    id=evolution.id,
                    path=("departs_from", index, "decision"),
                    message=f"`{left.decision}` is permanent, and no rule with a document row"
                    " recommends this step",
                    hint="only what a document asks for may depart from a decision",
                )


def _may_depart(scene: Scene, evolution: Evolution, decision: PermanentDecision) -> bool:
    named = any(left.decision == decision.id for left in evolution.departs_from)
    return named and bool(scene.rows_of(evolution))


def _words_against(
    evolution: Evolution, decision: PermanentDecision
) -> Iterator[tuple[KeyPath, str]]:
    """Yield the first words of each line that contradict a decision."""
    never = [re.compile(_word(word), re.IGNORECASE) for word in decision.never]
    removed = [
        re.compile(rf"{_REMOVE}{_NEAR}{_word(word)}{_STAYS}", re.IGNORECASE)
        for word in decision.keeps
    ]
    # "IAM Identity Center -> Keycloak" replaces, too.
    removed += [re.compile(rf"{_word(word)}\s*(?:->|→)", re.IGNORECASE) for word in decision.keeps]
    for path, text in _lines(evolution):
        for pattern in (*never, *removed):
            found = told(pattern, text)
            if found:
                yield path, found[0]
                break


def _word(word: str) -> str:
    return rf"(?<!\w){re.escape(word)}(?!\w)"


def _lines(evolution: Evolution) -> Iterator[tuple[KeyPath, str]]:
    yield ("title",), evolution.title
    yield ("how",), evolution.how
    for index, step in enumerate(evolution.first_steps):
        yield ("first_steps", index), step
