"""How long certificates are valid, at home and in the region of CloudFront."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tests.aws.bench import NOW, ScriptedClient, make_client
from tests.sources.account_scene import DAY, certificates, details, gaps, values
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.errors import GapReason, SourceError

LEFT = "certificates.expires_in"
DAY_SECONDS = 86_400
ASKED = {
    "CertificateStatuses": ["ISSUED", "EXPIRED"],
    "Includes": {
        "keyTypes": [
            "RSA_1024",
            "RSA_2048",
            "RSA_3072",
            "RSA_4096",
            "EC_prime256v1",
            "EC_secp384r1",
            "EC_secp521r1",
        ]
    },
    "MaxItems": 1000,
}
DENIED = ClientError({"Error": {"Code": "AccessDeniedException"}}, "ListCertificates")


@pytest.fixture
def client() -> Any:  # noqa: ANN401 - the stubs do not know the service
    return make_client("acm", "http://127.0.0.1:1")


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:  # noqa: ANN401 - as above
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def certificate(domain: str, number: str, until: datetime | None, **more: object) -> dict[str, Any]:
    found: dict[str, Any] = {
        "CertificateArn": f"arn:aws:acm:x:123456789012:certificate/{number}-0000-1111",
        "DomainName": domain,
        **more,
    }
    return found if until is None else found | {"NotAfter": until}


def page(*certificates: dict[str, Any]) -> dict[str, Any]:
    return {"CertificateSummaryList": list(certificates)}


def listing(*certificates: dict[str, Any]) -> Any:  # noqa: ANN401 - a client
    return ScriptedClient(list_certificates=lambda **_: [page(*certificates)])


def denied(**_: object) -> object:
    raise DENIED


def test_every_key_type_is_asked_for_and_every_page(client: Any, stub: Stubber) -> None:  # noqa: ANN401 - as above
    first = page(certificate("xops.example", "1a2b3c4d", NOW + 29 * DAY, InUse=True))
    stub.add_response("list_certificates", {**first, "NextToken": "more"}, ASKED)
    second = page(certificate("*.example.com", "5e6f7a8b", NOW + 100 * DAY))
    stub.add_response("list_certificates", second, {**ASKED, "NextToken": "more"})
    assert values(certificates(client).observe(now=NOW)) == {
        (LEFT, "ap-southeast-2/xops.example/1a2b3c4d"): 29 * DAY_SECONDS,
        (LEFT, "ap-southeast-2/*.example.com/5e6f7a8b"): 100 * DAY_SECONDS,
    }


def test_an_old_certificate_and_its_successor_are_two_subjects() -> None:
    client = listing(
        certificate("xops.example", "1a2b3c4d", NOW + 3 * DAY),
        certificate("xops.example", "5e6f7a8b", NOW + 300 * DAY),
        certificate("xops.example", "5e6f7a8b-other", NOW + 200 * DAY),
    )
    assert values(certificates(client).observe(now=NOW)) == {
        (LEFT, "ap-southeast-2/xops.example/1a2b3c4d"): 3 * DAY_SECONDS,
        (LEFT, "ap-southeast-2/xops.example/5e6f7a8b"): 300 * DAY_SECONDS,
        (LEFT, "ap-southeast-2/xops.example/5e6f7a8b-other-0000-1111"): 200 * DAY_SECONDS,
    }


def test_an_expired_certificate_matters_as_long_as_something_uses_it() -> None:
    client = listing(
        certificate("used.example", "1", NOW - DAY, InUse=True),
        certificate("old.example", "2", NOW - DAY, InUse=False),
        certificate("endless.example", "3", None),
    )
    observations = certificates(client).observe(now=NOW)
    assert values(observations) == {(LEFT, "ap-southeast-2/used.example/1-0000-1"): 0}
    assert gaps(observations) == {
        (LEFT, "ap-southeast-2/old.example/2-0000-1"): GapReason.NOT_APPLICABLE,
        (LEFT, "ap-southeast-2/endless.example/3-0000-1"): GapReason.INVALID,
    }


def test_a_region_that_fails_blinds_its_own_certificates_only() -> None:
    home = listing(certificate("xops.example", "1a2b3c4d", NOW + DAY))
    edge = listing(certificate("cdn.example", "5e6f7a8b", NOW + DAY))
    source = certificates(home, us_east_1=edge)
    subject = "us-east-1/cdn.example/5e6f7a8b"
    assert (LEFT, subject) in values(source.observe(now=NOW))
    edge._operations["list_certificates"] = denied
    observations = source.observe(now=NOW)
    assert values(observations) == {
        (LEFT, "ap-southeast-2/xops.example/1a2b3c4d"): DAY_SECONDS,
    }
    assert gaps(observations) == {(LEFT, subject): GapReason.DENIED}
    assert details(observations) == ["missing IAM permission acm:ListCertificates"]
    edge._operations["list_certificates"] = lambda **_: [page()]
    assert gaps(source.observe(now=NOW)) == {(LEFT, subject): GapReason.GONE}


def test_a_region_that_never_answered_is_a_subject_until_it_does() -> None:
    home = listing(certificate("xops.example", "1a2b3c4d", NOW + DAY))
    edge = ScriptedClient(list_certificates=denied)
    source = certificates(home, us_east_1=edge)
    assert gaps(source.observe(now=NOW)) == {(LEFT, "us-east-1"): GapReason.DENIED}
    edge._operations["list_certificates"] = lambda **_: [page()]
    assert gaps(source.observe(now=NOW)) == {(LEFT, "us-east-1"): GapReason.GONE}


def test_when_every_region_fails_the_source_does() -> None:
    source = certificates(
        ScriptedClient(list_certificates=denied),
        us_east_1=ScriptedClient(list_certificates=denied),
    )
    with pytest.raises(SourceError) as caught:
        source.observe(now=NOW)
    assert caught.value.reason is GapReason.DENIED


def test_a_pattern_counts_as_used_in_whichever_region_it_fits() -> None:
    home = listing(certificate("xops.example", "1a2b3c4d", NOW + DAY))
    edge = listing(certificate("cdn.example", "5e6f7a8b", NOW + DAY))
    edge._operations["list_certificates"] = lambda **_: [
        page(
            certificate("cdn.example", "5e6f7a8b", NOW + DAY),
            certificate("of-others.example", "9c0d1e2f", NOW + DAY),
        )
    ]
    source = certificates(home, "xops.*", "cdn.*", "typo.*", us_east_1=edge)
    assert {subject.split("/")[1] for _, subject in values(source.observe(now=NOW))} == {
        "xops.example",
        "cdn.example",
    }
    assert gaps(source.observe(now=NOW)) == {(LEFT, "pattern typo.*"): GapReason.NOT_ENABLED}


def test_a_certificate_that_is_gone_is_so_after_a_restart_too() -> None:
    client = listing(certificate("xops.example", "1a2b3c4d", NOW + DAY))
    gone = "ap-southeast-2/old.example/00000000"
    source = certificates(client, seen=[(LEFT, gone)])
    assert gaps(source.observe(now=NOW)) == {(LEFT, gone): GapReason.GONE}


def test_too_many_certificates_are_refused_in_words_and_not_cut() -> None:
    client = listing(*(certificate(f"x{n}.example", f"{n:08}", NOW) for n in range(201)))
    with pytest.raises(SourceError) as caught:
        certificates(client).observe(now=NOW)
    assert caught.value.what == "201 certificates have such a domain; at most 200 are watched"
    assert "XOPS_WATCH_GOVERNANCE__CERTIFICATES" in caught.value.hint


def test_a_certificate_over_http(aws: EmbeddedAws) -> None:
    client = make_client("acm", aws.endpoint)
    authority = "arn:aws:acm-pca:ap-southeast-2:123456789012:certificate-authority/1"
    arn = client.request_certificate(DomainName="xops.example", CertificateAuthorityArn=authority)[
        "CertificateArn"
    ]
    until = client.describe_certificate(CertificateArn=arn)["Certificate"]["NotAfter"]
    observations = certificates(client).observe(now=until - 29 * DAY)
    client.delete_certificate(CertificateArn=arn)
    short = arn.rpartition("/")[2][:8]
    assert values(observations) == {
        (LEFT, f"ap-southeast-2/xops.example/{short}"): 29 * DAY_SECONDS
    }
