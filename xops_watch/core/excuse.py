"""Whether nothing is unknown but what is not there to be seen: nobody is blind then."""

from xops_watch.core.condition import AllOf, AnyOf, Condition, Not, Threshold
from xops_watch.core.run import View
from xops_watch.core.truth import Truth


def is_excused(condition: Condition, view: View) -> bool:
    """Tell whether a condition that is unknown is so only for what is not there.

    One leg that is not there makes all of `all` moot: what the others are does not matter. It
    excuses none of `any`: each of those could still be seen, and be true.
    """
    match condition:
        case Threshold():
            return view.evidence.gauge(condition).is_absent(view.subject, at=view.now)
        case AllOf(parts=parts):
            return any(is_excused(part, view) for part in parts)
        case AnyOf(parts=parts):
            return all(is_excused(part, view) for part in parts if _is_unknown(part, view))
        case Not(part=part):  # pragma: no branch - there is no other condition
            return is_excused(part, view)


def _is_unknown(condition: Condition, view: View) -> bool:
    now = view.now
    return view.evidence.truth(condition, view.subject, known=now, at=now) is Truth.UNKNOWN
