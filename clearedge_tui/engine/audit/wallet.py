"""A derivatives account's balance and the venue's own log of it, asked raw.

Two venues keep such a log and are understood: Bybit (unified account) and Binance's USD-M futures.
"""

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import ClearEdgeError, RetryLater
from clearedge_tui.core.text import clean_text
from clearedge_tui.core.venue_state import Moved, Wallet

Ask = Callable[[Awaitable[Any]], Awaitable[Any]]
Row = dict[str, Any]
_WINDOW_MS = 7 * 86_400_000  # as much as one request may span
_LONGEST_MS = 30 * 86_400_000
_PAGES = 40


class WalletReader:
    """`named`: the venue's own ids of the account's product, each with the market of ours."""

    def __init__(self, client: Any, ask: Ask, product: str, named: Mapping[str, str]) -> None:
        self._client, self._ask, self._named = client, ask, named
        self._read = {"linear": self._bybit, "usd_m": self._binance}.get(product)
        self._held = {"linear": self._bybit_held, "usd_m": self._binance_held}.get(product)

    async def read(self, since_ns: int, skew_ms: float) -> Wallet:
        """Return balance and log since a moment; what cannot be said of them is in its error."""
        try:
            return await self._looked(since_ns, skew_ms)
        except ClearEdgeError as error:
            return Wallet(error=str(error))

    async def _looked(self, since_ns: int, skew_ms: float) -> Wallet:
        if self._read is None or self._held is None or self._client.id not in _KNOWN:
            return Wallet(error="this venue's log of balances is not read")
        before = await self._held()
        at_ns = now_ns() + int(skew_ms * 1e6)
        first = since_ns or at_ns
        if at_ns - first > _LONGEST_MS * 1_000_000:
            return Wallet(at_ns, first, before, error="it was last agreed on more than 30 days ago")
        log = await self._log(first // 1_000_000, at_ns // 1_000_000) if since_ns else []
        if await self._held() != before:
            return Wallet(error="it moved while it was looked at")
        return Wallet(at_ns, first, before, tuple(log))

    async def _log(self, first_ms: int, last_ms: int) -> list[Moved]:
        found: list[Moved] = []
        assert self._read is not None  # noqa: S101  # looked at before
        while first_ms <= last_ms:
            end_ms = first_ms + _WINDOW_MS - 1
            found += await self._read(first_ms, end_ms)
            first_ms = end_ms + 1
        return found

    # ---- Bybit --------------------------------------------------------------------------------
    async def _bybit_held(self) -> dict[str, Decimal]:
        asked = self._client.private_get_v5_account_wallet_balance({"accountType": "UNIFIED"})
        accounts = (await self._ask(asked))["result"]["list"]
        return {
            str(coin["coin"]): _number(coin["walletBalance"])
            for account in accounts
            for coin in account["coin"]
        }

    async def _bybit(self, first_ms: int, end_ms: int) -> list[Moved]:
        words: Row = {
            "accountType": "UNIFIED",
            "startTime": first_ms,
            "endTime": end_ms,
            "limit": 50,
        }
        found: list[Moved] = []
        for _ in range(_PAGES):
            asked = self._client.private_get_v5_account_transaction_log(words)
            told = (await self._ask(asked))["result"]
            for row in told["list"]:
                found += self._bybit_row(row)
            words["cursor"] = unquote(told.get("nextPageCursor") or "")
            if not words["cursor"] or not told["list"]:
                return found
        raise RetryLater("the log of balances is longer than can be read at once")

    def _bybit_row(self, row: Row) -> list[Moved]:
        """Return a line; one of a trade beside what else it moved (a funding that came with it)."""
        at, coin = int(row["transactionTime"]) * 1_000_000, str(row["currency"])
        kind, change = clean_text(row["type"], 40), _number(row["change"])
        linear = row.get("category") == "linear"
        market = self._named.get(str(row.get("symbol") or ""), "") if linear else ""
        if kind != "TRADE" or not market:
            return [Moved(at, coin, change, kind, market)]
        traded = _number(row.get("cashFlow")) - _number(row.get("fee"))
        found = [Moved(at, coin, traded, kind, market, trade=True)]
        if change != traded:
            found.append(Moved(at, coin, change - traded, "FUNDING", market))
        return found

    # ---- Binance ------------------------------------------------------------------------------
    async def _binance_held(self) -> dict[str, Decimal]:
        rows = await self._ask(self._client.fapiprivatev2_get_balance())
        return {str(row["asset"]): _number(row["balance"]) for row in rows}

    async def _binance(self, first_ms: int, end_ms: int) -> list[Moved]:
        found: list[Moved] = []
        for page in range(1, _PAGES + 1):
            words = {"startTime": first_ms, "endTime": end_ms, "limit": 1000, "page": page}
            rows = await self._ask(self._client.fapiprivate_get_income(words))
            found += [self._binance_row(row) for row in rows]
            if len(rows) < 1000:
                return found
        raise RetryLater("the log of balances is longer than can be read at once")

    def _binance_row(self, row: Row) -> Moved:
        kind = clean_text(row["incomeType"], 40)
        return Moved(
            int(row["time"]) * 1_000_000,
            str(row["asset"]),
            _number(row["income"]),
            kind,
            self._named.get(str(row.get("symbol") or ""), ""),
            trade=kind in ("REALIZED_PNL", "COMMISSION"),
        )


_KNOWN = ("bybit", "binanceusdm")


def _number(value: object) -> Decimal:
    return Decimal(str(value)) if value not in (None, "") else Decimal(0)
