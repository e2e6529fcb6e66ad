"""Steps that are known to change nothing, and evidence that proves something else."""

import re
from collections.abc import Iterator

from xops_watch.core.condition import thresholds
from xops_watch.core.evolution import Evolution
from xops_watch.core.rule import Rule
from xops_watch.rulelint.findings import Remark, Scene, leaves_at
from xops_watch.rulelint.words import told

_PRICE_CLASS = re.compile(r"priceclass_(?:100|200)\b")
_NEW_ZEALAND = re.compile(
    r"\b(?:nz|new zealand|auckland|au|anz|australia|sydney|syd|cross-region)\b"
)
_MORE = r"\b(?:scale|scales|scaling|raise|increase|grow|add|more|another|double)\b"
_MORE_L6 = re.compile(rf"{_MORE}[^;.]*\b(?:l6|open[ -]?webui)\b")
_FEWER = re.compile(r"\b(?:down|in to|back to|to 1|to one|(?:1|one) (?:replica|task|instance))\b")
_MORE_MACHINES = re.compile(
    rf"{_MORE}[^;.]*\b(?:instances?|replicas?|tasks?|workers?|nodes?|machines?|asg|ec2|fargate"
    r"|auto ?scaling|l5|l6)\b|\bscale[ -]?out\b"
)
_QUOTA = re.compile(r"\b(?:throttl\w*|(?:account|service|bedrock|model) quotas?)\b")
_LIMITS = re.compile(
    r"\b(?:raise|increase|lift|extend|request|higher)\b[^;.]*"
    r"\b(?:service connect|service discovery|cloud map|quotas?|limits?)\b"
)
_CPU_SIGNAL = re.compile(r"application signals[^;.]*\bcpu\b|\bcpu\b[^;.]*application signals")


def no_effect(scene: Scene) -> Iterator[Remark]:
    """Yield the steps that cannot help what their rules watch, and do not say so."""
    for evolution in scene.rulebook.evolutions.values():
        rules = scene.rules_of(evolution)
        for message, hint in (
            *_price_class(evolution, rules),
            *_more_writers(scene, evolution, rules),
            *_quota(evolution, rules),
            *_connect_limits(evolution, rules),
        ):
            yield Remark(
                section="evolutions",
                id=evolution.id,
                path=("title",),
                message=message,
                hint=hint,
            )


def wrong_evidence(scene: Scene) -> Iterator[Remark]:
    """Yield the rules that read a signal which cannot show what they are about."""
    for rule in scene.rulebook.rules:
        about = " ".join((rule.id.replace("-", " "), rule.title, rule.quote)).lower()
        for path, leaf in leaves_at(rule.when, ("when",)):
            if leaf.signal.name == "edge.origin_latency" and _NEW_ZEALAND.search(about):
                yield Remark(
                    section="rules",
                    id=rule.id,
                    path=(*path, "signal"),
                    message="OriginLatency is of every place together: it says nothing about NZ",
                    hint="read `edge.latency` with `subject: nz`; this one is for diagnosis",
                )
    for evolution in scene.rulebook.evolutions.values():
        for path, text in _lines(evolution):
            if told(_CPU_SIGNAL, text.lower()):
                yield Remark(
                    section="evolutions",
                    id=evolution.id,
                    path=path,
                    message="Application Signals has no CPU of ECS: it has latency and errors",
                    hint="CPU is CPUUtilization of AWS/ECS, `ecs.cpu_utilization`",
                )


def _lines(evolution: Evolution) -> Iterator[tuple[tuple[str | int, ...], str]]:
    yield ("title",), evolution.title
    yield ("how",), evolution.how
    for index, step in enumerate(evolution.first_steps):
        yield ("first_steps", index), step


