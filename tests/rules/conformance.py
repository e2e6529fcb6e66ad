"""What differs between a rulebook and the transcribed documents: one sentence for each finding."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from tests.rules.transcribed import (
    DECISIONS,
    FIRES,
    LIMITS,
    OTHER_TITLES,
    ROWS,
    SAME,
    STAGES,
    Rows,
)
from xops_watch.core.condition import AllOf, AnyOf, Comparison, Condition, Not, Threshold
from xops_watch.core.condition import thresholds as leaves
from xops_watch.core.datapoints import Missing
from xops_watch.core.declared import Alias, Fact
from xops_watch.core.evolution import Classification, Evolution
from xops_watch.core.rule import Rule, Rulebook, ThresholdSource


def findings(rulebook: Rulebook, rows: Rows = ROWS) -> list[str]:
    """Return everything in which the rulebook is not what the rows say."""
    book = _Book(rulebook, rows)
    return [
        *_coverage(book),
        *_quotes(book),
        *_triggers(book),
        *_conditions(book),
        *_limits(book),
        *_matrix(book),
        *_stages(book),
        *_classes(book),
        *_decisions(book),
    ]


class _Book:
    """A rulebook asked by rows."""

    def __init__(self, rulebook: Rulebook, rows: Rows) -> None:
        self.rulebook = rulebook
        self.declared = rulebook.declared
        self.rows = {row: text.split(" | ") for row, text in rows.items()}
        self.texts = rows

    def table(self, prefix: str) -> Iterator[tuple[str, list[str]]]:
        return ((row, cells) for row, cells in self.rows.items() if row.startswith(prefix))

    def rules(self, row: str) -> list[Rule]:
        return [rule for rule in self.rulebook.rules if row in rule.rows]

    def documented(self, row: str) -> list[Rule]:
        """Return the rules that say they are the row, not just something of ours about it."""
        return [r for r in self.rules(row) if r.threshold_source is not ThresholdSource.PROPOSED]

    def standing_for(self, row: str) -> list[Rule]:
        """Return the rules of a row, or those of its alias."""
        names = {name for alias in self.declared.aliases if row in alias.rows for name in alias.of}
        return self.documented(row) + [rule for rule in self.rulebook.rules if rule.id in names]

    def step(self, rule: Rule) -> Evolution:
        return self.rulebook.evolutions[rule.evolution]


# --- rows


KINDS = {
    "A.trigger.": {"rule"},
    "A.matrix.": {"rule", "alias"},
    "A.k3s.": {"rule", "alias"},
    "A.permanent.": {"decision"},
}


def _coverage(book: _Book) -> Iterator[str]:
    """Every row is covered, by what fits its table; nothing covers a row that is not there."""
    covered: dict[str, set[str]] = {}
    for rule in book.rulebook.rules:
        source = "proposed rule" if rule.threshold_source is ThresholdSource.PROPOSED else "rule"
        for row in rule.rows:
            covered.setdefault(row, set()).add(source)
    for stage in book.rulebook.stages.values():
        covered.setdefault(stage.row, set()).add("stage")
    for row, kind, _ in book.declared.rows:
        covered.setdefault(row, set()).add(kind)
    for row in book.rows:
        wanted = next((kinds for prefix, kinds in KINDS.items() if row.startswith(prefix)), None)
        wanted = {"stage"} if row in STAGES else wanted or {"fact"}
        if not covered.get(row, set()) & wanted:
            yield f"{row}: no {' or '.join(sorted(wanted))} covers it"
    yield from (f"{row}: no document has this row" for row in covered if row not in book.rows)


def _quotes(book: _Book) -> Iterator[str]:
    """A quote is its row, word for word."""
    for rule in book.rulebook.rules:
        if rule.quote and rule.quote not in {book.texts.get(row) for row in rule.rows}:
            yield f"{rule.id}: quotes what none of its rows says"
    entries: tuple[Alias | Fact, ...] = (*book.declared.aliases, *book.declared.facts)
    for entry in entries:
        if {book.texts.get(row) for row in entry.rows} != {entry.quote}:
            yield f"{entry.id}: quotes what its row does not say"


# --- triggers


def _triggers(book: _Book) -> Iterator[str]:
    """Action and phase are the row's, or the row's action is declared as one that does not help."""
    for row, (_, _, _, action, phase) in book.table("A.trigger."):
        for rule in book.documented(row):
            step = book.step(rule)
            if rule.phase != phase or step.phase != phase:
                yield f"{row}: {rule.id} and its step have the phase {rule.phase}, {step.phase}"
            if action not in _actions(step):
                yield f"{row}: {rule.id} recommends {step.title}, not {action}"


def _actions(step: Evolution) -> AbstractSet[str]:
    declared = {step.documented_action.action} if step.documented_action else set()
    return {step.title} | declared


def _conditions(book: _Book) -> Iterator[str]:
    """The documented condition is the condition: no other number or sign, nothing beside it."""
    for row, ways in FIRES.items():
        rules = book.documented(row)
        for way in ways:
            if not any(_is_exactly(rule.when, way) for rule in rules):
                yield f"{row}: no rule fires on {' and '.join(sorted(way))} alone"
        if row.startswith("A."):
            yield from _foreign(row, rules, frozenset().union(*ways))


def _foreign(row: str, rules: list[Rule], documented: AbstractSet[str]) -> Iterator[str]:
    for rule in rules:
        for name in sorted({named(leaf) for leaf in leaves(rule.when)} - documented):
            yield f"{row}: {rule.id} looks at {name} as well"
        if rule.applies:
            yield f"{row}: {rule.id} applies only where a condition of ours is true"
        unsaid = [part for part, there in _ours(rule) if there and part not in rule.proposed]
        if unsaid:
            yield f"{row}: {rule.id} does not call its {', '.join(unsaid)} proposed"


def _ours(rule: Rule) -> Iterator[tuple[str, bool]]:
    """Yield the parts that no document has, and whether the rule has them."""
    yield "hold", bool(rule.hold)
    yield "keep_firing_for", bool(rule.keep)
    yield "clear", rule.clear is not None
    yield "suppress_while", rule.suppress is not None
    yield "corroborated_by", rule.corroboration is not None
    written = list(leaves(rule.when))
    yield "datapoints", any(leaf.datapoints for leaf in written)
    yield "aggregate", any(leaf.aggregate for leaf in written)
    yield "over", any(leaf.aggregate for leaf in written)
    yield "missing", any(leaf.missing is not Missing.UNKNOWN for leaf in written)


def _is_exactly(when: Condition, way: AbstractSet[str]) -> bool:
    """Tell whether a condition is true when the leaves of `way` are, and needs each of them."""
    if not _is_true(when, way):
        return False
    return not any(_is_true(when, way - {name}) for name in way)


def _is_true(condition: Condition, names: AbstractSet[str]) -> bool:
    """Tell whether a condition is true when of its leaves only those named are."""
    match condition:
        case Threshold():
            return named(condition) in names
        case AllOf(parts=parts):
            return all(_is_true(part, names) for part in parts)
        case AnyOf(parts=parts):
            return any(_is_true(part, names) for part in parts)
        case Not(part=part):
            return not _is_true(part, names)


def named(leaf: Threshold) -> str:
    """Return a leaf as the transcription writes it."""
    subject = f"[{leaf.subject}]" if leaf.subject else ""
    if leaf.comparison is Comparison.IS:
        value = leaf.signal.states[int(leaf.value)]
    else:
        value = f"{leaf.value:.15g} {leaf.signal.unit}"
    return f"{leaf.signal.name}{subject} {leaf.comparison.symbol} {value}"


def _limits(book: _Book) -> Iterator[str]:
    """The limits of a layer are watched, each with the document's number."""
    for row, limits in LIMITS.items():
        found = [leaf for rule in book.documented(row) for leaf in leaves(rule.when)]
        for signal, limit in limits.items():
            values = {leaf.value for leaf in found if leaf.signal.name == signal}
            if values != {limit}:
                yield f"{row}: {signal} is held against {sorted(values)}, not {limit:g}"


