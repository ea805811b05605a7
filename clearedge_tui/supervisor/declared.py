"""What people declare in files: accounts and markets, read again whenever their file changes."""

from pathlib import Path

from clearedge_tui.core.errors import NotFound, UsageError
from clearedge_tui.market.markets import Market, load_markets
from clearedge_tui.settings import Account, Home, load_accounts


class Declared:
    """A file that has become wrong keeps its last good content, and `error` says what is wrong."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._accounts: dict[str, Account] = {}
        self._accounts_stamp = -2
        self._markets: dict[str, Market] = {}
        self._markets_stamp = -2
        self.error = ""

    def accounts(self) -> dict[str, Account]:
        stamp = _stamp(self._home.config / "accounts.toml")
        if stamp != self._accounts_stamp:
            self._accounts_stamp = stamp
            try:
                self._accounts = load_accounts(self._home)
                self.error = ""
            except UsageError as error:
                self.error = str(error)
        return self._accounts

    def market(self, market_id: str) -> Market:
        """Return a market by id. Raises NotFound, or BadData when the list is damaged."""
        stamp = _stamp(self._home.catalog / "markets.json")
        if stamp != self._markets_stamp:
            self._markets = load_markets(self._home)
            self._markets_stamp = stamp
        found = self._markets.get(market_id)
        if found is None:
            raise NotFound(f"market {market_id} is not in the catalog; see: clearedge data list")
        return found


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return -1
