"""Credentials that are renewed while the daemon runs, by whatever way they come."""

from pathlib import Path

import pytest
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import CredentialRetrievalError, NoCredentialsError

from xops_watch.aws.credentials import Found, RenewedCredentials, look_for_credentials


class Scene:
    """Credentials that are looked for in a list, on a clock that stands still."""

    def __init__(self, *found: Found | CredentialRetrievalError | None) -> None:
        self.at = 0.0
        self.looks = 0
        self._found = list(found)
        self.credentials = RenewedCredentials(self._look, tell=lambda: self.at)

    def key(self) -> str:
        return str(self.credentials.get_frozen_credentials().access_key)

    def _look(self) -> Found | None:
        self.looks += 1
        found = self._found.pop(0) if len(self._found) > 1 else self._found[0]
        if isinstance(found, CredentialRetrievalError):
            raise found
        return found


OLD, NEW = Credentials("old", "secret"), Credentials("new", "secret")


def test_they_are_looked_for_when_first_needed_and_then_kept() -> None:
    scene = Scene(OLD, NEW)
    assert scene.looks == 0
    assert [scene.key() for _ in range(3)] == ["old"] * 3
    scene.at = 1e6
    assert (scene.key(), scene.looks) == ("old", 1)


def test_after_a_refusal_they_are_looked_for_again() -> None:
    scene = Scene(OLD, NEW)
    scene.key()
    scene.at = 15
    scene.credentials.refused("home")
    assert (scene.key(), scene.looks) == ("new", 2)


def test_refusals_in_a_row_do_not_make_a_search_each() -> None:
    scene = Scene(OLD, OLD, NEW)
    keys = []
    for scene.at in (0, 5, 10, 15, 20, 25, 30):
        keys.append(scene.key())
        scene.credentials.refused("home")
    assert keys == ["old"] * 6 + ["new"]
    assert scene.looks == 3


def test_a_region_that_never_took_what_others_take_is_no_reason_to_look() -> None:
    scene = Scene(OLD, NEW)
    scene.key()
    scene.credentials.taken("home")
    for scene.at in range(60, 600, 60):
        scene.credentials.refused("ap-southeast-6")
        scene.key()
    assert scene.looks == 1


def test_a_region_that_took_them_before_is_a_reason_though_others_still_take_them() -> None:
    scene = Scene(OLD, NEW)
    scene.key()
    scene.credentials.taken("home")
    scene.credentials.taken("ap-southeast-6")
    scene.at = 15
    scene.credentials.refused("ap-southeast-6")
    assert (scene.key(), scene.looks) == ("new", 2)


def test_where_there_are_none_it_is_looked_again() -> None:
    scene = Scene(None, NEW)
    with pytest.raises(NoCredentialsError):
        scene.key()
    scene.at = 14
    with pytest.raises(NoCredentialsError):
        scene.key()
    scene.at = 15
    assert scene.key() == "new"


def test_a_search_that_fails_says_why_until_one_does_not() -> None:
    scene = Scene(CredentialRetrievalError(provider="container", error_msg="404"), NEW)
    for _ in range(2):
        with pytest.raises(CredentialRetrievalError, match="404"):
            scene.key()
    scene.at = 15
    assert scene.key() == "new"


class Ended:
    """What botocore does when the role's new credentials have ended as well."""

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        raise RuntimeError("Credentials were refreshed, but are still expired.")


def test_a_role_whose_credentials_are_not_renewed_is_an_error_of_credentials() -> None:
    with pytest.raises(CredentialRetrievalError, match="were not renewed"):
        Scene(Ended()).key()


def test_a_file_is_read_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    found = []
    for key in ("OLD", "NEW"):
        file.write_text(f"[default]\naws_access_key_id={key}\naws_secret_access_key=x\n")
        credentials = look_for_credentials()
        assert credentials is not None
        found.append(credentials.access_key)
    assert found == ["OLD", "NEW"]
