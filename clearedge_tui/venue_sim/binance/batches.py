"""Several orders in one request at Binance: each has its own answer, an order or a refusal."""

from collections.abc import Sequence
from typing import Any

import msgspec

from clearedge_tui.venue_sim.account import Account
from clearedge_tui.venue_sim.binance.asked import Params
from clearedge_tui.venue_sim.binance.calls import Call, amend, cancel, create
from clearedge_tui.venue_sim.binance.codes import code_of
from clearedge_tui.venue_sim.faults import Fault
from clearedge_tui.venue_sim.floor import Floor
from clearedge_tui.venue_sim.model import Denial, Denied


def _listed[T](params: Params, name: str, kind: type[list[T]]) -> list[T]:
    try:
        return msgspec.json.decode(params.get(name) or "[]", type=kind)
    except msgspec.MsgspecError as error:
        raise Denied(Denial.PARAMS) from error


def _each(
    call: Call, floor: Floor, who: Account, asked: list[Params], rules: Sequence[Fault]
) -> list[Any]:
    done: list[Any] = []
    for one in asked:
        try:
            done.append(call(floor, who, one, rules))
        except Denied as denied:
            code, words = code_of(denied)
            done.append({"code": code, "msg": words})
    return done


def create_all(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    return _each(create, floor, who, _listed(params, "batchOrders", list[Params]), rules)


def amend_all(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    return _each(amend, floor, who, _listed(params, "batchOrders", list[Params]), rules)


def cancel_some(floor: Floor, who: Account, params: Params, rules: Sequence[Fault]) -> Any:
    asked: list[Params] = [
        {"symbol": params.get("symbol"), "orderId": one}
        for one in _listed(params, "orderIdList", list[int])
    ]
    asked += [
        {"symbol": params.get("symbol"), "origClientOrderId": one}
        for one in _listed(params, "origClientOrderIdList", list[str])
    ]
    return _each(cancel, floor, who, asked, rules)


BATCHES: dict[tuple[str, str], tuple[str, Call]] = {
    ("POST", "/fapi/v1/batchOrders"): ("order.create_batch", create_all),
    ("PUT", "/fapi/v1/batchOrders"): ("order.amend_batch", amend_all),
    ("DELETE", "/fapi/v1/batchOrders"): ("order.cancel_batch", cancel_some),
}
