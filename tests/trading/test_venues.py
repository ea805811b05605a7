"""Other products and venues, end to end: gateway, unmodified adapter, second client, ledger."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.trading.live import BINANCE, SPOT, GatewayProcess, account, market
from tests.venue_sim.process import SimProcess

pytestmark = pytest.mark.slow
D = Decimal


def trade(sim: SimProcess, gateway: GatewayProcess, market_id: str) -> None:
    """Fill, rest, cancel; then kill -9 with an order resting."""
    gateway.attach("one", market=market_id)
    gateway.order("one", "one-1", "buy", "0.1")
    gateway.until_status("one-1", "filled")
    gateway.order("one", "one-2", "buy", "0.05", price="30000.0")
    gateway.until_status("one-2", "open")
    gateway.ask("cancel", name="one", key="one-2")
    gateway.until_status("one-2", "cancelled")
    gateway.order("one", "one-3", "buy", "0.05", price="30001.0")
    gateway.until_status("one-3", "open")
    assert gateway.position("one") == D("0.1")


def test_spot_is_a_balance_and_its_fee_is_taken_from_what_was_bought(tmp_path: Path) -> None:
    with SimProcess() as sim:
        had = next(D(b["total"]) for b in sim.call("balances") if b["coin"] == "BTC")
        words = account(sim, "spot")
        gateway = GatewayProcess(tmp_path, words, (market(SPOT),)).ready()
        try:
            gateway.ask("attach", name="one", market=SPOT, mode="active")
            gateway.until(gateway.differences, "what was there before is seen")
            (before,) = gateway.differences()
            assert (before["kind"], before["subject"], D(before["theirs"])) == (
                "position",
                "BTC",
                had,
            )
            gateway.ask("resolve", market=SPOT, subject="BTC", how="external")
            gateway.until(lambda: not gateway.differences(), "it is somebody else's")
            trade(sim, gateway, SPOT)
        finally:
            gateway.kill()
        bought = D("0.1") - sum(D(f["fee"]) for f in sim.call("fills"))
        has = next(D(b["total"]) for b in sim.call("balances") if b["coin"] == "BTC")
        assert has - had == bought  # the venue kept its fee in coins
        with GatewayProcess(tmp_path, words, (market(SPOT),)) as again:
            again.attach("one", market=SPOT)
            assert again.differences() == []
            assert again.position("one") == D("0.1")
            assert again.ask("state")["one"]["orders"]["one-3"][0] == "open"


def test_binance_futures_trade_and_come_back(tmp_path: Path) -> None:
    with SimProcess(venue="binance") as sim:
        words = account(sim)
        gateway = GatewayProcess(tmp_path, words, (market(BINANCE),)).ready()
        try:
            trade(sim, gateway, BINANCE)
        finally:
            gateway.kill()
        sim.call("fill")
        sim.call("fund", market="BTCUSDT", rate="-0.001")
        sim.call("deposit", coin="USDT", amount="1000")
        with GatewayProcess(tmp_path, words, (market(BINANCE),)) as again:
            again.until_status("one-3", "filled")
            again.attach("one", market=BINANCE)
            assert again.position("one") == D("0.15")
            assert [D(p["size"]) for p in sim.call("positions")] == [D("0.15")]
            again.until(
                lambda: again.ask("look") == {} and again.of("Compared")[-1]["wallet"], "a balance"
            )
            assert again.of("Compared")[-1]["wallet"] == "balance agreed"
            assert again.differences() == []
            sim.call("deposit", coin="USDT", amount="5", logged=False)
            again.until(lambda: again.ask("look") == {} and again.differences(), "it differs")
            (found,) = again.differences()
            assert D(found["theirs"]) - D(found["ours"]) == 5


def test_a_paper_account_fills_on_a_venues_live_prices_and_sends_it_nothing(tmp_path: Path) -> None:
    with SimProcess() as sim:
        words = {**account(sim), "kind": "paper"}
        for own in ("base_url_ws_private", "base_url_ws_trade"):
            words["options"].pop(own)  # it has no business there
        with GatewayProcess(tmp_path, words, (market(),), audit=False) as gateway:
            gateway.attach("one")
            before = gateway.of("one:Joined")[0]["bars"]
            assert len(before) > 100  # the venue's own past, before the first tick
            gateway.order("one", "one-1", "buy", "0.1")
            filled = gateway.until_status("one-1", "filled")
            sim.call("price", market="BTCUSDT-LINEAR", px="41000")
            gateway.order("one", "one-2", "sell", "0.1", price="40500.0")
            gone = gateway.until_status("one-2", "filled")
            assert D(gone["avg_price"]) > D(filled["avg_price"])
            assert gateway.position("one") == 0
        assert sim.call("orders") == []
        asked = {r["path"] for r in sim.call("requests")}
        assert not any(part in path for path in asked for part in ("order", "wallet", "position"))
