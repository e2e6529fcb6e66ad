"""What the documents say that no rule does."""

from dataclasses import replace
from datetime import timedelta

from tests.core.samples import LOAD, QUEUE, SLOW, above, evolution, rule, rulebook
from xops_watch.core.declared import Alias, Declared, Fact, PermanentDecision
from xops_watch.core.evolution import Caveat

MINUTE = timedelta(minutes=1)


def test_every_row_is_named_with_what_covers_it() -> None:
    declared = Declared(
        aliases=(Alias(id="matrix-edge", rows=("A.matrix.edge",), quote="", of=("nz",), note=""),),
        facts=(
            Fact(id="l6", title="", rows=("B.L6.prod", "B.L6.cost"), quote="", signals=(), note=""),
        ),
        decisions=(
            PermanentDecision(
                id="arm", title="", why="", rows=("A.permanent.arm",), never=(), keeps=()
            ),
        ),
    )
    assert list(declared.rows) == [
        ("A.matrix.edge", "alias", "matrix-edge"),
        ("B.L6.prod", "fact", "l6"),
        ("B.L6.cost", "fact", "l6"),
        ("A.permanent.arm", "decision", "arm"),
    ]


def test_what_advice_reads_is_asked_of_the_store_as_well() -> None:
    book = rulebook(rule(above(80)))
    step = replace(
        evolution(),
        adopted_when=above(0, SLOW),
        caveats=(Caveat(when=above(5, QUEUE, "3/4"), say="it is full"),),
    )
    needs = replace(book, evolutions={"step": step}).needs()
    assert needs == {
        # a period, or four of them, and twice the grace
        LOAD.name: 5 * MINUTE,
        SLOW.name: 21 * MINUTE,
        QUEUE.name: 8 * MINUTE,
    }
