"""Orders, fills and candles as a TWS tells of them."""

from typing import Any

from clearedge_tui.core.clock import to_datetime
from clearedge_tui.venue_sim.candles import Candle
from clearedge_tui.venue_sim.exchange import Exchange
from clearedge_tui.venue_sim.ib.contracts import contract
from clearedge_tui.venue_sim.ib.line import told
from clearedge_tui.venue_sim.model import ZERO, Fill, Kind, Order, Side, Status, Tif
from clearedge_tui.venue_sim.words import plain

Words = dict[str, Any]
Named = tuple[int, int]  # a client, and its own number of an order
_STATUS = {
    Status.WAITING: "PreSubmitted",
    Status.TRIGGERED: "Submitted",
    Status.OPEN: "Submitted",
    Status.FILLED: "Filled",
    Status.CANCELLED: "Cancelled",
    Status.REJECTED: "Inactive",
}
_SIDES = {Side.BUY: "BUY", Side.SELL: "SELL"}
_KINDS = {
    (Kind.MARKET, False): "MKT",
    (Kind.LIMIT, False): "LMT",
    (Kind.MARKET, True): "STP",
    (Kind.LIMIT, True): "STP LMT",
}
_TIFS = {Tif.IOC: "IOC", Tif.FOK: "FOK"}


def when(at_ns: int) -> str:
    return to_datetime(at_ns).strftime("%Y%m%d %H:%M:%S UTC")


def _order(order: Order, named: Named) -> Words:
    kind = _KINDS[order.asked.kind, order.trigger is not None]
    return {
        "client_id": named[0], "order_id": named[1], "perm_id": int(order.id),
        "action": _SIDES[order.asked.side], "total_quantity": plain(order.size),
        "order_type": kind, "lmt_price": None if order.price is None else float(order.price),
        "aux_price": None if order.trigger is None else float(order.trigger),
        "tif": _TIFS.get(order.asked.tif, "GTC"), "account": order.account,
        "order_ref": order.asked.link, "filled_quantity": plain(order.filled),
    }  # fmt: skip


def open_order(exchange: Exchange, order: Order, named: Named, status: str = "") -> bytes:
    """Tell of an order; `status` where it is not what it has become by now."""
    return told(
        "OpenOrder",
        order_id=named[1],
        contract=contract(exchange.markets[order.asked.market]),
        order=_order(order, named),
        state={"status": status or _STATUS[order.status]},
    )


def order_status(order: Order, named: Named) -> bytes:
    average = order.average
    return told(
        "OrderStatus", order_id=named[1], status=_STATUS[order.status],
        filled=plain(order.filled), remaining=plain(order.leaves if order.live else ZERO),
        avg_fill_price=float(average or 0), perm_id=int(order.id), client_id=named[0],
    )  # fmt: skip


def completed(exchange: Exchange, order: Order, named: Named) -> bytes:
    status = _STATUS[order.status]
    return told(
        "CompletedOrder",
        contract=contract(exchange.markets[order.asked.market]),
        order=_order(order, named),
        state={"status": status, "completed_time": when(order.updated_ns),
               "completed_status": status},
    )  # fmt: skip


def execution(exchange: Exchange, fill: Fill, named: Named, req_id: int = -1) -> list[bytes]:
    """Tell of a fill, and then of what it cost."""
    market = exchange.markets[fill.market]
    average = fill.order_value / fill.order_filled
    name = f"0000e0d5.{fill.id}.01.01"
    words = {
        "order_id": named[1], "exec_id": name, "time": when(fill.at_ns),
        "acct_number": fill.account, "exchange": contract(market)["exchange"],
        "side": "BOT" if fill.side is Side.BUY else "SLD", "shares": plain(fill.size),
        "price": float(fill.price), "perm_id": int(fill.order_id), "client_id": named[0],
        "cum_qty": plain(fill.order_filled), "avg_price": float(average),
        "order_ref": fill.link, "last_liquidity": 1 if fill.maker else 2,
    }  # fmt: skip
    return [
        told("ExecutionData", req_id=req_id, contract=contract(market), execution=words),
        told("Commission", exec_id=name, commission=float(fill.fee), currency=fill.fee_coin,
             realized_pnl=float(fill.realised)),
    ]  # fmt: skip


def bar(candle: Candle) -> Words:
    return {
        "date": str(candle.minute * 60), "open": float(candle.open), "high": float(candle.high),
        "low": float(candle.low), "close": float(candle.close), "volume": plain(candle.volume),
        "wap": plain(candle.close), "bar_count": 1,
    }  # fmt: skip
