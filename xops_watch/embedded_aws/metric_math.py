"""Computes metric math over series; what it does not know is refused, never guessed.

Not-a-number stands for "no value" inside this file: a point that comes out as NaN or infinite
is left out of the result, as CloudWatch leaves out what it cannot compute.
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from xops_watch.embedded_aws.errors import AwsError, validation_error
from xops_watch.embedded_aws.math_syntax import Chain, Function, Items, Node, Number, Text, Word
from xops_watch.embedded_aws.windows import Window

NO_VALUE = math.nan
# FILL makes points where there were none; without a bound one request could fill the memory.
FILLED_MAX = 100_800

Points = Mapping[datetime, float]


@dataclass(frozen=True, slots=True)
class Series:
    """A time series: its points, oldest first, and the periods it was asked for."""

    points: Points
    window: Window


Value = float | str | Series | tuple[Series, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What an expression can refer to: series by id, and which ids are plain metrics."""

    series: Mapping[str, Series]
    metric_ids: tuple[str, ...]


def evaluate(tree: Node, scope: Scope) -> Series:
    """Return the series that `tree` stands for.

    Raises AwsError(ValidationError) for what is unknown and for what is not one time series.
    """
    value = _value(tree, scope)
    if not isinstance(value, Series):
        raise _refused("the expression must return one time series")
    return value


def _value(node: Node, scope: Scope) -> Value:
    """Return the value of one node."""
    match node:
        case Number(value) | Text(value):
            return value
        case Word(name):
            return name if name in {"REPEAT", "LINEAR"} else scope.series[name]
        case Items(items):
            return tuple(_series(_value(item, scope)) for item in items)
        case Chain():
            return _chained(node, scope)
        case Function(name, arguments):
            return _called(name, [_value(argument, scope) for argument in arguments], scope)


def _chained(chain: Chain, scope: Scope) -> Value:
    """Return the value of a chain of operators, from left to right."""
    result = _value(chain.first, scope)
    for sign, operand in chain.rest:
        result = _combined(_BINARY[sign], result, _value(operand, scope))
    return result


def _called(  # noqa: PLR0911  (one function of CloudWatch, one return)
    name: str, values: list[Value], scope: Scope
) -> Value:
    """Return the result of a function."""
    match name, values:
        case "METRICS", []:
            return tuple(scope.series[key] for key in scope.metric_ids)
        case "METRICS", [str() as part]:
            return tuple(scope.series[key] for key in scope.metric_ids if part in key)
        case "FILL", [Series() as series, filler]:
            return _filled(series, filler)
        case "RATE", [Series() as series]:
            return _rate(series)
        case "IF", [condition, yes]:
            return _chosen(condition, yes, NO_VALUE)
        case "IF", [condition, yes, no]:
            return _chosen(condition, yes, no)
        case (("SUM" | "AVG" | "MIN" | "MAX"), [(Series() | tuple()) as operand]):
            return _reduced(_REDUCERS[name], operand)
        case _:
            raise _refused(f"{name} with these arguments is not supported by the embedded AWS")


def _divided(left: float, right: float) -> float:
    return left / right if right else NO_VALUE


def _truth(test: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    """Return `test` as numbers: 1, 0, or no value where an operand has none."""
    return lambda left, right: (
        NO_VALUE if math.isnan(left) or math.isnan(right) else float(test(left, right))
    )


_BINARY: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "<": _truth(operator.lt),
    "<=": _truth(operator.le),
    ">": _truth(operator.gt),
    ">=": _truth(operator.ge),
    "==": _truth(operator.eq),
    "!=": _truth(operator.ne),
    "AND": _truth(lambda left, right: bool(left and right)),
    "OR": _truth(lambda left, right: bool(left or right)),
}
_REDUCERS: Mapping[str, Callable[[list[float]], float]] = {
    # Not fsum: it raises on overflow, where a plain sum gives an infinity that is then left out.
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
}


def _combined(operation: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """Return `left` and `right` combined; two series meet only where both have a point."""
    match left, right:
        case float(), float():
            return operation(left, right)
        case Series(), float():
            return _mapped(left, lambda _, value: operation(value, right))
        case float(), Series():
            return _mapped(right, lambda _, value: operation(left, value))
        case Series(), Series():
            _check_same_periods(left, right)
            return _mapped(left, lambda at, value: operation(value, right.points.get(at, NO_VALUE)))
        case _:
            raise _refused("operators on arrays or texts are not supported by the embedded AWS")


def _reduced(reducer: Callable[[list[float]], float], operand: Value) -> Value:
    """Return one number of a series, or one series of an array (of the points that are there)."""
    if isinstance(operand, Series):
        values = list(operand.points.values())
        return reducer(values) if values else NO_VALUE
    if not isinstance(operand, tuple) or not operand:
        raise _refused("an array of at least one time series is needed")
    _check_same_periods(*operand)
    columns: dict[datetime, list[float]] = {}
    for series in operand:
        for at, value in series.points.items():
            columns.setdefault(at, []).append(value)
    return _made(operand[0], {at: reducer(columns[at]) for at in sorted(columns)})


def _filled(series: Series, filler: Value) -> Series:
    """Return `series` with a point in every period: a number, or the last point repeated."""
    if series.window.size > FILLED_MAX:
        raise _refused(f"FILL over more than {FILLED_MAX} periods")
    if isinstance(filler, float):
        last, repeat = filler, False
    elif filler == "REPEAT":
        last, repeat = NO_VALUE, True
    else:
        raise _refused("FILL takes a number or REPEAT in the embedded AWS")
    points: dict[datetime, float] = {}
    for at in series.window.slots():
        points[at] = series.points.get(at, last)
        last = points[at] if repeat else last
    return _made(series, points)


def _rate(series: Series) -> Series:
    """Return the change per second between neighbouring points, at the later of the two."""
    points: dict[datetime, float] = {}
    earlier: tuple[datetime, float] | None = None
    for at, value in series.points.items():
        if earlier is not None:
            points[at] = (value - earlier[1]) / (at - earlier[0]).total_seconds()
        earlier = at, value
    return _made(series, points)


def _chosen(condition: Value, yes: Value, no: Value) -> Value:
    """Return `yes` where `condition` is not 0, else `no`."""
    if isinstance(condition, float):
        return yes if condition and not math.isnan(condition) else no
    if not isinstance(condition, Series):
        raise _refused("the condition of IF must be a number or a time series")
    for branch in (yes, no):
        if isinstance(branch, Series):
            _check_same_periods(condition, branch)

    def pick(at: datetime, truth: float) -> float:
        branch = yes if truth else no
        if isinstance(branch, Series):
            return branch.points.get(at, NO_VALUE)
        if isinstance(branch, float):
            return branch
        raise _refused("the branches of IF must be numbers or time series")

    return _mapped(condition, pick)


def _mapped(series: Series, function: Callable[[datetime, float], float]) -> Series:
    """Return `series` with every value replaced."""
    return _made(series, {at: function(at, value) for at, value in series.points.items()})


def _made(like: Series, points: Points) -> Series:
    """Return a series like `like` of those `points` that are values at all."""
    return Series({at: v for at, v in points.items() if math.isfinite(v)}, like.window)


def _series(value: Value) -> Series:
    if isinstance(value, Series):
        return value
    raise _refused("an array may hold only time series")


def _check_same_periods(*series: Series) -> None:
    """Refuse series of different periods: how AWS joins them is not documented."""
    if len({one.window.period for one in series}) > 1:
        raise _refused("metrics of different periods in one expression")


def _refused(reason: str) -> AwsError:
    return validation_error(f"Error in expression: {reason}")
