"""A venue's HTTP through ccxt: what an account holds, and the hands to cancel and close it.

It shares nothing with the engine's adapter, so that a fault of one is no fault of both.
"""

import contextlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.errors import ClearEdgeError, RetryLater, UsageError
from clearedge_tui.core.probe import ProbeState
from clearedge_tui.core.text import clean_text
from clearedge_tui.core.venue_state import RawFill, RawOrder, RawPosition, VenueState
from clearedge_tui.core.venues import venue
from clearedge_tui.engine.audit.wallet import WalletReader
from clearedge_tui.settings import Account

_TIMEOUT_MS = 5000
_MISSING = (
    "a live account is looked at by a second client, ccxt, which is not installed; "
    "install it: pip install 'clearedge-tui[live]'"
)
_CLASSES = {"binance": {"usd_m": "binanceusdm", "coin_m": "binancecoinm", "spot": "binance"},
            "kraken": {"spot": "kraken", "futures": "krakenfutures"}}  # fmt: skip
_TYPES = {"linear": "swap", "inverse": "swap", "usd_m": "swap", "coin_m": "swap", "swap": "swap",
          "spot": "spot", "future": "swap", "futures": "future", "option": "option"}  # fmt: skip
_STOPS = {"trigger": True, "ordType": "trigger"}
_ADDRESSES = ("base_url_http", "base_url", "base_url_rest")


