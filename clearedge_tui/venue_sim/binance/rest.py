"""Binance's REST: who asks, with which signature, and what is answered."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from clearedge_tui.venue_sim.account import Account
from clearedge_tui.venue_sim.binance.batches import BATCHES
from clearedge_tui.venue_sim.binance.calls import CALLS, UNSIGNED
from clearedge_tui.venue_sim.binance.codes import code_of, status_of
from clearedge_tui.venue_sim.binance.public import PUBLIC
from clearedge_tui.venue_sim.faults import Fault
from clearedge_tui.venue_sim.floor import Floor, Reply
from clearedge_tui.venue_sim.model import Denial, Denied
from clearedge_tui.venue_sim.request_log import Request

SIGNED = {**CALLS, **BATCHES}
_LIMITS = {"X-MBX-USED-WEIGHT-1M": "1", "X-MBX-ORDER-COUNT-10S": "1", "X-MBX-ORDER-COUNT-1M": "1"}


def verb_of(method: str, path: str) -> str:
    found = PUBLIC.get(path) or SIGNED.get((method, path))
    return found[0] if found else "unknown"


def refusal(denied: Denied) -> Reply:
    code, words = code_of(denied)
    headers = {"Retry-After": "1"} if denied.denial in (Denial.RATE, Denial.BANNED) else {}
    status = status_of(denied)
    return Reply({"code": code, "msg": words}, status, _LIMITS | headers)


def work_of(
    floor: Floor, web_request: web.Request, request: Request
) -> Callable[[Sequence[Fault]], Reply]:
    """Return what has to be done for a request, to be done once."""
    method, path = web_request.method, web_request.path
    params = dict(parse_qsl(request.body, keep_blank_values=True))

    def work(rules: Sequence[Fault]) -> Reply:
        return Reply(_done(rules), 200, _LIMITS)

    def _done(rules: Sequence[Fault]) -> Any:
        if path in PUBLIC:
            return PUBLIC[path][1](floor, params)
        if (method, path) not in SIGNED:
            raise Denied(Denial.PARAMS, f"no such path {method} {path}")
        verb, call = SIGNED[method, path]
        key = web_request.headers.get("X-MBX-APIKEY", "")
        account = signed_by(floor, request, key, params, signed=verb not in UNSIGNED)
        if verb.startswith("order.") and "trade" not in account.rights:
            raise Denied(Denial.RIGHT)
        return call(floor, account, params, rules)

    return work


def signed_by(
    floor: Floor, request: Request, key: str, params: dict[str, str], *, signed: bool = True
) -> Account:
    """Return whose key it is; with checks on, also whether time and signature are right."""
    account = floor.account_of(key)
    request.account = account.name
    if floor.check_keys and signed:
        check_time(floor, params)
        said = request.body.split("&signature=")[0]
        check_sign(account, said, params.get("signature", ""))
    return account


def check_time(floor: Floor, params: dict[str, Any]) -> None:
    stamp, window = str(params.get("timestamp", "")), str(params.get("recvWindow") or 5000)
    if not stamp.isdigit() or not window.isdigit():
        raise Denied(Denial.PARAMS)
    if not floor.time_ms() - int(window) <= int(stamp) <= floor.time_ms() + 1000:
        raise Denied(Denial.CLOCK)


def check_sign(account: Account, said: str, given: str) -> None:
    made = hmac.new(account.secret.encode(), said.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(made, given):
        raise Denied(Denial.SIGNATURE)