def _price_class(evolution: Evolution, rules: tuple[Rule, ...]) -> Iterator[tuple[str, str]]:
    text = f"{evolution.title} {evolution.how}".lower()
    found = told(_PRICE_CLASS, text)
    if not found or "priceclass_all" in text or _is_declared(evolution, _PRICE_CLASS):
        return
    about = " ".join([text, *(f"{rule.title} {rule.quote}".lower() for rule in rules)])
    reads_edge = any("edge.latency" in _signals(rule) for rule in rules)
    if reads_edge or _NEW_ZEALAND.search(about):
        name = found[0].replace("priceclass", "PriceClass")
        yield (
            f"{name} has no edge in New Zealand or Australia: latency from there stays",
            "recommend PriceClass_All and name the other under `documented_action`",
        )


def _more_writers(
    scene: Scene, evolution: Evolution, rules: tuple[Rule, ...]
) -> Iterator[tuple[str, str]]:
    texts = (evolution.title.lower(), evolution.how.lower())
    grows = any(told(_MORE_L6, text) and not _FEWER.search(text) for text in texts)
    if not grows or _is_guarded(scene, evolution, rules):
        return
    yield (
        "more replicas of Open WebUI (L6) are unsafe while its database is SQLite",
        "name the guard under `blocked_by`: a rule that reads `database.kind`",
    )


def _is_guarded(scene: Scene, evolution: Evolution, rules: tuple[Rule, ...]) -> bool:
    """Tell whether a step waits for another database: by a guard, a step before, or its rules."""
    if _is_on_rds(scene):
        return True
    by_id = {rule.id: rule for rule in scene.rulebook.rules}
    guards = [by_id[name] for name in evolution.blocked_by if name in by_id]
    if any("database.kind" in _signals(guard) for guard in guards):
        return True
    before = [scene.rulebook.evolutions[name] for name in evolution.requires]
    if any(re.search(r"\b(?:rds|aurora|postgres(?:ql)?)\b", b.title.lower()) for b in before):
        return True
    applies = [rule.applies for rule in rules]
    return bool(rules) and all(
        condition is not None
        and any(leaf.signal.name == "database.kind" for leaf in thresholds(condition))
        for condition in applies
    )


def _is_on_rds(scene: Scene) -> bool:
    """Tell whether the rules are of a stack that never had SQLite, as the AI Portal's are."""
    read = {leaf.signal.name for when, _ in scene.rulebook.conditions for leaf in thresholds(when)}
    on_sqlite = any(name == "database.kind" or name.startswith("sqlite.") for name in read)
    return not on_sqlite and any(name.startswith("rds.") for name in read)


def _quota(evolution: Evolution, rules: tuple[Rule, ...]) -> Iterator[tuple[str, str]]:
    text = f"{evolution.title}; {evolution.how}".lower()
    watched = any(
        "bedrock.throttles_5m" in _signals(rule) or _QUOTA.search(rule.title.lower())
        for rule in rules
    )
    if watched and told(_MORE_MACHINES, text) and not _is_declared(evolution, _MORE_MACHINES):
        yield (
            "the quota is the account's: more instances are throttled just the same",
            "ask for a higher quota, or use another model or region",
        )


def _connect_limits(evolution: Evolution, rules: tuple[Rule, ...]) -> Iterator[tuple[str, str]]:
    text = f"{evolution.title}; {evolution.how}".lower()
    counted = any("ecs.services_active" in _signals(rule) for rule in rules)
    if counted and told(_LIMITS, text) and not _is_declared(evolution, _LIMITS):
        yield (
            "the limits of Service Connect are far above 7 services: raising them changes nothing",
            "6 is a limit of what people oversee: merge services, or weigh the next platform",
        )


def _is_declared(evolution: Evolution, pattern: re.Pattern[str]) -> bool:
    """Tell whether the file says itself that the documents' action does not help."""
    documented = evolution.documented_action
    return documented is not None and pattern.search(documented.action.lower()) is not None


def _signals(rule: Rule) -> set[str]:
    return {leaf.signal.name for leaf in thresholds(rule.when)}
