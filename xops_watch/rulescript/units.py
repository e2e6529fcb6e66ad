"""Which unit the values of a series are written in, held against the signal's own."""

from xops_watch.core.quantity import parse_quantity
from xops_watch.core.signal import Signal, Unit
from xops_watch.located_yaml import quoted
from xops_watch.rulescript.notation import NotationError

_NAMED = {
    Unit.COUNT: ("a count", ""),
    Unit.RATIO: ("a ratio", "%"),
    Unit.SECONDS: ("a time", "s"),
    Unit.BYTES: ("a size", "GB"),
    Unit.DOLLARS: ("an amount of money", "$"),
    Unit.STATE: ("a state", ""),
    Unit.VERSION: ("a version", ""),
}


def check_unit(signal: Signal, unit: str) -> None:
    """Raise NotationError when values in `unit` are no values of `signal`."""
    named, example = _NAMED[signal.unit]
    wanted = f'write `unit: "{example}"`' if example else "leave `unit` out"
    if not unit:
        if example:
            raise NotationError(f"`{signal.name}` is {named}: its values need a unit", hint=wanted)
        return
    try:
        given = parse_quantity(f"1{unit}").unit
    except ValueError:
        raise NotationError(f"{quoted(unit)} is no unit", hint=wanted) from None
    if not example or given is not signal.unit:
        raise NotationError(f"{quoted(unit)} is no unit of {named}", hint=wanted)
