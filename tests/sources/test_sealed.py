"""The encrypted file of secrets: what is in it is read by its identity alone."""

from pathlib import Path

import pytest

from clearedge_tui import sealed, secrets
from clearedge_tui.core.errors import Refused, UsageError
from clearedge_tui.settings import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("CLEAREDGE_AGE_IDENTITY", str(tmp_path / "keys" / "identity.txt"))
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    found = Home(tmp_path / "home")
    found.config.mkdir(parents=True)
    return found


def test_what_was_set_is_sealed_and_still_there(home: Home) -> None:
    secrets.put(home, "main_api_key", "planted-value")
    assert secrets.seal_all(home) == 1
    body = sealed.sealed_path(home.config).read_bytes()
    assert b"planted-value" not in body
    assert b"main_api_key" not in body
    assert not (home.config / "secrets.toml").exists()
    found = secrets.secret(home, "main_api_key")
    assert found is not None
    assert found.reveal() == "planted-value"
    secrets.put(home, "other", "two")  # written into the sealed file from now on
    secrets.remove(home, "main_api_key")
    assert secrets.names(home) == ["other"]
    assert not (home.config / "secrets.toml").exists()


def test_another_identity_a_changed_file_and_a_readable_identity_are_refused(home: Home) -> None:
    secrets.put(home, "k", "planted-value")
    secrets.seal_all(home)
    identity = sealed.identity_path()
    identity.chmod(0o640)
    with pytest.raises(Refused, match="chmod 600"):
        secrets.names(home)
    identity.chmod(0o600)
    kept = identity.read_text()
    identity.unlink()
    with pytest.raises(UsageError, match="identity is not at"):
        secrets.names(home)
    sealed.new_identity(identity)
    with pytest.raises(Refused, match="sealed for another"):
        secrets.names(home)
    identity.write_text("nothing\n")
    with pytest.raises(UsageError, match="no age identity"):
        secrets.names(home)
    identity.write_text(kept)
    path = sealed.sealed_path(home.config)
    body = bytearray(path.read_bytes())
    body[-1] ^= 1
    path.write_bytes(body)
    with pytest.raises(Refused, match="was changed"):
        secrets.names(home)


def test_two_files_at_once_are_refused(home: Home) -> None:
    secrets.put(home, "k", "v")
    secrets.seal_all(home)
    (home.config / "secrets.toml").write_text('k = "w"\n')
    with pytest.raises(Refused, match="which one counts"):
        secrets.names(home)
