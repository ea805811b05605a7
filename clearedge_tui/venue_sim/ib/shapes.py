"""The messages of a TWS that are spoken here: their numbers, and the fields that are used.

A line is a message: `name=number:kind` for each field, where a kind is int, double, bool, text or
another message. Requests and answers have numbers of their own kind.
"""

from typing import Final, NamedTuple


class Field(NamedTuple):
    number: int
    kind: str


_LINES: Final = {
    "Contract": "con_id=1:int symbol=2:text sec_type=3:text strike=5:double exchange=8:text "
    "primary_exch=9:text currency=10:text local_symbol=11:text trading_class=12:text",
    "Details": "market_name=1:text min_tick=2:text order_types=3:text valid_exchanges=4:text "
    "price_magnifier=5:int long_name=7:text time_zone_id=12:text trading_hours=13:text "
    "liquid_hours=14:text market_rule_ids=21:text stock_type=23:text min_size=24:text "
    "size_increment=25:text suggested_size_increment=26:text",
    "Order": "client_id=1:int order_id=2:int perm_id=3:int action=5:text total_quantity=6:text "
    "order_type=8:text lmt_price=9:double aux_price=10:double tif=11:text account=12:text "
    "order_ref=28:text transmit=66:bool filled_quantity=115:text",
    "OrderState": "status=1:text completed_time=29:text completed_status=30:text",
    "Execution": "order_id=1:int exec_id=2:text time=3:text acct_number=4:text exchange=5:text "
    "side=6:text shares=7:text price=8:double perm_id=9:int client_id=10:int cum_qty=12:text "
    "avg_price=13:double order_ref=14:text last_liquidity=18:int",
    "Bar": "date=1:text open=2:double high=3:double low=4:double close=5:double volume=6:text "
    "wap=7:text bar_count=8:int",
    "BidAsk": "time=1:int price_bid=3:double price_ask=4:double size_bid=5:text size_ask=6:text",
    # what a client asks
    "StartApi": "client_id=1:int",
    "Asked": "req_id=1:int",
    "AboutContract": "req_id=1:int contract=2:Contract",
    "PlaceOrder": "order_id=1:int contract=2:Contract order=3:Order",
    "CancelOrder": "order_id=1:int",
    "AccountData": "subscribe=1:bool account=2:text",
    "History": "req_id=1:int contract=2:Contract end=3:text bar_size=4:text duration=5:text "
    "keep_up=9:bool",
    "Ticks": "req_id=1:int contract=2:Contract tick_type=3:text",
    "Nothing": "",
    # what it is told
    "ManagedAccounts": "accounts=1:text",
    "NextValidId": "order_id=1:int",
    "Error": "id=1:int time=2:int code=3:int text=4:text",
    "ContractData": "req_id=1:int contract=2:Contract details=3:Details",
    "OpenOrder": "order_id=1:int contract=2:Contract order=3:Order state=4:OrderState",
    "OrderStatus": "order_id=1:int status=2:text filled=3:text remaining=4:text "
    "avg_fill_price=5:double perm_id=6:int last_fill_price=8:double client_id=9:int",
    "CompletedOrder": "contract=1:Contract order=2:Order state=3:OrderState",
    "ExecutionData": "req_id=1:int contract=2:Contract execution=3:Execution",
    "Commission": "exec_id=1:text commission=2:double currency=3:text realized_pnl=4:double",
    "Position": "account=1:text contract=2:Contract position=3:text avg_cost=4:double",
    "AccountSummary": "req_id=1:int account=2:text tag=3:text value=4:text currency=5:text",
    "AccountValue": "key=1:text value=2:text currency=3:text account=4:text",
    "AccountEnd": "account=1:text",
    "ProfitLoss": "req_id=1:int daily=2:double unrealized=3:double realized=4:double",
    "Time": "time=1:int",
    "HistoricalData": "req_id=1:int bars=2:Bar",
    "HistoricalUpdate": "req_id=1:int bar=2:Bar",
    "HistoricalEnd": "req_id=1:int start=2:text end=3:text",
    "TickPrice": "req_id=1:int tick_type=2:int price=3:double size=4:text attr_mask=5:int",
    "TickByTick": "req_id=1:int tick_type=2:int bid_ask=4:BidAsk",
}


def _fields(line: str) -> dict[str, Field]:
    found = {}
    for part in line.split():
        name, _, rest = part.partition("=")
        number, _, kind = rest.partition(":")
        found[name] = Field(int(number), kind)
    return found


SHAPES: Final = {name: _fields(line) for name, line in _LINES.items()}

# number of a request -> what it says, and the word of ours for it
REQUESTS: Final = {
    1: ("AboutContract", "subscribe"),
    2: ("Asked", "stop"),
    3: ("PlaceOrder", "order.create"),
    4: ("CancelOrder", "order.cancel"),
    5: ("Nothing", "orders"),
    6: ("AccountData", "account"),
    7: ("Asked", "fills"),
    8: ("Nothing", "next_id"),
    9: ("AboutContract", "instruments"),
    16: ("Nothing", "orders"),
    17: ("Nothing", "accounts"),
    20: ("History", "candles"),
    25: ("Asked", "stop"),
    49: ("Nothing", "time"),
    58: ("Nothing", "order.cancel_all"),
    61: ("Nothing", "positions"),
    62: ("Asked", "summary"),
    63: ("Asked", "stop"),
    64: ("Nothing", "stop"),
    71: ("StartApi", "login"),
    92: ("Asked", "profit"),
    93: ("Asked", "stop"),
    97: ("Ticks", "subscribe.ticks"),
    98: ("Asked", "stop"),
    99: ("Nothing", "completed"),
}

# what is told -> its number, and its shape where that has another name
ANSWERS: Final = {
    "TickPrice": (1, "TickPrice"),
    "OrderStatus": (3, "OrderStatus"),
    "Error": (4, "Error"),
    "OpenOrder": (5, "OpenOrder"),
    "AccountValue": (6, "AccountValue"),
    "NextValidId": (9, "NextValidId"),
    "ContractData": (10, "ContractData"),
    "ExecutionData": (11, "ExecutionData"),
    "ManagedAccounts": (15, "ManagedAccounts"),
    "HistoricalData": (17, "HistoricalData"),
    "Time": (49, "Time"),
    "ContractDataEnd": (52, "Asked"),
    "OpenOrderEnd": (53, "Nothing"),
    "AccountEnd": (54, "AccountEnd"),
    "ExecutionDataEnd": (55, "Asked"),
    "Commission": (59, "Commission"),
    "Position": (61, "Position"),
    "PositionEnd": (62, "Nothing"),
    "AccountSummary": (63, "AccountSummary"),
    "AccountSummaryEnd": (64, "Asked"),
    "HistoricalUpdate": (90, "HistoricalUpdate"),
    "ProfitLoss": (94, "ProfitLoss"),
    "TickByTick": (99, "TickByTick"),
    "CompletedOrder": (101, "CompletedOrder"),
    "CompletedOrdersEnd": (102, "Nothing"),
    "HistoricalEnd": (108, "HistoricalEnd"),
}
