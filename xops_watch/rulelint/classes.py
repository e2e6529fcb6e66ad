"""Honest classification: the class of a step against its own words and its document rows."""

import re
from collections.abc import Iterator

from xops_watch.core.evolution import Classification, Evolution
from xops_watch.rulelint.findings import Remark, Scene
from xops_watch.rulelint.words import told, words_of

_NEW = r"\b(?:new|another|additional|extra|separate|second|third)\b"
_ADD = r"\b(?:add|adds|adding|introduce|provision|create|launch)\b"
_STORES = (
    r"(?:elasticache|valkey|redis|opensearch|qdrant|aurora|rds|dynamodb|sqs|msk|kinesis"
    r"|s3 tables?|nat gateway|vpc endpoint|load balancer)"
)
# What the words of a step demand, the hardest class first.
_DEMANDS: tuple[tuple[Classification, str, re.Pattern[str]], ...] = (
    (
        Classification.ARCHITECTURE_CHANGE,
        "a new control plane",
        re.compile(
            r"\b(?:eks|kubernetes|k8s|k3s|nomad|openshift|rancher|docker swarm|service mesh"
            r"|control plane|orchestration layer)\b"
            rf"|{_NEW} orchestrat(?:or|ion)\b"
        ),
    ),
    (
        Classification.DATA_MIGRATION,
        "a change of schema, a move of data or downtime",
        re.compile(
            r"\bschema (?:changes?|migration|upgrade|conversion)\b|\balter table\b"
            r"|\bchange (?:of )?(?:the )?schema\b|\bdata migration\b|\bplanned outage\b"
            r"|\b(?:replac|mov|migrat)(?:e|es|ing)\b[^;.]*"
            r"\b(?:minio|clickhouse|chroma(?:db)?|sqlite|mysql|mongodb|qdrant|pgvector)\b[^;.]*"
            r"\b(?:to|with|by|onto|into)\b"
            r"|\bmigration scripts?\b|\bdowntime\b|\bdump and restore\b"
            r"|\bmigrat(?:e|es|ing) (?:the |all )?(?:data|database|rows|tables|vectors)\b"
        ),
    ),
    (
        Classification.SERVICE_ADDITION,
        "a new service or sidecar",
        re.compile(
            rf"(?:{_NEW}|{_ADD}(?: an?)?) (?:\w+ )?(?:\w+ )?(?:micro)?services?\b"
            r"(?! (?:connect|discovery|quota|limit|level|tier|mesh|account|role))"
            r"|\b\d+\+? microservices\b|\binto (?:\w+ ){0,2}(?:micro)?services\b"
            rf"|(?:{_NEW}|{_ADD}(?: an?)?) (?:\w+ ){{0,2}}sidecars?\b|^(?:an? )?(?:\w+ )?sidecar$"
        ),
    ),
    (
        Classification.MODULE_ADDITION,
        "a new Terraform module or managed resource",
        re.compile(
            r"(?<!existing )(?<!same )(?<!of the )(?<!the )\b(?:terraform|tf)[ -]modules?\b"
            rf"|(?:{_NEW}|{_ADD}(?: an?)?) (?:[\w-]+ ){{0,2}}{_STORES}\b"
        ),
    ),
)
# A first step may warn of a migration that is another step; this one is told to do it.
_DOES = re.compile(
    r"^(?:run|apply|execute|perform|schedule|announce|take)\b[^;.]*"
    r"\b(?:migration scripts?|schema (?:changes?|migration)|downtime)\b"
)
_RANK = {classification: rank for rank, classification in enumerate(Classification)}

