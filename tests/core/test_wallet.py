"""What a derivatives account should hold: the whole account's fills, and what the log moved."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.model import Position
from clearedge_tui.core.venue_state import Moved, Wallet
from clearedge_tui.core.wallet import Agreed, Expected, Traded, agree, expected, made
from clearedge_tui.venue_sim.account import Account, Holdings
from clearedge_tui.venue_sim.markets import BYBIT
from clearedge_tui.venue_sim.model import Fill, Product, Side

D = Decimal
MARKET = next(market for market in BYBIT if market.product is Product.LINEAR)
COINS = {"BTC": "USDT"}
trades = st.lists(
    st.tuples(
        st.sampled_from(Side), st.integers(1, 50), st.integers(900, 1100), st.integers(-3, 9)
    ),
    max_size=30,
)
moves = st.lists(st.tuples(st.integers(0, 40), st.integers(-500, 500)), max_size=5)


@given(trades, moves, st.integers(0, 30), st.integers(0, 30))
def test_what_should_be_there_is_what_a_venue_that_nets_has(
    done: list[tuple[Side, int, int, int]], moved: list[tuple[int, int]], cut: int, later: int
) -> None:
    """Whoever traded, from whichever moment on, and wherever it was agreed on in between."""
    held, fills, agreed = Holdings(Account(coins={"USDT": D(1000)})), [], None
    log = [Moved(at * 10 + 5, "USDT", D(n), "FUNDING", "BTC") for at, n in moved]
    for n in range(41):
        if n in (cut, later):
            there = held.position(MARKET.id)
            spot = {"BTC": Position(there.size, there.entry)} if there.size else {}
            seen = Wallet(n * 10 - 2, 0, dict(held.coins), tuple(log))
            due: Expected | None = (
                expected(agreed, fills, log_until(log, seen.at_ns), COINS) if agreed else None
            )
            agreed = made(seen, due, spot, "a look")
        if n < len(done):
            side, size, price, fee = done[n]
            held.apply(MARKET, fill_of(n, side, D(size), D(price), D(fee)))
            fills.append(Traded("BTC", "USDT", side, D(size), D(price), D(fee), n * 10))
        for line in log:
            if line.at_ns == n * 10 + 5:
                held.add("USDT", line.amount)
    assert agreed is not None
    own = [Moved(f.at_ns, "USDT", -f.fee, "TRADE", "BTC", trade=True) for f in fills]
    due = expected(agreed, fills, [*log, *own], COINS)
    assert agree(due.balances["USDT"], held.coins["USDT"], D("1e-9"))
    assert due.net("BTC") == held.position(MARKET.id).size


def log_until(log: list[Moved], at_ns: int) -> list[Moved]:
    return [line for line in log if line.at_ns < at_ns]


def fill_of(n: int, side: Side, size: Decimal, price: Decimal, fee: Decimal) -> Fill:
    return Fill(id=str(n), order_id="", link="", account="main", market=MARKET.id, side=side,
                price=price, size=size, fee=fee, fee_coin="USDT", maker=False, at_ns=n * 10)  # fmt: skip


def test_the_log_is_believed_of_markets_that_nobody_here_trades_and_doubted_in_another_coin() -> (
    None
):
    agreed = Agreed(100, {"USDT": D(50)})
    foreign = Moved(101, "USDT", D(-7), "COMMISSION", "ETH", trade=True)
    own = Moved(101, "USDT", D(-9), "COMMISSION", "BTC", trade=True)
    old = Moved(100, "USDT", D(1000), "TRANSFER")
    assert expected(agreed, [], [foreign, own, old], COINS).balances == {"USDT": D(43)}
    third = Moved(101, "BNB", D("-0.01"), "COMMISSION", "BTC", trade=True)
    assert expected(agreed, [], [third], COINS).doubts == {"USDT": "fees are taken in BNB"}


def test_small_remainders_add_up_until_they_are_seen() -> None:
    agreed, there = Agreed(0, {"USDT": D(100)}), D(100)
    for n in range(1, 30):
        there -= D("0.001")
        due = expected(agreed, [], [], COINS)
        if not agree(due.balances["USDT"], there, D("0.01")):
            break
        agreed = made(Wallet(n, 0, {"USDT": there}), due, {}, "both sides")
    assert n == 11