# --- tables of steps


def _matrix(book: _Book) -> Iterator[str]:
    """Class, way and phase of a step are its row's, whichever rule recommends it."""
    for row, cells in book.table("A.matrix."):
        _, _, target, class_, _, how = cells
        for rule in book.standing_for(row):
            step = book.step(rule)
            yield from _class_differs(row, step, class_)
            if step.how != how:
                yield f"{row}: {step.id} is done by {step.how}, not {how}"
            if rule.phase != "BC2+":
                yield f"{row}: {rule.id} has the phase {rule.phase}, not that of the column, BC2+"
            if row not in SAME and OTHER_TITLES.get(row, target) not in _actions(step):
                yield f"{row}: {step.id} leads to {step.title}, not {target}"
    for row, cells in book.table("A.k3s."):
        for rule in book.standing_for(row):
            yield from _class_differs(row, book.step(rule), cells[2])
    for row, others in SAME.items():
        stands = {rule.id for rule in book.standing_for(row)}
        expected = {rule.id for other in others for rule in book.documented(other)}
        if not stands or stands != expected:
            yield f"{row}: {sorted(stands)} stand for it, not {sorted(expected)}"


def _class_differs(row: str, step: Evolution, class_: str) -> Iterator[str]:
    if step.classification != class_:
        yield f"{row}: {step.id} is called {step.classification}, not {class_}"
    if step.classification_source != "documented":
        yield f"{row}: the class of {step.id} is documented, and called proposed"


def _stages(book: _Book) -> Iterator[str]:
    """Name, users, services, dollars and ratio are those of the cost table."""
    for row, expected in STAGES.items():
        found = [
            (s.title, s.users, s.services, s.monthly_cost_dollars, s.saas_ratio)
            for s in book.rulebook.stages.values()
            if s.row == row
        ]
        if found != [expected]:
            yield f"{row}: the stage is {found}, not {expected}"
        if _written(expected) != book.rows[row]:
            yield f"{row}: the row says {book.rows[row]}, not {_written(expected)}"


def _written(stage: tuple[str, str, str, float, float]) -> list[str]:
    title, users, services, dollars, ratio = stage
    or_more, baseline = ("+", " (baseline)") if ratio == 1 else ("", "")
    return [title, users, services, f"${dollars:,.0f}{or_more}", f"{ratio:g}x{baseline}"]


def _classes(book: _Book) -> Iterator[str]:
    """Every class of the table is known, with the documented risk."""
    risks = {cells[0]: cells[3] for _, cells in book.table("A.class.") if len(cells) > 1}
    for class_ in Classification:
        if class_ is not Classification.NONE and risks.get(class_) != class_.risk:
            yield f"A.class: {class_} has the risk {class_.risk}, not {risks.get(class_)}"
    if len(risks) != len(Classification) - 1:
        yield f"A.class: the table has the classes {sorted(risks)}"


def _decisions(book: _Book) -> Iterator[str]:
    """What is permanent stands there by its name, with its reason."""
    for row, (title, why) in book.table("A.permanent."):
        found = [
            (decision.id, decision.title, decision.why)
            for decision in book.declared.decisions
            if row in decision.rows
        ]
        if found != [(DECISIONS[row], title, why)]:
            yield f"{row}: the decision is {found}"