# Component Evolution Matrix, K3S Activation Triggers and the classification table itself.
_CONFIG, _MODULE = Classification.CONFIG_CHANGE, Classification.MODULE_ADDITION
_SERVICE, _DATA = Classification.SERVICE_ADDITION, Classification.DATA_MIGRATION
_ARCHITECTURE = Classification.ARCHITECTURE_CHANGE
_UNCLASSED = ("B.", "C.")  # documents that give no classes
DOCUMENTED = {
    "A.matrix.ai_provider": _CONFIG,
    "A.matrix.ai_redundancy": _CONFIG,
    "A.matrix.database": _DATA,
    "A.matrix.vector": _CONFIG,
    "A.matrix.services": _SERVICE,
    "A.matrix.auth": _CONFIG,
    "A.matrix.finops": _MODULE,
    "A.matrix.compute": _ARCHITECTURE,
    "A.matrix.cache": _MODULE,
    "A.matrix.edge": _CONFIG,
    "A.matrix.devops": _SERVICE,
    "A.matrix.multicloud": _MODULE,
    "A.matrix.edge_iot": _ARCHITECTURE,
    "A.k3s.1": _SERVICE,
    "A.k3s.2": _SERVICE,
    "A.k3s.3": _MODULE,
    "A.k3s.4": _ARCHITECTURE,
    "A.class.config_change": _CONFIG,
    "A.class.module_addition": _MODULE,
    "A.class.service_addition": _SERVICE,
    "A.class.data_migration": _DATA,
    "A.class.architecture_change": _ARCHITECTURE,
}


def unhonest_class(scene: Scene) -> Iterator[Remark]:
    """Yield the steps whose words, or whose rows, demand a harder class than they have."""
    for evolution in scene.rulebook.evolutions.values():
        if is_documented(scene, evolution):
            continue  # the documents may call it so; we only repeat them
        message, wanted = _by_row(scene, evolution) or _by_words(evolution) or ("", None)
        if wanted:
            more = "" if wanted is _ARCHITECTURE else " or higher"
            yield Remark(
                section="evolutions",
                id=evolution.id,
                path=("classification",),
                message=message,
                hint=f"its class is {wanted}{more}, its risk {wanted.risk}",
            )


def documented_class(scene: Scene) -> Iterator[Remark]:
    """Yield the steps whose class is called documented and is not, or is another."""
    for evolution in scene.rulebook.evolutions.values():
        if evolution.classification_source != "documented":
            continue
        rows = scene.rows_of(evolution)
        given = _given(rows)
        if not rows:
            message = "the class is called documented, but no rule with a row recommends the step"
            hint = "name the row in a rule of this step, or write `proposed`"
        elif all(row.startswith(_UNCLASSED) for row in rows):
            message = f"the class is called documented, but {min(rows)} gives none"
            hint = "only document A classifies steps: write `proposed`"
        elif given and evolution.classification not in given.values():
            told_by = ", ".join(f"{row} says {name}" for row, name in given.items())
            message = f"the class is called documented, but {told_by}"
            hint = "take the document's class, or write `proposed`"
        else:
            continue
        yield Remark(
            section="evolutions",
            id=evolution.id,
            path=("classification_source",),
            message=message,
            hint=hint,
        )


def is_documented(scene: Scene, evolution: Evolution) -> bool:
    """Tell whether a row of the documents gives a step exactly its class."""
    given = _given(scene.rows_of(evolution)).values()
    return evolution.classification_source == "documented" and evolution.classification in given


def _given(rows: set[str]) -> dict[str, Classification]:
    """Return the classes that the documents give, by row."""
    return {row: DOCUMENTED[row] for row in sorted(rows) if row in DOCUMENTED}


def _by_row(scene: Scene, evolution: Evolution) -> tuple[str, Classification] | None:
    """Return what the documents' own class, the mildest of several, says against a step's."""
    given = _given(scene.rows_of(evolution))
    if not given:
        return None
    row = min(given, key=lambda row: _RANK[given[row]])
    if _RANK[evolution.classification] >= _RANK[given[row]]:
        return None
    said = f"{row} says {given[row]}: the step is no {evolution.classification}"
    return said, given[row]


def _by_words(evolution: Evolution) -> tuple[str, Classification] | None:
    """Return what the words of a step say against its class."""
    for wanted, what, pattern in _DEMANDS:
        found = [told(pattern, text) for text in words_of(evolution)]
        if wanted is _DATA:
            found += [told(_DOES, step.lower()) for step in evolution.first_steps]
        said = next((match[0] for match in found if match), None)
        if said and _RANK[evolution.classification] < _RANK[wanted]:
            return f"`{said}` is {what}: that is no {evolution.classification}", wanted
    return None
