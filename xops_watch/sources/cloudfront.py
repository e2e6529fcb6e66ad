"""CloudFront: the price class of each distribution."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from xops_watch.aws.distributions import (
    CONFIG_ACTION,
    LIST_ACTION,
    MONITORING_ACTION,
    Distribution,
    Distributions,
    is_refused_as,
)
from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.errors import GapReason, SourceError

PRICE_CLASS = "cloudfront.price_class"
_CLASSES = SIGNAL_BY_NAME[PRICE_CLASS].states


class CloudFrontSource:
    """Reads how distributions are configured.

    `seen` are the series that were observed before the process started: a distribution that is
    deleted since is gone.
    """

    name = "cloudfront"
    signals = (PRICE_CLASS,)
    iam_actions = (LIST_ACTION, CONFIG_ACTION, MONITORING_ACTION)

    def __init__(
        self,
        distributions: Distributions,
        *,
        interval: timedelta,
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._distributions = distributions
        self._seen = frozenset(subject for signal, subject in seen if signal == PRICE_CLASS)

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return the price class of each distribution; raises SourceError when none can be told."""
        found = self._distributions.read(now=now)
        errors = [one for one in found.values() if isinstance(one, SourceError)]
        if errors and len(errors) == len(found) and not any(map(_is_no_more, errors)):
            raise errors[0]
        told = [self._told(name, one, now) for name, one in found.items()]
        if not found:
            detail = "CloudFront has no distribution in this account"
            told.append(_gap(None, GapReason.NOT_APPLICABLE, detail, now))
        told += [self._gone(name, now) for name in sorted(self._seen - found.keys())]
        self._seen = _alive(found)
        return told

    def _told(self, name: str, one: Distribution | SourceError, now: datetime) -> Observation:
        if isinstance(one, SourceError):
            return self._failed(name, one, now)
        why = _why_no_class(one)
        if why is not None:
            return _gap(name, *why, now)
        value = float(_CLASSES.index(one.price_class))
        return Reading(signal=PRICE_CLASS, subject=name, value=value, taken_at=now)

    def _failed(self, name: str, error: SourceError, now: datetime) -> Gap:
        if not _is_no_more(error):
            return _gap(name, error.reason, error.what, now)
        if name in self._seen:
            return self._gone(name, now)
        detail = "CloudFront knows no such distribution: check XOPS_WATCH_EDGE__DISTRIBUTIONS"
        return _gap(name, GapReason.INVALID, detail, now)

    def _gone(self, name: str, now: datetime) -> Gap:
        return _gap(name, GapReason.GONE, "it is no longer there, or no longer watched", now)


def _why_no_class(one: Distribution) -> tuple[GapReason, str] | None:
    if one.tenant_only:
        return GapReason.NOT_APPLICABLE, "a multi-tenant distribution has no price class"
    if not one.enabled:
        return GapReason.NOT_APPLICABLE, "the distribution is disabled: it serves nobody"
    if one.price_class not in _CLASSES:
        return GapReason.INVALID, f"CloudFront: unknown price class {one.price_class!r:.50}"
    return None


def _alive(found: Mapping[str, Distribution | SourceError]) -> frozenset[str]:
    """Return who may still be missed: what cannot be read may well be there."""
    return frozenset(
        name for name, one in found.items() if isinstance(one, Distribution) or not _is_no_more(one)
    )


def _is_no_more(error: SourceError) -> bool:
    return is_refused_as(error, "NoSuchDistribution")


def _gap(name: str | None, reason: GapReason, detail: str, now: datetime) -> Gap:
    return Gap(signal=PRICE_CLASS, subject=name, reason=reason, detail=detail, noticed_at=now)
