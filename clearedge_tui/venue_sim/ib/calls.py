"""What each request of a TWS client does, and what it is answered."""

from collections.abc import Callable, Sequence
from typing import Any

from clearedge_tui.venue_sim.faults import Fault
from clearedge_tui.venue_sim.floor import Floor
from clearedge_tui.venue_sim.ib import rows
from clearedge_tui.venue_sim.ib.asked import new_order, stretch
from clearedge_tui.venue_sim.ib.contracts import contract, details, found
from clearedge_tui.venue_sim.ib.line import Line, told
from clearedge_tui.venue_sim.ib.names import Names
from clearedge_tui.venue_sim.model import Denial, Denied, Fill, Order
from clearedge_tui.venue_sim.words import plain

Words = dict[str, Any]
_QUOTES = "BidAsk"
_FARMS = (  # every connection is told so, and clients begin to listen again when they hear it
    (2104, "Market data farm connection is OK:usfarm"),
    (2106, "HMDS data farm connection is OK:ushmds"),
    (2158, "Sec-def data farm connection is OK:secdefil"),
)


class Calls:
    """The requests of one venue's clients. A call returns the messages that answer it."""

    def __init__(self, floor: Floor, names: Names) -> None:
        self._floor, self._names = floor, names
        self._exchange = floor.exchange
        self._rules: Sequence[Fault] = ()

    def done(self, verb: str, line: Line, words: Words, rules: Sequence[Fault]) -> list[bytes]:
        self._rules = rules
        call: Callable[[Line, Words], list[bytes]] = getattr(self, "_" + verb.replace(".", "_"))
        return call(line, words)

    # who and when

    def _login(self, line: Line, words: Words) -> list[bytes]:
        number = words.get("client_id", 0)
        others = [one for one in self._floor.hub.of("private") if isinstance(one, Line)]
        if any(one.client_id == number and one.account for one in others if one is not line):
            raise Denied(Denial.KEY, "Unable to connect as the client id is already in use.", 326)
        line.client_id, line.account = number, next(iter(self._floor.accounts))
        line.topics = {"orders"}
        farms = [told("Error", id=-1, time=self._floor.time_ms(), code=code, text=text)
                 for code, text in _FARMS]  # fmt: skip
        return [*self._accounts(line, words), *self._next_id(line, words), *farms]

    def _accounts(self, line: Line, words: Words) -> list[bytes]:
        return [told("ManagedAccounts", accounts=",".join(self._floor.accounts))]

    def _next_id(self, line: Line, words: Words) -> list[bytes]:
        return [told("NextValidId", order_id=self._names.next(line.client_id))]

    def _time(self, line: Line, words: Words) -> list[bytes]:
        return [told("Time", time=self._floor.time_ns() // 1_000_000_000)]

    # orders

    def _order_create(self, line: Line, words: Words) -> list[bytes]:
        named = line.client_id, words["order_id"]
        asked = new_order(self._exchange, words)
        known = self._names.order(named)
        if known is not None:
            order = self._exchange.amend(
                self._exchange.orders[known], asked.size, asked.price, asked.trigger
            )
            return [rows.open_order(self._exchange, order, named)]
        order = self._exchange.submit(line.account, self._floor.partial(asked, self._rules))
        self._names.keep(order.id, named)
        return [rows.open_order(self._exchange, order, named, "PreSubmitted")]

    def _order_cancel(self, line: Line, words: Words) -> list[bytes]:
        known = self._names.order((line.client_id, words["order_id"]))
        if known is None or not self._exchange.orders[known].live:
            raise Denied(Denial.ORDER)
        self._exchange.cancel(self._exchange.orders[known])
        return []

    def _order_cancel_all(self, line: Line, words: Words) -> list[bytes]:
        for order in self._exchange.live(line.account):
            self._exchange.cancel(order)
        return []

    def _orders(self, line: Line, words: Words) -> list[bytes]:
        found_ = [(one, self._names.of(one.id)) for one in self._exchange.live(line.account)]
        each = [
            message
            for one, named in found_
            for message in (
                rows.open_order(self._exchange, one, named),
                rows.order_status(one, named),
            )
        ]
        return [*each, told("OpenOrderEnd")]

    def _completed(self, line: Line, words: Words) -> list[bytes]:
        ended = [one for one in self._exchange.orders.values() if self._over(one, line)]
        each = [rows.completed(self._exchange, one, self._names.of(one.id)) for one in ended]
        return [*each, told("CompletedOrdersEnd")]

    def _over(self, order: Order, line: Line) -> bool:
        return order.account == line.account and not order.live

    def _fills(self, line: Line, words: Words) -> list[bytes]:
        req_id = words["req_id"]
        fills: list[Fill] = [one for one in self._exchange.fills if one.account == line.account]
        each = [
            message
            for one in fills
            for message in rows.execution(self._exchange, one, self._names.of(one.order_id), req_id)
        ]
        return [*each, told("ExecutionDataEnd", req_id=req_id)]

    # the account

    def _positions(self, line: Line, words: Words) -> list[bytes]:
        each = [
            told("Position", account=line.account, position=plain(one.size),
                 contract=contract(self._exchange.markets[one.market]), avg_cost=float(one.entry))
            for one in self._exchange.positions(line.account)
        ]  # fmt: skip
        return [*each, told("PositionEnd")]

    def _values(self, line: Line) -> list[tuple[str, str, str]]:
        found_ = []
        for coin in self._exchange.holdings[line.account].coins:
            one = self._exchange.balance(line.account, coin)
            net, margin = one.total + one.profit, one.position_margin + one.order_margin
            found_ += [
                ("NetLiquidation", plain(net), coin), ("TotalCashValue", plain(one.total), coin),
                ("SettledCash", plain(one.total), coin), ("AvailableFunds", plain(one.free), coin),
                ("BuyingPower", plain(one.free), coin), ("InitMarginReq", plain(margin), coin),
                ("MaintMarginReq", plain(one.position_margin), coin),
            ]  # fmt: skip
        return found_

    def _summary(self, line: Line, words: Words) -> list[bytes]:
        req_id = words["req_id"]
        each = [
            told("AccountSummary", req_id=req_id, account=line.account, tag=tag, value=value,
                 currency=coin)
            for tag, value, coin in self._values(line)
        ]  # fmt: skip
        return [*each, told("AccountSummaryEnd", req_id=req_id)]

    def _account(self, line: Line, words: Words) -> list[bytes]:
        if not words.get("subscribe"):
            return []
        each = [
            told("AccountValue", key=tag, value=value, currency=coin, account=line.account)
            for tag, value, coin in self._values(line)
        ]
        return [*each, told("AccountEnd", account=line.account)]

    def _profit(self, line: Line, words: Words) -> list[bytes]:
        return [told("ProfitLoss", req_id=words["req_id"], daily=0.0, unrealized=0.0, realized=0.0)]

    # markets

    def _instruments(self, line: Line, words: Words) -> list[bytes]:
        market = found(self._exchange.markets.values(), words["contract"])
        req_id = words["req_id"]
        return [
            told("ContractData", req_id=req_id, contract=contract(market), details=details(market)),
            told("ContractDataEnd", req_id=req_id),
        ]

    def _candles(self, line: Line, words: Words) -> list[bytes]:
        market = found(self._exchange.markets.values(), words["contract"]).id
        req_id, now_ns = words["req_id"], self._floor.time_ns()
        length, first, last = stretch(words, now_ns // 1_000_000_000)
        candles = self._floor.candles.of(market, length, first, last)
        if words.get("keep_up"):
            line.bars[req_id] = market, length
        return [
            told("HistoricalData", req_id=req_id, bars=[rows.bar(one) for one in candles]),
            told("HistoricalEnd", req_id=req_id, start=rows.when(first * 60_000_000_000),
                 end=rows.when(now_ns)),
        ]  # fmt: skip

    def _subscribe(self, line: Line, words: Words) -> list[bytes]:
        """Begin to tell prices; the next beat tells those of now."""
        market = found(self._exchange.markets.values(), words["contract"]).id
        line.quotes[words["req_id"]] = market, False
        return []

    def _subscribe_ticks(self, line: Line, words: Words) -> list[bytes]:
        if words["tick_type"] != _QUOTES:
            raise Denied(Denial.PARAMS, f"{words['tick_type']}: only {_QUOTES} is told here")
        market = found(self._exchange.markets.values(), words["contract"]).id
        line.quotes[words["req_id"]] = market, True
        return []

    def _stop(self, line: Line, words: Words) -> list[bytes]:
        for listens in (line.quotes, line.bars):
            listens.pop(words.get("req_id", 0), None)
        return []
