"""Secrets in a file that may be copied: encrypted with age, opened by an identity kept elsewhere.

`config/secrets.age` holds the same lines as `secrets.toml`. The identity is a small file that only
its owner may read: `$CLEAREDGE_AGE_IDENTITY`, else the systemd credential `age_identity`, else
`~/.config/clearedge/identity.txt`.
"""

import os
import stat
import tempfile
from pathlib import Path
from typing import Any

from clearedge_tui.core.errors import Refused, UsageError

_MOST_BYTES = 65_536
_NAME = "secrets.age"
_HEAD = (
    "# An age identity: whoever has this can read the secrets. Keep a copy where the box is not.\n"
)


def sealed_path(config: Path) -> Path:
    return config / _NAME


def identity_path() -> Path:
    """Return where the identity is looked for."""
    named = os.environ.get("CLEAREDGE_AGE_IDENTITY")
    if named:
        return Path(named).expanduser()
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    if given and (Path(given) / "age_identity").exists():
        return Path(given) / "age_identity"
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "clearedge" / "identity.txt"


def unseal(config: Path) -> str | None:
    """Return the text of the sealed file; None when there is none. What it says stays here."""
    path = sealed_path(config)
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(body) > _MOST_BYTES:
        raise UsageError(f"{path} is larger than {_MOST_BYTES:,} bytes: not a file of secrets")
    import pyrage

    try:
        return bytes(pyrage.decrypt(body, [_identity()])).decode()
    except (pyrage.DecryptError, UnicodeDecodeError):
        raise Refused(
            f"{path} cannot be opened with the identity {identity_path()}: it was sealed for another"
            " one, or was changed"
        ) from None


def seal(config: Path, text: str) -> None:
    """Write the sealed file anew, as a whole or not at all."""
    import pyrage

    replace(sealed_path(config), pyrage.encrypt(text.encode(), [_identity().to_public()]))


def new_identity(path: Path) -> None:
    """Make an identity where there is none. Its folder and it are the owner's alone."""
    import pyrage

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{_HEAD}{pyrage.x25519.Identity.generate()}\n")
        file.flush()
        os.fsync(file.fileno())


def _identity() -> Any:
    import pyrage

    path = identity_path()
    try:
        mode = path.stat().st_mode
        if mode & 0o077:
            raise Refused(
                f"{path} can be read by others (mode {stat.S_IMODE(mode):04o}); "
                f"mend it: chmod 600 {path}"
            )
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        raise UsageError(
            f"the secrets are sealed and their identity is not at {path}; "
            "name it in CLEAREDGE_AGE_IDENTITY"
        ) from None
    for line in lines:
        if line.startswith("AGE-SECRET-KEY-"):
            try:
                return pyrage.x25519.Identity.from_str(line.strip())
            except pyrage.IdentityError:
                break
    raise UsageError(f"{path} holds no age identity (a line AGE-SECRET-KEY-…)")


def replace(path: Path, body: bytes) -> None:
    """Replace a file of the owner's as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=".secrets-", dir=path.parent)  # mode 0600 from birth
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise
