"""What belongs to a rule and is not there, and what is there and belongs to none."""

from collections.abc import Iterator

from xops_watch.core.catalogue import SIGNALS
from xops_watch.rulelint.findings import Remark, Scene

_COST_ROWS = ("A.cost.", "C.cost.")
_LAYER_ROWS = "B."  # one row of a layer has several limits, and each may be a rule


def no_runbook(scene: Scene) -> Iterator[Remark]:
    """Yield the rules without a page that says what to do at night."""
    if scene.runbooks is None:
        return
    for rule in scene.rulebook.rules:
        page = scene.runbooks / f"{rule.id}.md"
        if not page.is_file():
            yield Remark(
                section="rules",
                id=rule.id,
                path=("id",),
                message=f"`{rule.id}` has no runbook",
                hint=f"write {page}",
            )


def no_test(scene: Scene) -> Iterator[Remark]:
    """Yield the rules that no script tests."""
    for rule in scene.rulebook.rules:
        if rule.id not in scene.scripted:
            yield Remark(
                section="rules",
                id=rule.id,
                path=("id",),
                message=f"no script tests `{rule.id}`",
                hint="write one in a `*.test.yaml` beside it, and run `xops-watch rules test`",
            )


def row_twice(scene: Scene) -> Iterator[Remark]:
    """Yield the rules that claim a row of another rule with another answer."""
    first: dict[str, tuple[str, str]] = {}
    for rule in scene.rulebook.rules:
        for index, row in enumerate(rule.rows):
            other, evolution = first.setdefault(row, (rule.id, rule.evolution))
            if evolution != rule.evolution and not row.startswith(_LAYER_ROWS):
                yield Remark(
                    section="rules",
                    id=rule.id,
                    path=("rows", index),
                    message=f"`{row}` is claimed by `{other}` already, with another step",
                    hint="two answers to one row page twice: make one of them an alias",
                )
    for alias in scene.rulebook.declared.aliases:
        for index, row in enumerate(alias.rows):
            if row in first and not row.startswith(_LAYER_ROWS) and first[row][0] not in alias.of:
                yield Remark(
                    section="aliases",
                    id=alias.id,
                    path=("rows", index),
                    message=f"`{row}` is a row of `{first[row][0]}`, for which this does not stand",
                    hint="name that rule under `of`, or leave the row to it",
                )


def unused_evolution(scene: Scene) -> Iterator[Remark]:
    """Yield the steps that nothing recommends."""
    used = {rule.evolution for rule in scene.rulebook.rules}
    for evolution in scene.rulebook.evolutions.values():
        used |= set(evolution.requires)
    for name in scene.rulebook.evolutions:
        if name not in used:
            yield Remark(
                section="evolutions",
                id=name,
                path=("id",),
                message=f"no rule recommends `{name}`",
                hint="name it in a rule, or delete it",
            )


def unused_stage(scene: Scene) -> Iterator[Remark]:
    """Yield the stages that no step leads to and no cost table has."""
    used = {evolution.stage for evolution in scene.rulebook.evolutions.values()}
    used |= {
        state for signal in SIGNALS if signal.name.startswith("stage.") for state in signal.states
    }
    for stage in scene.rulebook.stages.values():
        if stage.id not in used and not stage.row.startswith(_COST_ROWS):
            yield Remark(
                section="stages",
                id=stage.id,
                path=("id",),
                message=f"no step leads to `{stage.id}`, and no cost table has it",
                hint="name it in an evolution, or delete it",
            )
