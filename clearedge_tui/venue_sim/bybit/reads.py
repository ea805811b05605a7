"""What Bybit's REST answers without changing anything."""

from collections.abc import Sequence
from typing import Any

from clearedge_tui.venue_sim.account import Account
from clearedge_tui.venue_sim.bybit import log_rows, rows
from clearedge_tui.venue_sim.bybit.asked import Params, market_of
from clearedge_tui.venue_sim.bybit.paging import page
from clearedge_tui.venue_sim.faults import Fault
from clearedge_tui.venue_sim.floor import Floor
from clearedge_tui.venue_sim.model import Market, Order, Product, Side
from clearedge_tui.venue_sim.rulings import lied
from clearedge_tui.venue_sim.words import plain, stepped

DAY_MS = 86_400_000
Result = dict[str, Any]
_LENGTHS = {"D": 1440, "W": 10_080, "M": 43_200}


def _markets(floor: Floor, query: Params) -> list[Market]:
    """Return the markets a query is about: of a category, and of a symbol or coin if it says so."""
    return [
        market
        for market in floor.exchange.markets.values()
        if market.product == query.get("category")
        and query.get("symbol") in (None, "", market.symbol)
        and query.get("baseCoin") in (None, "", market.base)
        and query.get("settleCoin") in (None, "", market.quote)
    ]


