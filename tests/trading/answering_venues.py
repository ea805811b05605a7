"""Venues of a few answers each: enough for an adapter to come up, and a note of who was asked what."""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

Said = dict[str, Any]
_ZERO = dict.fromkeys(("accountValue", "totalNtlPos", "totalRawUsd", "totalMarginUsed"), "0")


def kraken(path: str, said: Said) -> Any:
    fees = [[0, 0.4]]
    pair = {
        "altname": "XBTUSDT", "wsname": "XBT/USDT", "aclass_base": "currency", "base": "XXBT",
        "aclass_quote": "currency", "quote": "USDT", "lot": "unit", "cost_decimals": 5,
        "pair_decimals": 1, "lot_decimals": 8, "lot_multiplier": 1, "leverage_buy": [],
        "leverage_sell": [], "fees": fees, "fees_maker": fees, "fee_volume_currency": "ZUSD",
        "margin_call": 80, "margin_stop": 40, "ordermin": "0.00005", "costmin": "0.5",
        "tick_size": "0.1", "status": "online",
    }  # fmt: skip
    found: dict[str, Any] = {
        "AssetPairs": {"XBTUSDT": pair}, "BalanceEx": {"USDT": {"balance": "1000", "hold_trade": "0"}},
        "GetWebSocketsToken": {"token": "t", "expires": 900}, "OpenOrders": {"open": {}},
        "ClosedOrders": {"closed": {}, "count": 0}, "TradesHistory": {"trades": {}, "count": 0},
        "OpenPositions": {},
    }  # fmt: skip
    return {"error": [], "result": found.get(path.rpartition("/")[2], {})}


def kraken_socket(said: Said) -> list[Any]:
    if said.get("method") != "subscribe":
        return []
    now = "2026-01-01T00:00:00.000000Z"
    return [{"method": "subscribe", "success": True, "result": said["params"], "time_in": now,
             "time_out": now, "req_id": said.get("req_id")}]  # fmt: skip


def hyperliquid(path: str, said: Said) -> Any:
    perpetuals = {
        "universe": [{"name": "BTC", "szDecimals": 5, "maxLeverage": 40}], "marginTables": [],
        "collateralToken": 0,
    }  # fmt: skip
    token = {"name": "USDC", "szDecimals": 8, "weiDecimals": 8, "index": 0, "tokenId": "0x0",
             "isCanonical": True}  # fmt: skip
    found: dict[str, Any] = {
        "spotMeta": {"tokens": [token], "universe": []}, "allPerpMetas": [perpetuals],
        "meta": perpetuals, "outcomeMeta": {"outcomes": []}, "userAbstraction": "disabled",
        "clearinghouseState": {
            "assetPositions": [], "crossMarginSummary": _ZERO, "marginSummary": _ZERO,
            "withdrawable": "0", "time": 0,
        },
        "spotClearinghouseState": {"balances": []},
        "userFees": {"userCrossRate": "0.00035", "userAddRate": "0.0001"},
    }  # fmt: skip
    return found.get(str(said.get("type")), [])


def hyperliquid_socket(said: Said) -> list[Any]:
    return [{"channel": "subscriptionResponse", "data": said}] if "subscription" in said else []


def deribit(path: str, said: Said) -> Any:
    return _rpc(said)


def _rpc(said: Said) -> Said:
    market = {
        "price_index": "btc_usdc", "kind": "future", "instrument_name": "BTC_USDC-PERPETUAL",
        "max_leverage": 50, "maker_commission": 0.0, "taker_commission": 0.0005,
        "instrument_type": "linear", "expiration_timestamp": 32503708800000,
        "creation_timestamp": 1534167754000, "is_active": True, "tick_size": 0.5,
        "contract_size": 0.0001, "instrument_id": 1, "min_trade_amount": 0.0001,
        "future_type": "linear", "block_trade_commission": 0.0, "tick_size_steps": [],
        "block_trade_min_trade_amount": 1, "block_trade_tick_size": 0.01, "quote_currency": "USDC",
        "settlement_currency": "USDC", "settlement_period": "perpetual", "base_currency": "BTC",
        "counter_currency": "USDC",
    }  # fmt: skip
    coin = dict.fromkeys(
        ("balance", "equity", "available_funds", "margin_balance", "initial_margin",
         "maintenance_margin", "total_pl", "session_upl", "session_rpl"), 0.0
    )  # fmt: skip
    token = {"access_token": "a", "expires_in": 900, "refresh_token": "r", "scope": "main",
             "token_type": "bearer"}  # fmt: skip
    found: dict[str, Any] = {
        "public/get_instruments": [market], "public/auth": token, "public/test": {"version": "1"},
        "private/get_account_summaries": {"summaries": [{"currency": "USDC", **coin}]},
        "public/set_heartbeat": "ok", "public/get_time": 1,
        "private/get_user_trades_by_currency_and_time": {"trades": [], "has_more": False},
    }  # fmt: skip
    method = str(said.get("method"))
    asked = said.get("params", {}).get("channels", [])
    result = asked if method.endswith("/subscribe") else found.get(method, [])
    return {"jsonrpc": "2.0", "id": said.get("id"), "result": result, "usIn": 1, "usOut": 2,
            "usDiff": 1, "testnet": False}  # fmt: skip  # codespell:ignore usIn


