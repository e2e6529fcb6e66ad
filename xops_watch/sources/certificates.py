"""ACM: how long each certificate is still valid, at home and where CloudFront keeps its own."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from xops_watch.aws.certificates import LIST_CERTIFICATES, Certificate, read_certificates
from xops_watch.aws.paged import PagedClient
from xops_watch.aws.roll import Roll
from xops_watch.aws.standing import absent, failed, gap, matches, reading
from xops_watch.core.reading import Observation, SeriesKey
from xops_watch.errors import GapReason, SourceError

_LEFT = "certificates.expires_in"
_ID_CHARACTERS = 8  # of a UUID: enough to tell the certificates of one domain apart


class CertificatesSource:
    """Reads when certificates expire whose domains fit glob patterns; `clients` are by region.

    A subject is `region/domain/beginning of the certificate's id`: an old certificate and its
    successor share the domain. A region that fails blinds its own certificates, and no other. A
    pattern without a certificate is a subject, as a region is that never answered.
    """

    name = "certificates"
    signals = (_LEFT,)
    iam_actions = (LIST_CERTIFICATES,)

    def __init__(
        self,
        clients: Mapping[str, PagedClient],
        *,
        patterns: Sequence[str],
        interval: timedelta,
        seen: Collection[SeriesKey] = (),
    ) -> None:
        self.interval = interval
        self._clients = dict(clients)
        self._patterns = tuple(patterns)
        self._roll = Roll(seen, signals=self.signals)

    def observe(self, *, now: datetime) -> Sequence[Observation]:
        """Return what every certificate has left; raises SourceError when no region answers."""
        told: list[Observation] = []
        errors: list[SourceError] = []
        domains: set[str] = set()
        for region, client in self._clients.items():
            try:
                found = read_certificates(client, self._patterns)
            except SourceError as error:
                errors.append(error)
                told.extend(self._failed(region, error, now))
            else:
                domains.update(one.domain for one in found)
                told.extend(_left(subject, one, now) for subject, one in _named(region, found))
        if len(errors) == len(self._clients):
            raise errors[0]
        if not errors:
            told.extend(self._unused(domains, now))
        detail = "it is deleted or revoked, or no pattern names it any more"
        told.extend(self._roll.call(told, detail=detail, at=now))
        return told

    def _failed(self, region: str, error: SourceError, now: datetime) -> Iterator[Observation]:
        of_region = [s for _, s in self._roll.seen if s.partition("/")[0] == region]
        for subject in sorted(of_region) or [region]:
            yield failed(_LEFT, subject, error, at=now)

    def _unused(self, domains: Collection[str], now: datetime) -> Iterator[Observation]:
        for pattern in dict.fromkeys(self._patterns):
            if not any(matches(domain, (pattern,)) for domain in domains):
                why = (
                    f"no certificate has a domain like {pattern!r:.80}: mend"
                    " XOPS_WATCH_GOVERNANCE__CERTIFICATES"
                )
                yield gap(_LEFT, f"pattern {pattern}", GapReason.NOT_ENABLED, why, at=now)


def _named(region: str, certificates: Iterable[Certificate]) -> Iterator[tuple[str, Certificate]]:
    taken: set[str] = set()
    for one in certificates:
        short = f"{region}/{one.domain}/{one.id[:_ID_CHARACTERS]}"
        subject = f"{region}/{one.domain}/{one.id}" if short in taken else short
        if subject not in taken:
            taken.add(subject)
            yield subject, one


def _left(subject: str, certificate: Certificate, now: datetime) -> Observation:
    if certificate.until is None:
        why = f"{LIST_CERTIFICATES}: it names no end"
        return gap(_LEFT, subject, GapReason.INVALID, why, at=now)
    left = (certificate.until - now).total_seconds()
    if left <= 0 and not certificate.in_use:
        return absent(_LEFT, subject, "it has expired, and nothing uses it", at=now)
    return reading(_LEFT, subject, max(0.0, left), at=now)
