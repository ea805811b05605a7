"""Bybit's REST: who asks, with which signature, and what is answered."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from aiohttp import web

from clearedge_tui.venue_sim.account import Account
from clearedge_tui.venue_sim.bybit import reads
from clearedge_tui.venue_sim.bybit.codes import code_of
from clearedge_tui.venue_sim.bybit.writes import WRITES
from clearedge_tui.venue_sim.faults import Fault
from clearedge_tui.venue_sim.floor import Floor, Reply
from clearedge_tui.venue_sim.model import Denial, Denied
from clearedge_tui.venue_sim.request_log import Request

Query = dict[str, str]
PUBLIC: dict[str, tuple[str, Callable[[Floor, Query], dict[str, Any]]]] = {
    "/v5/market/time": ("time", lambda floor, query: reads.server_time(floor)),
    "/v5/market/instruments-info": ("markets", reads.instruments),
    "/v5/market/tickers": ("tickers", reads.tickers),
    "/v5/market/orderbook": ("book", reads.orderbook),
    "/v5/market/kline": ("candles", reads.klines),
    "/v5/market/recent-trade": ("trades", reads.recent_trades),
    "/v5/market/funding/history": ("funding", lambda floor, query: {"list": []}),
}
Private = Callable[[Floor, Account, Query, Sequence[Fault]], dict[str, Any]]
PRIVATE: dict[str, tuple[str, Private]] = {
    "/v5/account/wallet-balance": ("balances", reads.wallet),
    "/v5/position/list": ("positions", reads.positions),
    "/v5/order/realtime": ("orders", reads.open_orders),
    "/v5/order/history": ("order_history", reads.order_history),
    "/v5/execution/list": ("fills", reads.executions),
    "/v5/account/transaction-log": ("log", reads.transaction_log),
    "/v5/account/fee-rate": (
        "fees",
        lambda floor, who, query, rules: reads.fee_rates(floor, query),
    ),
    "/v5/account/info": ("account", lambda floor, who, query, rules: reads.account_info(floor)),
    "/v5/user/query-api": ("key", lambda floor, who, query, rules: reads.key_info(floor, who)),
}


def verb_of(path: str) -> str:
    found = PUBLIC.get(path) or PRIVATE.get(path) or WRITES.get(path)
    return found[0] if found else "unknown"


def answered(floor: Floor, result: dict[str, Any]) -> Reply:
    codes = result.pop("_codes", None)
    body = {
        "retCode": 0, "retMsg": "OK", "result": result, "time": floor.time_ms(),
        "retExtInfo": {} if codes is None else {"list": codes},
    }  # fmt: skip
    return Reply(body, 200, limits(floor))


def limits(floor: Floor) -> dict[str, str]:
    """Return what the headers say of limits; without one they speak of many."""
    most = floor.limiter.most or 50
    left = floor.limiter.left if floor.limiter.most else most - 1
    return {
        "X-Bapi-Limit": str(most), "X-Bapi-Limit-Status": str(left),
        "X-Bapi-Limit-Reset-Timestamp": str(floor.time_ms() + 1000),
    }  # fmt: skip


def refusal(floor: Floor, request: Request, denied: Denied) -> Reply:
    """Return a refusal: a code in the body, but for a ban and for a key that is wrong."""
    code, words = code_of(denied, spot='"category":"spot"' in request.body.replace(" ", ""))
    body = {"retCode": code, "retMsg": words, "result": {}, "retExtInfo": {}}
    headers = limits(floor) | {"X-Bapi-Limit-Status": "0"}
    if denied.denial is Denial.RATE and denied.code == 429:
        return Reply("Too Many Requests", 429, headers | {"Retry-After": "1"})
    if denied.denial is Denial.BANNED:
        text = denied.text or "access too frequent: IP rate limit, please try again in 10 minutes"
        return Reply(text, 403, headers)
    return Reply(body | {"time": floor.time_ms()}, 200, headers)


def work_of(
    floor: Floor, web_request: web.Request, request: Request
) -> Callable[[Sequence[Fault]], Reply]:
    """Return what has to be done for a request, to be done once."""
    path, query = web_request.path, dict(web_request.query)

    def work(rules: Sequence[Fault]) -> Reply:
        if path in PUBLIC:
            return answered(floor, PUBLIC[path][1](floor, query))
        account = signed_by(floor, web_request, request)
        if path in PRIVATE:
            return answered(floor, PRIVATE[path][1](floor, account, query, rules))
        if path not in WRITES:
            raise Denied(Denial.PARAMS, f"params error: no such path {path}")
        if "trade" not in account.rights:
            raise Denied(Denial.RIGHT)
        return answered(floor, WRITES[path][1](floor, account, _body(request), rules))

    return work


def _body(request: Request) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(request.body or "{}", type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Denied(Denial.PARAMS, "params error: not JSON") from error
    return found


def signed_by(floor: Floor, web_request: web.Request, request: Request) -> Account:
    """Return whose key it is; with checks on, also whether time and signature are right."""
    head = web_request.headers
    key, stamp = head.get("X-BAPI-API-KEY", ""), head.get("X-BAPI-TIMESTAMP", "")
    account = floor.account_of(key)
    request.account = account.name
    if not floor.check_keys:
        return account
    window = head.get("X-BAPI-RECV-WINDOW", "5000")
    if not stamp.isdigit() or not window.isdigit():
        raise Denied(Denial.PARAMS)
    if not floor.time_ms() - int(window) <= int(stamp) <= floor.time_ms() + 1000:
        raise Denied(Denial.CLOCK)
    said = web_request.rel_url.raw_query_string if web_request.method == "GET" else request.body
    if not same_sign(account.secret, stamp + key + window + said, head.get("X-BAPI-SIGN", "")):
        raise Denied(Denial.SIGNATURE)
    return account


def same_sign(secret: str, text: str, given: str) -> bool:
    made = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(made, given)
