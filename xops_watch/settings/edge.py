"""Settings of the delivery edge: CloudFront, and from where it is measured."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from pydantic import Field, field_validator

from xops_watch.settings.group import Group, Names, names

VANTAGES_MAX = 20  # each region of them is asked on its own
DISTRIBUTIONS_MAX = 100  # each takes two calls: CloudFront allows few a second

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_PLACED = re.compile(r"(.*)@([a-z]{2}(?:-[a-z]+)+-\d{1,2})", re.DOTALL)
_DISTRIBUTION = re.compile(r"[A-Z0-9]{1,64}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}")
_PER_SECOND = {"ms": 1000.0, "s": 1.0}
_FORMS = (
    "each must be NAME=canary:CANARY/STEP@REGION, NAME=rum:MONITOR/METRIC/COUNTRY@REGION or"
    " NAME=metric:NAMESPACE/METRIC?DIMENSION=VALUE&...#ms@REGION"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedVantage:
    """What is read of one vantage: a metric, of which `per` units make a second.

    `region` is empty for the region of everything else.
    """

    name: str
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    per: float
    region: str


class Edge(Group):
    """What is known of CloudFront, and from where it is measured."""

    vantages: Names = Field(
        default=(),
        description="Places from which the edge is measured (rules read `nz` and `syd`), each with"
        " the metric of it: `nz=canary:CANARY/STEP@ap-southeast-6`,"
        " `nz=rum:MONITOR/METRIC/NZ@ap-southeast-2` or"
        " `nz=metric:NAMESPACE/METRIC?DIMENSION=VALUE#ms@REGION`; without `@REGION` at home",
    )
    distributions: Names = Field(
        default=(),
        description="Ids of the CloudFront distributions whose configuration is read; every one"
        " of the account when none is named",
    )
    interval_seconds: float = Field(
        default=900,
        ge=60,
        le=3600,
        description="How often the configuration of CloudFront is read (its reads are free)",
    )

    @field_validator("vantages", "distributions", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return names(value)

    @field_validator("vantages")
    @classmethod
    def _readable(cls, vantages: tuple[str, ...]) -> tuple[str, ...]:
        if len(vantages) > VANTAGES_MAX:
            raise ValueError(f"{len(vantages)} are named, at most {VANTAGES_MAX} are read")
        known = [parse_vantage(text).name for text in vantages]
        for name in known:
            if known.count(name) > 1:
                raise ValueError(f"{name} is named twice: a vantage has one metric")
        return vantages

    @field_validator("distributions")
    @classmethod
    def _ids(cls, distributions: tuple[str, ...]) -> tuple[str, ...]:
        if len(distributions) > DISTRIBUTIONS_MAX:
            raise ValueError(
                f"{len(distributions)} are named, at most {DISTRIBUTIONS_MAX} are read"
            )
        if not all(map(_DISTRIBUTION.fullmatch, distributions)):
            raise ValueError("each must be the id of a distribution, such as E1ABCDEFGHIJKL")
        return distributions

    @property
    def named_vantages(self) -> tuple[NamedVantage, ...]:
        """Return what `vantages` say."""
        return tuple(map(parse_vantage, self.vantages))

    @property
    def asked_for(self) -> bool:
        """Tell whether these settings ask for a source."""
        return bool(self.vantages or self.distributions)


def parse_vantage(text: str) -> NamedVantage:
    """Return what a setting says of one vantage; raises ValueError with the form that it needs."""
    name, _, measured = text.partition("=")
    kind, _, what = measured.partition(":")
    if not _NAME.fullmatch(name) or not what:
        raise ValueError(_FORMS)
    placed = _PLACED.fullmatch(what)
    what, region = placed.groups() if placed else (what, "")
    match kind:
        case "canary":
            return _canary(name, what, region)
        case "rum":
            return _rum(name, what, region)
        case "metric":
            return _metric(name, what, region)
        case _:
            raise ValueError(_FORMS)


def _canary(name: str, what: str, region: str) -> NamedVantage:
    canary, _, step = what.partition("/")
    if not step:
        raise ValueError(
            f"{name} names a canary without a step: its Duration is that of the whole run, the"
            f" start of the browser included; name the step, {name}=canary:CANARY/STEP@REGION"
        )
    return _made(
        name,
        "CloudWatchSynthetics",
        "Duration",
        [("CanaryName", canary), ("StepName", step)],
        region,
    )


def _rum(name: str, what: str, region: str) -> NamedVantage:
    monitor, _, rest = what.partition("/")
    metric, _, country = rest.partition("/")
    if not _COUNTRY.fullmatch(country):
        raise ValueError(
            f"{name} names no country: browsers of everywhere are no vantage; write"
            f" {name}=rum:MONITOR/METRIC/NZ@REGION, of an extended metric with CountryCode"
        )
    dimensions = [("application_name", monitor), ("CountryCode", country)]
    return _made(name, "AWS/RUM", metric, dimensions, region)


def _metric(name: str, what: str, region: str) -> NamedVantage:
    rest, _, unit = what.partition("#")
    path, _, query = rest.partition("?")
    namespace, _, metric = path.rpartition("/")
    if unit not in _PER_SECOND:
        raise ValueError(f"{name}: end it in `#ms` or `#s`, the unit that the metric comes in")
    dimensions = parse_qsl(query, keep_blank_values=True)
    return _made(name, namespace, metric, dimensions, region, per=_PER_SECOND[unit])


def _made(
    name: str,
    namespace: str,
    metric: str,
    dimensions: list[tuple[str, str]],
    region: str,
    per: float = _PER_SECOND["ms"],
) -> NamedVantage:
    texts = [namespace, metric, *(part for pair in dimensions for part in pair)]
    if not all(map(_PRINTABLE.fullmatch, texts)):
        raise ValueError(_FORMS)
    return NamedVantage(
        name=name,
        namespace=namespace,
        metric=metric,
        dimensions=tuple(dimensions),
        per=per,
        region=region,
    )
