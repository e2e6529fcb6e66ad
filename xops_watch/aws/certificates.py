"""ACM: until when each certificate is valid. A listing has it: none is asked for one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import AwareDatetime, Field

from xops_watch.aws.answers import Answer, Arn, read_pages
from xops_watch.aws.paged import PagedClient
from xops_watch.aws.standing import matches
from xops_watch.errors import GapReason, SourceError

LIST_CERTIFICATES = "acm:ListCertificates"
CERTIFICATES_MAX = 200  # of one region; each is a label
PAGES_MAX = 20
_PAGE_SIZE = 1000

# Of those that were never issued, or revoked, nothing expires.
_STATUSES = ("ISSUED", "EXPIRED")
# Without this list ACM leaves out every key that is not RSA of 1024 or 2048 bits.
_KEY_TYPES = (
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
)


class _Certificate(Answer):
    arn: Arn = Field(alias="CertificateArn")
    domain: str = Field(alias="DomainName", pattern=r"^[\x21-\x2e\x30-\x7e]{1,253}$")
    until: AwareDatetime | None = Field(default=None, alias="NotAfter")
    in_use: bool = Field(default=True, alias="InUse")


class _Page(Answer):
    certificates: list[_Certificate] = Field(alias="CertificateSummaryList")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate; `id` is the last part of its ARN, `until` None if ACM names no end."""

    domain: str
    id: str
    until: datetime | None
    in_use: bool


def read_certificates(client: PagedClient, patterns: Sequence[str]) -> Sequence[Certificate]:
    """Return the issued certificates of one region whose domain fits one of the glob patterns.

    Raises SourceError, for more than CERTIFICATES_MAX as well.
    """
    pages = client.get_paginator("list_certificates").paginate(
        CertificateStatuses=list(_STATUSES),
        Includes={"keyTypes": list(_KEY_TYPES)},
        PaginationConfig={"PageSize": _PAGE_SIZE},
    )
    found: dict[str, Certificate] = {}
    for page in read_pages(pages, _Page, action=LIST_CERTIFICATES, pages_max=PAGES_MAX):
        for one in page.certificates:
            if matches(one.domain, patterns):
                found[one.arn] = Certificate(
                    domain=one.domain,
                    id=one.arn.rpartition("/")[2],
                    until=one.until,
                    in_use=one.in_use,
                )
    if len(found) > CERTIFICATES_MAX:
        raise SourceError(
            f"{len(found)} certificates have such a domain; at most {CERTIFICATES_MAX} are watched",
            reason=GapReason.INVALID,
            hint="name fewer domains in XOPS_WATCH_GOVERNANCE__CERTIFICATES",
        )
    return tuple(found.values())