def server_time(floor: Floor) -> Result:
    return {"timeSecond": str(floor.time_ms() // 1000), "timeNano": str(floor.time_ns())}


def instruments(floor: Floor, query: Params) -> Result:
    found = [rows.market_row(market) for market in _markets(floor, query)]
    return {"category": query.get("category", ""), **page(found, query, 500, 1000)}


def tickers(floor: Floor, query: Params) -> Result:
    found = [ticker(floor, market) for market in _markets(floor, query)]
    return {"category": query.get("category", ""), "list": found}


def ticker(floor: Floor, market: Market) -> Result:
    book = floor.exchange.books[market.id]
    price = stepped(book.price, market.price_step)
    words = {
        "symbol": market.symbol, "lastPrice": price, "prevPrice24h": price, "price24hPcnt": "0",
        "highPrice24h": price, "lowPrice24h": price, "volume24h": "1000", "prevPrice1h": price,
        "turnover24h": plain(book.price * 1000), "usdIndexPrice": price,
    }  # fmt: skip
    for name, side in (("bid1", Side.BUY), ("ask1", Side.SELL)):
        best, size = book.shown(side)[0]
        words |= {f"{name}Price": stepped(best, market.price_step), f"{name}Size": plain(size)}
    if market.product is Product.LINEAR:
        next_ms = (floor.time_ms() // (DAY_MS // 3) + 1) * (DAY_MS // 3)
        words |= {
            "markPrice": price, "indexPrice": price, "openInterest": "1000", "fundingRate": "0.0001",
            "openInterestValue": plain(book.price * 1000), "nextFundingTime": str(next_ms),
            "tickDirection": "ZeroPlusTick", "fundingIntervalHour": "8",
        }  # fmt: skip
    return words


def orderbook(floor: Floor, query: Params) -> Result:
    market = market_of(floor.exchange, query)
    return book_words(floor, market, int(query.get("limit") or 25)) | {"ts": floor.time_ms()}


def book_words(floor: Floor, market: Market, depth: int) -> Result:
    book = floor.exchange.books[market.id]
    sides = {"b": book.shown(Side.BUY), "a": book.shown(Side.SELL)}
    said = {
        name: [[stepped(price, market.price_step), plain(size)] for price, size in levels[:depth]]
        for name, levels in sides.items()
    }
    return {"s": market.symbol, **said}


def minutes(word: str) -> int:
    """Return the length of a candle from Bybit's word for it."""
    return _LENGTHS.get(word) or int(word)


def klines(floor: Floor, query: Params) -> Result:
    market = market_of(floor.exchange, query)
    length = minutes(str(query.get("interval", "1")))
    limit = min(int(query.get("limit") or 200), 1000)
    now = floor.time_ms() // 60_000
    last = min(now, int(query.get("end") or floor.time_ms()) // 60_000)
    first = last - length * limit + 1
    if query.get("start"):
        first = max(first, -(-int(query["start"]) // 60_000))
    found = floor.candles.of(market.id, length, first, last)
    rows_ = [
        [
            str(c.minute * 60_000),
            *(stepped(price, market.price_step) for price in (c.open, c.high, c.low, c.close)),
            plain(c.volume), plain(c.volume * c.close),
        ]
        for c in reversed(found)
    ]  # fmt: skip
    return {"category": market.product, "symbol": market.symbol, "list": rows_}


def recent_trades(floor: Floor, query: Params) -> Result:
    market = market_of(floor.exchange, query)
    price = stepped(floor.exchange.price(market.id), market.price_step)
    trade = {
        "execId": floor.exchange.new_id(), "symbol": market.symbol, "price": price, "side": "Buy",
        "size": plain(market.min_size), "time": str(floor.time_ms()), "isBlockTrade": False,
    }  # fmt: skip
    return {"category": market.product, "list": [trade]}


def fee_rates(floor: Floor, query: Params) -> Result:
    found = [
        {
            "symbol": market.symbol, "baseCoin": market.base,
            "takerFeeRate": plain(market.taker_fee), "makerFeeRate": plain(market.maker_fee),
        }
        for market in _markets(floor, query)
    ]  # fmt: skip
    return {"list": found}


def account_info(floor: Floor) -> Result:
    return {
        "marginMode": "REGULAR_MARGIN", "updatedTime": str(floor.time_ms()), "dcpStatus": "OFF",
        "unifiedMarginStatus": 5, "timeWindow": 10, "smpGroup": 0, "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }  # fmt: skip


def key_info(floor: Floor, account: Account) -> Result:
    trade, withdraw = "trade" in account.rights, "withdraw" in account.rights
    wallet = ["AccountTransfer", "SubMemberTransfer"] if trade else []
    return {
        "id": "1", "note": account.name, "apiKey": account.key, "secret": "", "type": 1,
        "readOnly": 0 if trade else 1,
        "permissions": {
            "ContractTrade": ["Order", "Position"] if trade else [],
            "Spot": ["SpotTrade"] if trade else [], "Options": [],
            "Wallet": [*wallet, "Withdraw"] if withdraw else wallet,
            "Derivatives": ["DerivativesTrade"] if trade else [], "CopyTrading": [],
            "BlockTrade": [], "Exchange": [], "NFT": [], "Affiliate": [], "Earn": [],
        },
        "ips": ["127.0.0.1"], "deadlineDay": -2, "expiredAt": "1970-01-01T00:00:00Z",
        "createdAt": "2025-01-01T00:00:00Z", "unified": 0, "uta": 1, "userID": 1, "inviterID": 0,
        "vipLevel": "No VIP", "mktMakerLevel": "0", "affiliateID": 0, "rsaPublicKey": "",
        "isMaster": True, "parentUid": "0", "kycLevel": "LEVEL_DEFAULT", "kycRegion": "",
    }  # fmt: skip


def wallet(floor: Floor, account: Account, query: Params, rules: Sequence[Fault]) -> Result:
    row = rows.wallet_row(floor.exchange, account.name)
    wanted = set(filter(None, str(query.get("coin") or "").split(",")))
    coins = [coin for coin in row["coin"] if not wanted or coin["coin"] in wanted]
    return {"list": [row | {"coin": lied(coins, rules)}]}


def positions(floor: Floor, account: Account, query: Params, rules: Sequence[Fault]) -> Result:
    held = floor.exchange.holdings[account.name]
    found = [held.position(m.id) for m in _markets(floor, query) if m.product is Product.LINEAR]
    named = bool(query.get("symbol"))  # a symbol that is named has a row although nothing is open
    said = [rows.position_row(floor.exchange, p) for p in found if p.size or named]
    category = query.get("category", "")
    return {"category": category, **page(lied(said, rules), query, 20, 200)}


def open_orders(floor: Floor, account: Account, query: Params, rules: Sequence[Fault]) -> Result:
    """Return live orders; one that is named by its id also for a while after its end."""
    named = bool(query.get("orderId") or query.get("orderLinkId"))
    recent = named or str(query.get("openOnly")) == "1"
    found = [o for o in _orders(floor, account, query) if o.live or recent]
    said = [rows.order_row(floor.exchange, order) for order in found]
    category = query.get("category", "")
    return {"category": category, **page(lied(said, rules), query, 20, 50)}


def order_history(floor: Floor, account: Account, query: Params, rules: Sequence[Fault]) -> Result:
    found = [order for order in _orders(floor, account, query) if not order.live]
    said = [rows.order_row(floor.exchange, order) for order in found]
    wanted = query.get("orderStatus") or ""
    said = [row for row in said if wanted in ("", row["orderStatus"])]
    said = [row for row in said if _within(row["createdTime"], query)]
    category = query.get("category", "")
    return {"category": category, **page(lied(said, rules), query, 20, 50)}


def _orders(floor: Floor, account: Account, query: Params) -> list[Order]:
    """Return an account's orders that a query asks for, the newest first."""
    wanted = {market.id for market in _markets(floor, query)}
    return [
        order
        for order in reversed(floor.exchange.orders.values())
        if order.account == account.name
        and order.asked.market in wanted
        and query.get("orderId") in (None, "", order.id)
        and query.get("orderLinkId") in (None, "", order.asked.link)
        and (query.get("orderFilter") != "StopOrder" or order.trigger is not None)
    ]


def executions(floor: Floor, account: Account, query: Params, rules: Sequence[Fault]) -> Result:
    wanted = {market.id for market in _markets(floor, query)}
    found = [
        rows.fill_row(floor.exchange, fill)
        for fill in reversed(floor.exchange.fills)
        if fill.account == account.name
        and fill.market in wanted
        and query.get("orderId") in (None, "", fill.order_id)
        and query.get("orderLinkId") in (None, "", fill.link)
    ]
    found = [row for row in found if _within(row["execTime"], query)]
    category = query.get("category", "")
    return {"category": category, **page(lied(found, rules), query, 50, 100)}


def transaction_log(floor: Floor, who: Account, query: Params, rules: Sequence[Fault]) -> Result:
    """Return what changed balances, the newest first; a page has fifty rows at most."""
    found = [
        row
        for fill in floor.exchange.fills
        if fill.account == who.name
        for row in log_rows.traded_rows(floor.exchange.markets[fill.market], fill)
    ]
    moves = [move for move in floor.exchange.moves if move.account == who.name]
    found += [log_rows.moved_row(floor.exchange.markets.get(move.market), move) for move in moves]
    found = [row for row in found if _within(row["transactionTime"], query)]
    found.sort(key=lambda row: int(row["transactionTime"]), reverse=True)
    return page(lied(found, rules), query, 20, 50)


def _within(at_ms: str, query: Params) -> bool:
    first, last = query.get("startTime"), query.get("endTime")
    return (not first or int(first) <= int(at_ms)) and (not last or int(at_ms) <= int(last))
