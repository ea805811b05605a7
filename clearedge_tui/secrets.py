"""Keys and passwords: the one place that reads and writes them.

First the folder systemd hands a service (`$CREDENTIALS_DIRECTORY`), then `config/secrets.age`, which
is encrypted, or `config/secrets.toml`, which only its owner may read; not both. A value never enters
a message, a log or a `repr`.
"""

import ctypes
import json
import os
import re
import resource
import stat
import tomllib
from pathlib import Path
from typing import NoReturn

from clearedge_tui import sealed
from clearedge_tui.core.errors import NotFound, Refused, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.settings import Home

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_MOST_BYTES = 65_536
_PR_SET_DUMPABLE = 4
_HEAD = "# Written by: clearedge secret set NAME. Only the owner may read this file.\n"


class Secret:
    """A value that shows itself only when asked by `reveal()`."""

    __slots__ = ("_value", "name")

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self._value = value

    def reveal(self) -> str:
        return self._value

    def scrub(self, text: object) -> str:
        """Return foreign text with the value blotted out."""
        shown = str(text)
        return shown.replace(self._value, "•••") if self._value else shown

    def __repr__(self) -> str:
        return f"Secret({self.name}: •••)"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"secret `{self.name}` is not to be written anywhere")


def shield_process() -> bool:
    """Keep other programs of this user out of this process's memory, and it out of crash files.

    For every process that holds a key. Root can look all the same. False where the kernel has no
    such wish (not Linux).
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        done: int = ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    except (OSError, AttributeError):
        return False
    return done == 0


def secret(home: Home, name: str) -> Secret | None:
    """Return one secret; None when nobody has set it. Refuses a file that others can read."""
    known = _named(name)
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    if given:
        try:
            return Secret(known, _text(Path(given) / known).rstrip("\r\n"))
        except FileNotFoundError:
            pass  # systemd was not told of this one
    value = _stored(home).get(known)
    return None if value is None else Secret(known, value)


def needed(home: Home, name: str, what_for: str) -> Secret:
    """Return a secret that must be there; the error says how to set it."""
    found = secret(home, name)
    if found is None:
        raise UsageError(
            f"{what_for} needs the secret `{name}`; set it: clearedge secret set {name}"
        )
    return found


def names(home: Home) -> list[str]:
    """Return what is set, by name."""
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    found = set(_stored(home))
    if given and Path(given).is_dir():
        found |= {one.name for one in Path(given).iterdir() if _NAME.fullmatch(one.name)}
    return sorted(found)


def put(home: Home, name: str, value: str) -> None:
    """Set or replace one secret; the file is replaced as a whole or not at all."""
    if not value or not value.isprintable():
        raise UsageError(f"secret `{_named(name)}`: wanted one line of printable characters")
    _write(home, _stored(home) | {_named(name): value})


def remove(home: Home, name: str) -> None:
    """Forget one secret of the file."""
    kept = _stored(home)
    if kept.pop(_named(name), None) is None:
        raise NotFound(f"no secret `{name}` in {_path(home)}; see: clearedge secret list")
    _write(home, kept)


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"secret name `{clean_text(name, 40)}`: small letters, digits, `_` and `-` only"
        )
    return name


def _path(home: Home) -> Path:
    return home.config / "secrets.toml"


def _text(path: Path) -> str:
    """Read a small file; what it says stays out of the error."""
    with path.open("rb") as file:
        raw = file.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise UsageError(f"{path} is larger than {_MOST_BYTES:,} bytes: not a file of secrets")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text") from None


def seal_all(home: Home) -> int:
    """Move what is set into the encrypted file, making an identity if there is none; count it."""
    values = _stored(home)
    if not sealed.identity_path().exists():
        sealed.new_identity(sealed.identity_path())
    sealed.seal(home.config, _lines(values))
    _path(home).unlink(missing_ok=True)
    return len(values)


def _stored(home: Home) -> dict[str, str]:
    """Return what is set in the home's file, whichever of the two it is."""
    opened = sealed.unseal(home.config)
    if opened is None:
        return _plain(home)
    if _path(home).exists():
        raise Refused(
            f"{_path(home)} lies beside {sealed.sealed_path(home.config)}: which one counts? "
            "Take one away"
        )
    return _parsed(opened, sealed.sealed_path(home.config))


def _plain(home: Home) -> dict[str, str]:
    path = _path(home)
    try:
        mode = path.stat().st_mode
        if mode & 0o077:
            raise Refused(
                f"{path} can be read by others (mode {stat.S_IMODE(mode):04o}); "
                f"mend it: chmod 600 {path}"
            )
        return _parsed(_text(path), path)
    except FileNotFoundError:
        return {}


def _parsed(text: str, path: Path) -> dict[str, str]:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:  # its message may carry a piece of the line
        place = re.search(r"at line \d+, column \d+", str(error))
        where = place[0] if place else "at its end"
        raise UsageError(f'{path}: not TOML {where}; wanted lines like name = "value"') from None
    for name, value in raw.items():
        if not isinstance(value, str) or not _NAME.fullmatch(name):
            raise UsageError(f'{path}: `{clean_text(name, 40)}`; wanted lines like name = "value"')
    return raw


def _lines(values: dict[str, str]) -> str:
    lines = [f"{name} = {json.dumps(values[name], ensure_ascii=False)}" for name in sorted(values)]
    return _HEAD + "\n".join(lines) + "\n"


def _write(home: Home, values: dict[str, str]) -> None:
    if sealed.sealed_path(home.config).exists():
        sealed.seal(home.config, _lines(values))
    else:
        sealed.replace(_path(home), _lines(values).encode())
