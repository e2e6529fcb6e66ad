"""Whether two people stand behind a declaration, or one person twice.

Names and addresses are written in many ways. What only differs in writing is one person; and so
are two addresses of somebody with one name, since that is likelier than two of that name here.
"""

import re
import unicodedata
from collections.abc import Collection

from xops_watch.sources.mandates.form import Approver, Attestation, Author

_DOTS_MEAN_NOTHING = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}
_JOINTS = re.compile(r"[\s._-]+")


def is_self_approved(attestation: Attestation, writers: Collection[str]) -> bool:
    """Tell whether the approver is the author, or the only one who wrote exactly this.

    `writers` are ARNs, none where nobody keeps them. An approver who writes what somebody else
    wrote before confirms it.
    """
    approver = attestation.approver
    if is_same(attestation.author, approver):
        return True
    return bool(writers) and all(is_written_by(approver, writer) for writer in writers)


def is_same(author: Author, approver: Approver) -> bool:
    """Tell whether both are one person."""
    if mailbox(author.email) == mailbox(approver.email):
        return True
    return _plain(author.name) == _plain(approver.name)


def is_written_by(person: Approver, arn: str) -> bool:
    """Tell whether an identity of AWS is this person, as far as its name says so.

    It is the name of a user, or of the session of a role, which is the address or the user name
    where people sign in.
    """
    name = identity(arn)
    if "@" in name:
        return mailbox(name) == mailbox(person.email)
    local = mailbox(person.email).partition("@")[0]
    return _plain(name) in (_plain(local), _plain(person.name))


def identity(arn: str) -> str:
    """Return what names a person in an ARN: the last part."""
    return arn.rpartition("/")[2] if "/" in arn else arn.rpartition(":")[2]


def mailbox(email: str) -> str:
    """Return the address that all ways of writing it reach."""
    local, _, domain = _folded(email).rpartition("@")
    local = local.partition("+")[0]
    if domain in _DOTS_MEAN_NOTHING:
        local, domain = local.replace(".", ""), _DOTS_MEAN_NOTHING[domain]
    return f"{local}@{domain}"


def _plain(name: str) -> str:
    """Return a name without case, accents' spelling and what joins its parts."""
    return _JOINTS.sub(" ", _folded(name)).strip()


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