class RawVenue:
    """Open it before use, close it after. Errors are ours: RetryLater may be tried again."""

    def __init__(self, account: Account, keys: dict[str, str]) -> None:
        self._account = account
        self._venue = venue(account.venue)
        options = {**_defaults(account.venue), **account.options}
        self._product = str(options.get("product", ""))
        try:
            import ccxt.async_support as ccxt
        except ImportError:
            raise UsageError(_MISSING) from None
        self._ccxt = ccxt
        name = _CLASSES.get(account.venue, {}).get(self._product, account.venue)
        self._client: Any = getattr(ccxt, name)(
            {
                **_credentials(keys),
                "enableRateLimit": False,
                "timeout": _TIMEOUT_MS,
                "options": {
                    "defaultType": _TYPES.get(self._product, "swap"),
                    "warnOnFetchOpenOrdersWithoutSymbol": False,
                },
            }
        )
        self._client.has["fetchCurrencies"] = False  # of no use here, and a right more
        _point(self._client, options)
        self._failed: Exception | None = None
        self._symbols: dict[str, str] = {}  # market of ours -> ccxt's symbol
        self._named: dict[str, str] = {}  # the venue's own id -> market of ours, of this product
        self._wallet = WalletReader(self._client, self._ask, self._product, self._named)

    @property
    def spot(self) -> bool:
        return self._venue.spot(self._account.options)

    async def open(self) -> None:
        """Learn the venue's markets."""
        markets = await self._ask(self._client.load_markets())
        for symbol, market in markets.items():
            named = engine_id(self._account.venue, market)
            self._symbols[named] = symbol
            if _is_of(market, self._product):
                self._named[str(market["id"])] = named

    async def close(self) -> None:
        await self._client.close()

    async def state(self, markets: Iterable[str], since_ns: int, log_ns: int = 0) -> VenueState:
        """Ask for everything; fills of these markets, and the log of balances, since a moment.

        An error is in the answer.
        """
        asked = now_ns()
        try:
            latency, skew = await self.ping()
            orders = await self.orders()
            positions = [] if self.spot else await self.positions()
            balances = await self.balances()
            fills: list[RawFill] = []
            for market in sorted(set(markets)):
                fills += await self._fills(market, since_ns)
            rights = await self.rights()
            wallet = None if self.spot else await self._wallet.read(log_ns, skew)
        except ClearEdgeError as error:
            return VenueState(self._account.name, asked, now_ns(), error=str(error))
        return VenueState(
            self._account.name,
            asked,
            now_ns(),
            tuple(positions),
            tuple(orders),
            balances,
            tuple(fills),
            skew,
            latency,
            rights,
            wallet=wallet,
        )

    async def orders(self) -> list[RawOrder]:
        """Return every open order of the account."""
        rows = await self._ask(self._client.fetch_open_orders())
        if self._account.venue == "okx":  # which lists stops elsewhere
            rows += await self._ask(self._client.fetch_open_orders(params=_STOPS))
        return [self._order(row) for row in rows]

    async def positions(self) -> list[RawPosition]:
        rows = await self._ask(self._client.fetch_positions())
        found = []
        for row in rows:
            size = _number(row["contracts"]) * _number(row.get("contractSize") or 1)
            if size:
                signed = -size if row["side"] == "short" else size
                found.append(
                    RawPosition(self._market(row["symbol"]), signed, _number(row["entryPrice"]))
                )
        return found

    # ---- hands --------------------------------------------------------------------------------
    async def cancel(self, order: RawOrder) -> None:
        """Cancel one order; one that is gone already is no error."""
        symbol = self._symbol(order.market)
        try:
            await self._ask(self._client.cancel_order(order.venue_id, symbol))
        except _Gone:
            if self._account.venue != "okx":
                return
            with contextlib.suppress(_Gone):
                await self._ask(self._client.cancel_order(order.venue_id, symbol, _STOPS))

    async def cancel_all(self, markets: Iterable[str]) -> None:
        """Cancel whatever rests on these markets, in one request each where the venue has one."""
        wanted = set(markets)
        if self._client.has.get("cancelAllOrders"):
            for market in wanted:
                await self._ask(self._client.cancel_all_orders(self._symbol(market)))
            return
        for order in await self.orders():
            if order.market in wanted:
                await self.cancel(order)

    async def close_out(self, market: str, size: Decimal, reduce_only: bool = True) -> None:
        """Trade a position of a signed size away at the market."""
        side = "sell" if size > 0 else "buy"
        params = {"reduceOnly": True} if reduce_only and not self.spot else {}
        await self._ask(
            self._client.create_order(
                self._symbol(market), "market", side, float(abs(size)), None, params
            )
        )

    async def ping(self) -> tuple[float, float]:
        """Return how long a request takes, and how far the venue's clock is ahead of ours, in ms."""
        asked, begun = now_ns(), monotonic()
        there_ms = await self._time()
        latency = (monotonic() - begun) * 1000
        return latency, there_ms - (asked / 1e6 + latency / 2)

    def failure(self) -> ProbeState:
        """Say of what kind the last failure was."""
        error, known = self._failed, self._ccxt
        if isinstance(error, known.RequestTimeout):
            return ProbeState.TIMEOUT
        if error is None:
            return ProbeState.UNKNOWN
        if isinstance(error, known.NetworkError) and not isinstance(
            error, known.RateLimitExceeded | known.ExchangeNotAvailable
        ):
            return ProbeState.UNREACHABLE
        answered = self._client.last_http_response is not None
        return ProbeState.HTTP_ERROR if answered else ProbeState.UNREACHABLE

    # ---- parts --------------------------------------------------------------------------------
    async def _time(self) -> float:
        if not self._client.has.get("fetchTime"):
            return now_ns() / 1e6  # it has no clock to ask: no skew is known of
        return float(await self._ask(self._client.fetch_time()))

    async def balances(self) -> dict[str, Decimal]:
        found = await self._ask(self._client.fetch_balance())
        totals = found.get("total") or {}
        return {code: _number(value) for code, value in totals.items() if value}

    async def _fills(self, market: str, since_ns: int) -> list[RawFill]:
        symbol = self._symbols.get(market)
        if symbol is None or not self._client.has.get("fetchMyTrades"):
            return []
        rows = await self._ask(self._client.fetch_my_trades(symbol, since_ns // 1_000_000))
        return [self._fill(market, row) for row in rows]

    async def rights(self) -> tuple[str, ...] | None:
        """Return what the key may do, where its venue tells."""
        if self._account.venue == "bybit":
            told = await self._ask(self._client.private_get_v5_user_query_api())
            rights = told["result"]["permissions"]
            return tuple(sorted({str(one).lower() for many in rights.values() for one in many}))
        if self._account.venue == "binance" and self._client.id == "binance":
            told = await self._ask(self._client.sapi_get_account_apirestrictions())
            names = {"enableWithdrawals": "withdraw", "enableReading": "read",
                     "enableSpotAndMarginTrading": "trade", "enableFutures": "trade"}  # fmt: skip
            return tuple(sorted({names[key] for key in names if told.get(key)}))
        return None

    def _order(self, row: dict[str, Any]) -> RawOrder:
        price = row.get("price") or row.get("triggerPrice")
        key = row.get("clientOrderId") or (row.get("info") or {}).get("algoClOrdId")
        return RawOrder(
            clean_text(key or "", 64),
            clean_text(row["id"], 64),
            self._market(row["symbol"]),
            row["side"],
            _number(row["amount"]),
            _number(row.get("filled")),
            _number(price) if price else None,
        )

    def _fill(self, market: str, row: dict[str, Any]) -> RawFill:
        fee = row.get("fee") or {}
        price, cost = _number(row["price"]), _number(fee.get("cost"))
        base = self._client.markets[row["symbol"]]["base"]
        in_base = bool(fee.get("currency") == base and self.spot)
        info = row.get("info") or {}
        return RawFill(
            clean_text(row["id"], 64),
            clean_text(row.get("order") or "", 64),
            market,
            row["side"],
            _number(row["amount"]),
            price,
            cost * price if in_base else cost,
            cost if in_base else Decimal(0),
            int(row["timestamp"]) * 1_000_000,
            clean_text(info.get("orderLinkId") or info.get("clientOrderId") or "", 64),
        )

    def _market(self, symbol: str) -> str:
        """Return the market of ours. Venues use one id for a pair and its perpetual, and ccxt may
        take one for the other; the account trades one product only.
        """
        market = self._client.markets.get(symbol)
        if market is None:
            return clean_text(symbol, 64)
        own = self._named.get(str(market["id"]))
        return own or engine_id(self._account.venue, market)

    def _symbol(self, market: str) -> str:
        found = self._symbols.get(market)
        if found is None:
            raise UsageError(f"{self._account.venue} has no market {market}")
        return found

    async def _ask(self, call: Any) -> Any:
        known = self._ccxt
        self._failed = None
        try:
            return await call
        except known.OrderNotFound as error:
            raise _Gone(clean_text(error, 200)) from None
        except known.OperationFailed as error:
            self._failed = error
            raise RetryLater(f"{self._venue.title}: {clean_text(error, 200)}") from None
        except known.BaseError as error:
            self._failed = error
            words = f"{type(error).__name__}: {clean_text(error, 200)}"
            raise UsageError(f"{self._venue.title}: {words}") from None


class _Gone(ClearEdgeError):
    """An order that the venue no longer has open."""


def engine_id(name: str, market: dict[str, Any]) -> str:
    """Return how NautilusTrader's adapter calls a market that ccxt describes."""
    code, raw = venue(name).code, str(market["id"])
    if name == "bybit":
        kind = "SPOT" if market.get("spot") else "LINEAR" if market.get("linear") else "INVERSE"
        return f"{raw}-{kind}.{code}"
    if name == "binance" and market.get("swap"):
        return f"{raw.removesuffix('_PERP')}-PERP.{code}"
    if name == "hyperliquid":
        base, quote = market["base"], market["quote"]
        return f"{base}-{quote}-{'SPOT' if market.get('spot') else 'PERP'}.{code}"
    return f"{raw}.{code}"


def _is_of(market: dict[str, Any], product: str) -> bool:
    """Whether a market is of an account's product."""
    if product == "spot":
        return bool(market.get("spot"))
    if product in ("linear", "usd_m"):
        return bool(market.get("contract") and market.get("linear"))
    if product in ("inverse", "coin_m"):
        return bool(market.get("contract") and market.get("inverse"))
    return not product or bool(market.get("contract"))


def _defaults(name: str) -> dict[str, object]:
    return {key: field["default"] for key, field in venue(name).options.items()}


def _credentials(keys: dict[str, str]) -> dict[str, str]:
    names = {"api_key": "apiKey", "api_secret": "secret", "api_passphrase": "password",
             "private_key": "privateKey"}  # fmt: skip
    return {names[name]: value for name, value in keys.items() if name in names}


def _point(client: Any, options: dict[str, object]) -> None:
    """Aim the client at the account's environment, or at addresses of its own."""
    moved = next((str(options[n]) for n in _ADDRESSES if options.get(n)), "")
    if moved:
        client.urls["api"] = _moved(client.urls["api"], moved)
    elif options.get("environment") in ("testnet", "sandbox"):
        client.set_sandbox_mode(True)
    elif options.get("environment") == "demo" and hasattr(client, "enable_demo_trading"):
        client.enable_demo_trading(True)


def _moved(urls: Any, base: str) -> Any:
    if isinstance(urls, dict):
        return {name: _moved(url, base) for name, url in urls.items()}
    if not isinstance(urls, str):
        return urls
    there = urlsplit(base)
    return urlunsplit((there.scheme, there.netloc, urlsplit(urls).path, "", ""))


def _number(value: object) -> Decimal:
    return Decimal(str(value)) if value not in (None, "") else Decimal(0)
