"""Interactive Brokers end to end: our gateway, the unmodified adapter, and a TWS of ours."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from clearedge_tui.market.markets import Market
from tests.trading.live import GatewayProcess
from tests.venue_sim.process import SimProcess

pytestmark = pytest.mark.slow
D = Decimal
APPLE = "AAPL.NASDAQ"
SHARE = Market(
    "AAPL", "nasdaq", APPLE, "AAPL", "USD", "equity", 2, 0, D(1), calendar="24/7",
    price_step=D("0.01"), size_step=D(1),
)  # fmt: skip
EURO = "EURUSD.IDEALPRO"
PAIR = Market(
    "EUR/USD", "idealpro", EURO, "EUR", "USD", "fx", 5, 0, D(1), calendar="24/7",
    price_step=D("0.00005"), size_step=D(1),
)  # fmt: skip


@pytest.fixture
def sim() -> Iterator[SimProcess]:
    with SimProcess("--walk", "2", venue="interactive_brokers") as found:
        yield found


def account(sim: SimProcess, **fields: Any) -> dict[str, Any]:
    options = {"host": sim.urls["host"], "port": int(sim.urls["port"]), "account_id": "DU1000001"}
    return {"name": "main", "kind": "live", "feed": "venue", "venue": "interactive_brokers",
            "currency": "USD", "options": options, "leverage": "4", "orphan_grace_s": 600, **fields}  # fmt: skip


def gateway(sim: SimProcess, root: Path, *known: str, **fields: Any) -> GatewayProcess:
    """Return a gateway that was told of the markets `known` at its start."""
    words = account(sim, **fields)
    made = GatewayProcess(
        root, words, (SHARE, PAIR), audit=False, currencies=["USD"], known=known or [APPLE]
    )
    return made.ready()


def test_orders_fill_rest_and_cancel_and_come_back_after_kill_9(
    sim: SimProcess, tmp_path: Path
) -> None:
    first = gateway(sim, tmp_path)
    try:
        first.attach("one", market=APPLE)
        first.order("one", "one-1", "buy", "100")
        first.until_status("one-1", "filled")
        first.order("one", "one-2", "buy", "10", price="150.00")
        first.until_status("one-2", "open")
        first.ask("cancel", name="one", key="one-2")
        first.until_status("one-2", "cancelled")
        first.order("one", "one-3", "buy", "10", price="151.00")
        first.order("one", "one-4", "buy", "5", price="152.00")
        first.until_status("one-3", "open")
        first.until_status("one-4", "open")
        assert first.position("one") == 100
    finally:
        first.kill()
    resting = {o["price"]: o["id"] for o in sim.call("open_orders")}
    assert sorted(resting) == ["151", "152"]
    sim.call("fill", order=resting["151"], size="4")
    with gateway(sim, tmp_path) as again:
        again.attach("one", market=APPLE)
        state = again.ask("state")["one"]
        assert state["orders"]["one-3"][:2] == ["partial", "4"]
        assert state["orders"]["one-4"][0] == "open"
        sim.call("fill", order=resting["151"])
        again.until_status("one-3", "filled")
        assert again.position("one") == 110
        assert [D(p["size"]) for p in sim.call("positions")] == [D(110)]
        again.ask("cancel", name="one", key="one-4")
        again.until_status("one-4", "cancelled")
        assert sim.call("open_orders") == []
        again.order("one", "one-5", "sell", "110", price="300.00", reduce_only=True)
        again.until_status("one-5", "open")
        again.order("one", "one-6", "sell", "30")
        again.until_status("one-6", "filled")
        again.until(
            lambda: [o["size"] for o in sim.call("open_orders")] == ["80"],
            "what closes is cut down with the position",
        )


def _line(main: GatewayProcess) -> str:
    """Return what an account's screen would say of its connection."""
    told = main.of("FeedStatus")
    return next(iter(told[-1]["sockets"].values()), "") if told else ""


def test_after_a_cut_the_fill_meanwhile_is_known_and_prices_come_again(
    sim: SimProcess, tmp_path: Path
) -> None:
    with gateway(sim, tmp_path) as main:
        main.attach("one", market=APPLE)
        main.order("one", "one-1", "buy", "10", price="150.00")
        main.until_status("one-1", "open")
        heard = sim.count("subscribe")
        sim.call("reachable", on=False)
        sim.call("disconnect")
        main.until(lambda: not sim.call("listening"), "nobody can come")
        main.until(lambda: _line(main) == "disconnected", "it is seen that the line is away")
        sim.call("fill")
        sim.call("reachable", on=True)
        main.until_status("one-1", "filled")
        assert _line(main) == "connected"
        main.until(lambda: sim.count("subscribe") > heard, "it listens again")
        before = D(main.ask("state")["one"]["price"])
        sim.call("price", market="AAPL", px="250")
        main.until(lambda: D(main.ask("state")["one"]["price"]) > before + 40, "the new price")
        main.order("one", "one-2", "sell", "10")
        main.until_status("one-2", "filled")
        assert main.position("one") == 0


def test_a_refusal_is_told_stops_and_pairs_trade_and_a_kill_cancels(
    sim: SimProcess, tmp_path: Path
) -> None:
    with gateway(sim, tmp_path, APPLE, EURO) as main:
        main.attach("one", market=APPLE)
        main.attach("two", market=EURO)
        sim.call("fault", what="refuse", on="order.create", denial="margin", text="no margin")
        main.order("one", "one-1", "buy", "10")
        assert main.until_status("one-1", "rejected")["reason"] == "no margin"
        main.order("one", "one-2", "buy", "10", stop="230.00")
        main.until_status("one-2", "open")
        sim.call("price", market="AAPL", px="231")
        main.until_status("one-2", "filled")
        main.order("two", "two-1", "sell", "20000", price="1.05")
        assert D(main.until_status("two-1", "filled")["avg_price"]) > D("1.05")
        main.ask("flatten", name="one")
        main.ask("flatten", name="two")
        main.until(lambda: main.position("one") == main.position("two") == 0, "both are flat")
        assert sim.call("positions") == []
        main.order("one", "one-3", "buy", "10", price="150.00")
        main.until_status("one-3", "open")
        (tmp_path / "state" / "KILL").touch()
        main.until_status("one-3", "cancelled")
        assert sim.call("open_orders") == []


def test_a_market_that_came_later_is_heard_and_trades_after_the_next_start(
    sim: SimProcess, tmp_path: Path
) -> None:
    with gateway(sim, tmp_path) as main:
        main.attach("two", market=EURO)
        main.order("two", "two-1", "buy", "20000")
        refused = main.until_status("two-1", "rejected")
        assert "start the account's gateway anew" in refused["reason"]
        assert sim.count("order.create") == 0


def test_a_paper_account_fills_on_its_prices_and_sends_it_nothing(
    sim: SimProcess, tmp_path: Path
) -> None:
    with gateway(sim, tmp_path, EURO, kind="paper") as main:
        main.attach("one", market=APPLE)  # looked up when it is asked for
        assert len(main.of("one:Joined")[0]["bars"]) > 100
        main.order("one", "one-1", "buy", "10")
        main.until_status("one-1", "filled")
        assert not {"order.create", "positions", "summary"} & {
            r["verb"] for r in sim.call("requests")
        }
