"""accounts.toml changed by programs: comments stay, and what is wrong is never written."""

from pathlib import Path

import pytest

from clearedge_tui.accounts_file import put, remove
from clearedge_tui.core.errors import NotFound, Refused, UsageError
from clearedge_tui.settings import Home, load_accounts

TEXT = """# my accounts
[paper]   # to play
speed = 60.0
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path)
    found.config.mkdir()
    (found.config / "accounts.toml").write_text(TEXT)
    return found


def text(home: Home) -> str:
    return (home.config / "accounts.toml").read_text()


def test_an_account_is_added_changed_and_removed_and_comments_stay(home: Home) -> None:
    put(home, "main", {"kind": "live", "venue": "bybit"}, {"product": "spot"}, new=True)
    made = load_accounts(home)["main"]
    assert (made.live, made.feed, made.options) == (True, "venue", {"product": "spot"})
    put(home, "main", {"leverage": "3"}, {"base_url_http": "http://127.0.0.1:1"})
    put(home, "main", {"leverage": None}, {"product": None})
    assert load_accounts(home)["main"].options == {"base_url_http": "http://127.0.0.1:1"}
    put(home, "paper", {"speed": 10.0}, {})
    assert "# my accounts" in text(home)
    assert "# to play" in text(home)
    remove(home, "main")
    assert set(load_accounts(home)) == {"paper"}
    assert "bybit" not in text(home)


@pytest.mark.parametrize(
    ("name", "fields", "options", "new", "words"),
    [
        ("a", {"kind": "live"}, {}, True, "named by feed"),
        ("a", {"venue": "nowhere"}, {}, True, "known: bybit"),
        ("a", {"venue": "bybit"}, {"product": "tea"}, True, "product"),
        ("a", {"venue": "bybit"}, {"sugar": 1}, True, "sugar"),
        ("paper", {"pace": 1}, {}, False, "unknown key `pace`"),
        ("../up", {}, {}, True, "letters, digits"),
        ("paper", {}, {"product": "spot"}, False, "options are a venue's"),
    ],
)
def test_what_would_not_load_is_not_written(
    home: Home,
    name: str,
    fields: dict[str, object],
    options: dict[str, object],
    new: bool,
    words: str,
) -> None:
    with pytest.raises(UsageError, match=words):
        put(home, name, fields, options, new=new)
    assert text(home) == TEXT


def test_new_is_new_and_old_is_there(home: Home) -> None:
    with pytest.raises(Refused):
        put(home, "paper", {}, {}, new=True)
    with pytest.raises(NotFound):
        put(home, "other", {}, {})
    with pytest.raises(NotFound):
        remove(home, "other")
