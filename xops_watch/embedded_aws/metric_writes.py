"""PutMetricData, and the control API's way to put points of any namespace."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from xops_watch.embedded_aws.errors import AwsError, ControlError, invalid_value
from xops_watch.embedded_aws.fields import Fields, instant, number
from xops_watch.embedded_aws.metric_queries import series_key
from xops_watch.embedded_aws.metrics import ANYWHERE, MetricStore, Sample, SeriesKey, sample_of
from xops_watch.embedded_aws.requests import Request
from xops_watch.embedded_aws.windows import MINUTE, floor

DATUMS_MAX = 1000
VALUES_MAX = 150
VALUE_MAX = 2.0**360
_PAST_MAX = timedelta(days=14)
_FUTURE_MAX = timedelta(hours=2)
_FORMS = ("Value", "Values", "StatisticValues")
UNITS = frozenset(
    [f"{scale}{unit}{rate}" for scale in ("", "Kilo", "Mega", "Giga", "Tera")
     for unit in ("bytes", "bits") for rate in ("", "/Second") if scale]
    + [f"{unit}{rate}" for unit in ("Bytes", "Bits", "Count") for rate in ("", "/Second")]
    + ["Seconds", "Microseconds", "Milliseconds", "Percent", "None"]
)  # fmt: skip


def put_metric_data(request: Request, store: MetricStore) -> dict[str, Any]:
    """Store the published data, all or nothing; raises AwsError for what AWS refuses."""
    params = request.params
    if params["Namespace"].startswith("AWS/"):
        raise invalid_value("The value AWS/ for parameter Namespace is invalid.")
    if params.get("EntityMetricData"):
        raise invalid_value("EntityMetricData is not supported by the embedded AWS")
    data = params.get("MetricData", [])
    if not data:
        raise AwsError("MissingParameter", "The parameter MetricData is required.")
    if len(data) > DATUMS_MAX:
        message = f"The collection MetricData must not have a size greater than {DATUMS_MAX}."
        raise invalid_value(message)
    batches = []
    for index, datum in enumerate(data, 1):
        where = f"MetricData.member.{index}"
        metric = {**datum, "Namespace": params["Namespace"]}
        batches.append((series_key(metric, request.region), [_sample(datum, where, request.now)]))
    store.add(batches)
    return {}


def _sample(datum: Mapping[str, Any], where: str, now: datetime) -> Sample:
    """Return the sample of one MetricDatum, or refuse it."""
    forms = [form for form in _FORMS if form in datum]
    if not forms:
        raise AwsError("MissingParameter", f"{where} must have one of {', '.join(_FORMS)}.")
    if len(forms) > 1:
        message = f"{where}: {' and '.join(forms)} exclude each other."
        raise AwsError("InvalidParameterCombination", message)
    resolution = datum.get("StorageResolution", MINUTE)
    if resolution not in {1, MINUTE}:
        raise invalid_value(f"The value {resolution} for {where}.StorageResolution is not 1 or 60.")
    at = floor(_checked_time(datum.get("Timestamp", now), where, now), resolution)
    unit = datum.get("Unit", "None")
    fine = resolution == 1
    if forms == ["Value"]:
        value = _checked(datum["Value"], f"{where}.Value")
        return sample_of(value, at=at, unit=unit, high_resolution=fine)
    if forms == ["Values"]:
        return _array_sample(datum, where, at, unit, fine=fine)
    return _set_sample(datum["StatisticValues"], where, at, unit, fine=fine)


def _array_sample(
    datum: Mapping[str, Any], where: str, at: datetime, unit: str, *, fine: bool
) -> Sample:
    """Return the sample of an array of values, each with the number of times it occurred."""
    values = [_checked(value, f"{where}.Values") for value in datum["Values"]]
    counts = [
        _checked(count, f"{where}.Counts") for count in datum.get("Counts", [1] * len(values))
    ]
    if not values or len(values) > VALUES_MAX:
        raise invalid_value(
            f"The collection {where}.Values must have from 1 to {VALUES_MAX} items."
        )
    if len(counts) != len(values) or min(counts) <= 0:
        raise invalid_value(f"{where}.Counts must have one number above 0 for each of Values.")
    return Sample(
        at=at,
        unit=unit,
        count=math.fsum(counts),
        total=math.fsum(value * count for value, count in zip(values, counts, strict=True)),
        low=min(values),
        high=max(values),
        values=tuple(zip(values, counts, strict=True)),
        high_resolution=fine,
    )


def _set_sample(
    given: Mapping[str, float], where: str, at: datetime, unit: str, *, fine: bool
) -> Sample:
    """Return the sample of a statistic set; its values are known only if all are the same."""
    checked = {name: _checked(value, f"{where}.{name}") for name, value in given.items()}
    count, low, high = checked["SampleCount"], checked["Minimum"], checked["Maximum"]
    if count <= 0 or low > high:
        raise invalid_value(f"{where}.StatisticValues contradict themselves.")
    known = low == high and math.isclose(checked["Sum"], low * count)
    return Sample(
        at=at,
        unit=unit,
        count=count,
        total=checked["Sum"],
        low=low,
        high=high,
        values=((low, count),) if known else None,
        high_resolution=fine,
    )


def _checked(value: float, where: str) -> float:
    """Return `value`, or refuse what is not a number between -2^360 and 2^360."""
    if not math.isfinite(value) or abs(value) > VALUE_MAX:
        raise invalid_value(f"The value {value} for parameter {where} is invalid.")
    return float(value)


def _checked_time(at: datetime, where: str, now: datetime) -> datetime:
    """Return `at`, or refuse what is over two weeks old or over two hours ahead."""
    if at < now - _PAST_MAX:
        message = f"The parameter {where}.Timestamp must specify a time within the past two weeks."
        raise invalid_value(message)
    if at > now + _FUTURE_MAX:
        message = (
            f"The parameter {where}.Timestamp must specify a time no more than two hours ahead."
        )
        raise invalid_value(message)
    return at


def put_points(content: object, store: MetricStore) -> int:
    """Store the series of a control request, of any namespace and age; return how many points.

    Raises ControlError for what does not fit the documented form.
    """
    fields = Fields(content, "points")
    batches = [_batch(series) for series in fields.objects("series")]
    fields.done()
    return store.add(batches)


def _batch(fields: Fields) -> tuple[SeriesKey, Iterable[Sample]]:
    """Return one series and its samples."""
    key = SeriesKey(
        region=fields.optional_text("region") or ANYWHERE,
        namespace=fields.text("namespace"),
        metric=fields.text("metric"),
        dimensions=frozenset(fields.texts("dimensions").items()),
    )
    unit = fields.choice("unit", UNITS, "None")
    resolution = fields.whole("storage_resolution", default=MINUTE, low=1, high=MINUTE)
    if resolution not in {1, MINUTE}:
        reason = f"{key.metric}: storage_resolution must be 1 or 60"
        raise ControlError(reason)
    points = fields.items("points")
    fields.done()
    return key, [_point(point, key.metric, unit, resolution) for point in points]


def _point(point: object, metric: str, unit: str, resolution: int) -> Sample:
    """Return the sample of one [time, value] pair."""
    match point:
        case [at, value]:
            checked = number(value, f"{metric}.points")
            if abs(checked) > VALUE_MAX:
                reason = f"{metric}.points: {value} is beyond 2^360"
                raise ControlError(reason)
            moment = floor(instant(at, f"{metric}.points"), resolution)
            return sample_of(checked, at=moment, unit=unit, high_resolution=resolution == 1)
        case _:
            reason = f"{metric}.points: {point!r} is not a [time, value] pair"
            raise ControlError(reason)
