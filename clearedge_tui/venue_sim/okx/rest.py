"""OKX's REST: who asks, with which signature, and how answers are wrapped."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

from clearedge_tui.venue_sim.account import Account
from clearedge_tui.venue_sim.faults import Fault
from clearedge_tui.venue_sim.floor import Floor, Reply
from clearedge_tui.venue_sim.model import Denial, Denied
from clearedge_tui.venue_sim.okx.calls import PRIVATE, PUBLIC, WRITES, one_order
from clearedge_tui.venue_sim.okx.codes import code_of, status_of
from clearedge_tui.venue_sim.request_log import Request

_ORDER = "/api/v5/trade/order"
_WINDOW_MS = 30_000


def verb_of(method: str, path: str) -> str:
    if (method, path) == ("GET", _ORDER):
        return "order"
    found = PUBLIC.get(path) or PRIVATE.get(path) or WRITES.get(path)
    return found[0] if found else "unknown"


def wrapped(data: list[Any]) -> Reply:
    """Return an answer; one of a list of orders is well when any of them is."""
    codes = {row["sCode"] for row in data if isinstance(row, dict) and "sCode" in row}
    code = "0" if not codes or "0" in codes else "1"
    return Reply(
        {"code": code, "msg": "" if code == "0" else "All operations failed", "data": data}
    )


def refusal(denied: Denied, request: Request) -> Reply:
    code, words = code_of(denied)
    status = status_of(denied)
    if status == 200 and request.verb.startswith("order."):
        row = {"ordId": "", "clOrdId": "", "tag": "", "sCode": code, "sMsg": words}
        return Reply({"code": "1", "msg": "All operations failed", "data": [row]})
    return Reply({"code": code, "msg": words, "data": []}, status)


def work_of(
    floor: Floor, web_request: web.Request, request: Request
) -> Callable[[Sequence[Fault]], Reply]:
    """Return what has to be done for a request, to be done once."""
    method, path = web_request.method, web_request.path

    def work(rules: Sequence[Fault]) -> Reply:
        query = dict(web_request.query)
        if path in PUBLIC:
            return wrapped(PUBLIC[path][1](floor, query))
        account = _signed_by(floor, web_request, request)
        if method == "GET" and path == _ORDER:
            return wrapped(one_order(floor, account, query, rules))
        if path in PRIVATE:
            return wrapped(PRIVATE[path][1](floor, account, query, rules))
        if path not in WRITES:
            raise Denied(Denial.PARAMS, f"no such path {path}")
        if "trade" not in account.rights:
            raise Denied(Denial.RIGHT)
        body = msgspec.json.decode(request.body or "{}")
        params = {"each": body} if isinstance(body, list) else body
        return wrapped(WRITES[path][1](floor, account, params, rules))

    return work


def _signed_by(floor: Floor, web_request: web.Request, request: Request) -> Account:
    """Return whose key it is; with checks on, also whether time and signature are right."""
    head = web_request.headers
    stamp = head.get("OK-ACCESS-TIMESTAMP", "")
    account = floor.account_of(head.get("OK-ACCESS-KEY", ""))
    request.account = account.name
    if not floor.check_keys:
        return account
    at_ms = datetime.fromisoformat(stamp).timestamp() * 1000
    if abs(at_ms - floor.time_ms()) > _WINDOW_MS:
        raise Denied(Denial.CLOCK)
    body = request.body if web_request.method == "POST" else ""
    said = f"{stamp}{web_request.method}{web_request.rel_url.raw_path_qs}{body}"
    if not same_sign(account.secret, said, head.get("OK-ACCESS-SIGN", "")):
        raise Denied(Denial.SIGNATURE)
    return account


def same_sign(secret: str, text: str, given: str) -> bool:
    made = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())
    return hmac.compare_digest(made.decode(), given)
