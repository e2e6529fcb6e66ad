"""By what receivers choose, group and order messages, whatever form the message has."""

import hashlib

from xops_watch.core.notice import Notice
from xops_watch.notify.plain import clean

ABSENT = "none"  # SNS refuses empty attributes; a missing one could not be filtered for
_VALUE_MAX = 200
_LAYERS_MAX = 12


def filters(notice: Notice) -> dict[str, str]:
    """Return what filter policies match, each with a value; layers are `layers(notice)`."""
    values = {
        "rule_id": notice.rule,
        "state": notice.kind.value,
        "severity": notice.severity,
        "phase": notice.phase,
        "classification": notice.classification,
        "stack": notice.stack,
    }
    return {name: clean(value, _VALUE_MAX) or ABSENT for name, value in values.items()}


def layers(notice: Notice) -> list[str]:
    """Return the layers that the rule concerns, `none` when it concerns none."""
    return [clean(layer, _VALUE_MAX) or ABSENT for layer in notice.layers[:_LAYERS_MAX]] or [ABSENT]


def trigger_key(notice: Notice) -> str:
    """Return what the firing and the resolved message of one trigger have in common.

    The notice's own key differs between them: a receiver that drops doubles by this one
    would swallow the end of an alarm.
    """
    parts = f"{notice.stack}\x1f{notice.rule}\x1f{notice.subject}"
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:32]
