"""`config/accounts.toml`, changed by programs: what a person wrote around it stays as it is."""

from collections.abc import Mapping
from pathlib import Path

from clearedge_tui.core.errors import NotFound, Refused, UsageError
from clearedge_tui.sealed import replace
from clearedge_tui.settings import Account, Home, load_accounts, parse_accounts

_NAME_LENGTH = 24


def put(home: Home, name: str, fields: Mapping[str, object], options: Mapping[str, object],
        new: bool = False) -> Account:  # fmt: skip
    """Set fields and options of an account, or write a new one; nothing is written if it is wrong."""
    import tomlkit
    from tomlkit.exceptions import ParseError

    path = home.config / "accounts.toml"
    known = load_accounts(home) if path.exists() else {}
    if new == (name in known):
        raise (Refused if new else NotFound)(f"account {name} is {'' if new else 'not '}there")
    if new and not (name.isascii() and name.replace("-", "").replace("_", "").isalnum()
                    and len(name) <= _NAME_LENGTH):  # fmt: skip
        raise UsageError(f"account `{name}`: letters, digits, `-` and `_`, at most {_NAME_LENGTH}")
    try:
        document = tomlkit.parse(path.read_text("utf-8") if path.exists() else "")
    except ParseError as error:
        raise UsageError(f"{path}: {error}") from None
    if new:
        document[name] = tomlkit.table()
    table = document[name]
    for key, value in fields.items():
        _set(table, key, value)
    if options:
        if "options" not in table:
            table["options"] = tomlkit.table()
        for key, value in options.items():
            _set(table["options"], key, value)
    text = tomlkit.dumps(document)
    made = parse_accounts(path, text)  # refuses what would not load
    replace(path, text.encode())
    return made[name]


def remove(home: Home, name: str) -> None:
    """Take an account out of the file."""
    import tomlkit

    path = home.config / "accounts.toml"
    if name not in load_accounts(home):
        raise NotFound(f"account {name} is not there")
    document = tomlkit.parse(path.read_text("utf-8"))
    del document[name]
    replace(Path(path), tomlkit.dumps(document).encode())


def _set(table: object, key: str, value: object) -> None:
    """Set a value, or with None take it away so that the default counts."""
    if value is None:
        table.pop(key, None)  # type: ignore[attr-defined]
    else:
        table[key] = value  # type: ignore[index]