def deribit_socket(said: Said) -> list[Any]:
    return [_rpc(said)]


def coinbase(path: str, said: Said) -> Any:
    market = {
        "product_id": "BTC-USD", "price": "40000", "base_increment": "0.00000001",
        "quote_increment": "0.01", "quote_min_size": "1", "quote_max_size": "150000000",
        "base_min_size": "0.00000001", "base_max_size": "3400", "base_name": "Bitcoin",
        "quote_name": "US Dollar", "status": "online", "product_type": "SPOT",
        "quote_currency_id": "USD", "base_currency_id": "BTC", "price_increment": "0.01",
        "display_name": "BTC-USD", "product_venue": "CBE", "alias": "", "alias_to": [],
        "volume_24h": "1", "price_percentage_change_24h": "0", "volume_percentage_change_24h": "0",
        "watched": False, "is_disabled": False, "new": False, "cancel_only": False,
        "limit_only": False, "post_only": False, "trading_disabled": False, "auction_mode": False,
        "view_only": False,
    }  # fmt: skip
    money = {"value": "1000", "currency": "USD"}
    held = {
        "uuid": "1", "name": "USD", "currency": "USD", "available_balance": money,
        "default": True, "active": True, "created_at": "2021-05-31T09:59:59Z", "type": "FIAT",
        "updated_at": "2024-01-15T10:30:00Z", "deleted_at": None, "ready": True,
        "hold": {"value": "0", "currency": "USD"}, "retail_portfolio_id": "p",
    }  # fmt: skip
    found = {
        "products": {"products": [market], "num_products": 1},
        "accounts": {"accounts": [held], "has_next": False, "cursor": "", "size": 1},
        "batch": {"orders": [], "has_next": False, "cursor": ""},
        "fills": {"fills": [], "cursor": ""},
    }
    return found.get(path.rpartition("/")[2], {})


def coinbase_socket(said: Said) -> list[Any]:
    channels = {said.get("channel", ""): said.get("product_ids", [])}
    return [{"channel": "subscriptions", "client_id": "", "timestamp": "2026-01-01T00:00:00Z",
             "sequence_num": 0, "events": [{"subscriptions": channels}]}]  # fmt: skip


HTTP: dict[str, Callable[[str, Said], Any]] = {
    "kraken": kraken, "hyperliquid": hyperliquid, "deribit": deribit, "coinbase": coinbase,
}  # fmt: skip
SOCKET: dict[str, Callable[[Said], list[Any]]] = {
    "kraken": kraken_socket, "hyperliquid": hyperliquid_socket, "deribit": deribit_socket,
    "coinbase": coinbase_socket,
}  # fmt: skip

_ORDERS = {
    "kraken": ('"add_order"', "AddOrder"), "hyperliquid": ('"type":"order"',),
    "deribit": ("private/buy",), "coinbase": ("brokerage/orders {",),
}  # fmt: skip


class Answering:
    """Listens on loopback. An address is `/VENUE/OPTION`, so what arrives says which was used."""

    def __init__(self) -> None:
        self.asked: dict[tuple[str, str], list[str]] = {}
        self._runner: web.AppRunner | None = None

    async def open(self) -> str:
        """Return where it listens, without a scheme."""
        app = web.Application()
        app.router.add_route("*", "/{venue}/{option}{rest:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def _note(self, request: web.Request, what: str) -> str:
        venue = request.match_info["venue"]
        option = request.match_info["option"].partition("/")[0]
        self.asked.setdefault((venue, option), []).append(what)
        return venue

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request)
        text = await request.text()
        venue = self._note(request, f"{request.path} {text}")
        said = json.loads(text) if text.startswith("{") else {}
        return web.json_response(HTTP[venue](request.path, said))

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        venue = self._note(request, "")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT and message.data.startswith("{"):
                self._note(request, message.data)
                for one in SOCKET[venue](json.loads(message.data)):
                    await socket.send_json(one)
        return socket

    def ordered(self) -> dict[str, str]:
        """Return the order that each venue was sent, as it was said."""
        found = {}
        for (venue, _), said in self.asked.items():
            for one in said:
                if any(word in one for word in _ORDERS[venue]):
                    found[venue] = one
        return found
