"""Two people or one: names, addresses and identities that only differ in writing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.mandates.mandates_scene import JANE, RAVI, attestation
from xops_watch.sources.mandates.approval import is_self_approved, mailbox
from xops_watch.sources.mandates.form import Attestation

ROLE = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_1a2b"


def approved(author: dict[str, str], *writers: str, approver: dict[str, str] = RAVI) -> str:
    made = Attestation.model_validate(attestation(author=author, approver=approver))
    return "self_approved" if is_self_approved(made, writers) else "four_eyes"


@pytest.mark.parametrize(
    ("email", "name", "expected"),
    [
        ("jane@example.com", "Jane Doe", "four_eyes"),
        ("ravi@example.com", "R. P.", "self_approved"),
        ("RAVI@Example.COM", "R. P.", "self_approved"),
        ("ravi+mandates@example.com", "R. P.", "self_approved"),
        ("\uff52\uff41\uff56\uff49@example.com", "R. P.", "self_approved"),
        ("ravi@example.org", "R. P.", "four_eyes"),
        ("ra.vi@example.com", "R. P.", "four_eyes"),  # two mailboxes, but with Gmail
        ("rp@example.org", "Ravi Patel", "self_approved"),
        ("rp@example.org", "ravi  PATEL", "self_approved"),
        ("rp@example.org", "Ravi.Patel", "self_approved"),
        ("rp@example.org", "Ravi Patell", "four_eyes"),
    ],
)
def test_author_and_approver_are_one_person_if_only_the_writing_differs(
    email: str, name: str, expected: str
) -> None:
    assert approved({"name": name, "email": email}) == expected


def test_dots_in_an_address_of_gmail_mean_nothing() -> None:
    assert mailbox("R.avi.P+x@googlemail.com") == "ravip@gmail.com"


@pytest.mark.parametrize(
    ("writers", "expected"),
    [
        ([f"{ROLE}/jane@example.com"], "four_eyes"),
        ([f"{ROLE}/ravi@example.com"], "self_approved"),
        ([f"{ROLE}/Ravi+ops@Example.com"], "self_approved"),
        ([f"{ROLE}/ravi@other.example"], "four_eyes"),
        (["arn:aws:iam::123456789012:user/people/ravi"], "self_approved"),
        (["arn:aws:iam::123456789012:user/ravi.patel"], "self_approved"),
        (["arn:aws:iam::123456789012:user/jane"], "four_eyes"),
        ([f"{ROLE}/GitHubActions"], "four_eyes"),
        (["arn:aws:iam::123456789012:root"], "four_eyes"),
        # The approver wrote again what somebody else had written: that confirms it.
        ([f"{ROLE}/jane@example.com", f"{ROLE}/ravi@example.com"], "four_eyes"),
    ],
)
def test_who_wrote_the_parameter_counts_as_its_author(writers: list[str], expected: str) -> None:
    assert approved(JANE, *writers) == expected


def test_another_writer_does_not_make_two_people_of_one() -> None:
    author = {"name": "Ravi Patel", "email": "ravi@example.com"}
    assert approved(author, f"{ROLE}/jane@example.com") == "self_approved"


@given(
    local=st.from_regex(r"[a-z][a-z.]{0,10}", fullmatch=True),
    tag=st.from_regex(r"(\+[a-z0-9+]{0,8})?", fullmatch=True),
    upper=st.booleans(),
)
def test_every_way_of_writing_an_address_reaches_one_mailbox(
    *, local: str, tag: str, upper: bool
) -> None:
    written = f"{local}{tag}@example.com"
    assert mailbox(written.upper() if upper else written) == f"{local}@example.com"


@given(st.text(max_size=300))
def test_whatever_aws_calls_a_writer_nothing_is_raised(writer: str) -> None:
    assert approved(JANE, writer) in {"four_eyes", "self_approved"}
