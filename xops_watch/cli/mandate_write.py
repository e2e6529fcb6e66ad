"""Writes a draft where it belongs: into the reviewed file, and into the ledger."""

import difflib
import errno
import getpass
import os
import secrets
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from xops_watch.cli.mandate_draft import Draft
from xops_watch.cli.mandate_edit import NEW_FILE, edited
from xops_watch.errors import ConfigurationError, LedgerError, UnreachableError
from xops_watch.ledger import Ledger
from xops_watch.located_yaml import parse_yaml
from xops_watch.sources.mandates.declaration import Declaration, digest_of
from xops_watch.sources.mandates.journal import declared_fields

_MODE = 0o644
_HINT = "the file's directory must exist, and be writable for this user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A change of a file that is not made yet; `before` None is a file that is not there."""

    path: Path
    before: str | None
    after: str

    @property
    def diff(self) -> str:
        """Return what changes, as `diff -u` shows it."""
        old = (self.before or "").splitlines(keepends=True)
        new = self.after.splitlines(keepends=True)
        name = str(self.path)
        return "".join(difflib.unified_diff(old, new, name if self.before else "/dev/null", name))


def planned(path: Path, draft: Draft) -> Edit:
    """Return the change that declares the draft; raises an XopsWatchError if it cannot be made."""
    target = _followed(path)
    before = _read(target)
    text = NEW_FILE if before is None else before
    after = edited(text, draft.mandate, draft.content, file=str(path))
    return Edit(path=target, before=before, after=after)


def is_declared(path: Path, mandate: str) -> bool:
    """Tell whether a file says anything of a mandate."""
    text = _read(_followed(path))
    content = parse_yaml((text or "").encode(), file=str(path)).content
    known = content.get("mandates") if isinstance(content, dict) else None
    return isinstance(known, dict) and mandate in known


def write(edit: Edit, draft: Draft, ledger: Ledger | None, *, now: datetime) -> None:
    """Tell the ledger and replace the file, whole or not at all; raises an XopsWatchError.

    The ledger comes first: what it knows and nobody sees is found, the contrary is not.
    """
    temporary = edit.path.with_name(f".{edit.path.name}.{secrets.token_hex(8)}")
    try:
        _write_beside(temporary, edit)
        if _read(edit.path) != edit.before:
            what = f"{edit.path}: was changed by somebody else meanwhile"
            raise ConfigurationError(what, hint="look at the change and try again")
        if ledger is not None:
            _tell(ledger, edit, draft, now=now)
        temporary.replace(edit.path)
        _sync(edit.path.parent)
    except OSError as error:
        raise _unwritable(edit.path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _tell(ledger: Ledger, edit: Edit, draft: Draft, *, now: datetime) -> None:
    declaration = Declaration(
        mandate=draft.mandate,
        attestation=draft.attestation,
        place=str(edit.path),
        digest=digest_of(draft.mandate, draft.attestation),
    )
    said = {"mandate": draft.mandate, "by": _user(), **declared_fields(declaration)}
    try:
        ledger.append(f"mandate.{draft.attestation.state}", said, now=now)
    except LedgerError as error:
        hint = f"{error.hint}; --no-ledger leaves it to the daemon to note the change"
        raise LedgerError(error.what, hint=hint) from error


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        return str(os.getuid())


def _followed(path: Path) -> Path:
    """Return the file that a symbolic link leads to: the link is to stay one."""
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:
        what = f"{path}: cannot follow it: {error}"
        raise ConfigurationError(what, hint="name a file") from error


def _read(path: Path) -> str | None:
    try:
        if path.exists() and not path.is_file():
            raise ConfigurationError(f"{path}: is not a file", hint="name a file")
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8", hint="save it as UTF-8") from error
    except OSError as error:
        what = f"{path}: cannot be read: {error.strerror or error}"
        raise UnreachableError(what, hint="look at its owner and mode") from error


def _write_beside(temporary: Path, edit: Edit) -> None:
    mode = _MODE if edit.before is None else stat.S_IMODE(edit.path.stat().st_mode)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(edit.after.encode())
        file.flush()
        os.fsync(descriptor)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network filesystems sync no directories
            raise
    finally:
        os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> UnreachableError:
    return UnreachableError(f"{path}: cannot be written: {error.strerror or error}", hint=_HINT)
