"""OKX spot end to end: gateway, unmodified adapter, second client, and a venue of ours."""

from decimal import Decimal
from pathlib import Path

import pytest

from clearedge_tui.market.markets import Market
from tests.trading.live import GatewayProcess
from tests.venue_sim.process import SimProcess

pytestmark = pytest.mark.slow
D = Decimal
BTC = "BTC-USDT.OKX"
MARKET = Market(
    "BTC/USDT", "okx", BTC, "BTC", "USDT", "crypto", 1, 8, D("0.00000001"),
    price_step=D("0.1"), size_step=D("0.00000001"),
)  # fmt: skip


def test_orders_fill_rest_and_cancel_and_come_back_and_coins_are_compared(tmp_path: Path) -> None:
    with SimProcess(venue="okx") as sim:
        had = next(D(b["total"]) for b in sim.call("balances") if b["coin"] == "BTC")
        options = {**sim.urls, "product": "spot", "max_retries": 1}
        words = {"name": "main", "kind": "live", "feed": "venue", "venue": "okx",
                 "options": options, "leverage": "10", "orphan_grace_s": 600,
                 "audit_s": 1}  # fmt: skip
        main = GatewayProcess(tmp_path, words, (MARKET,)).ready()
        try:
            main.ask("attach", name="one", market=BTC, mode="active")
            main.until(main.differences, "what was there before is seen")
            assert D(main.differences()[0]["theirs"]) == had
            main.ask("resolve", market=BTC, subject="BTC", how="external")
            main.until(lambda: not main.differences(), "it is somebody else's")
            main.attach("one", market=BTC)
            main.order("one", "one-1", "buy", "0.1")
            main.until_status("one-1", "filled")
            main.order("one", "one-2", "buy", "0.05", price="30000.0")
            main.until_status("one-2", "open")
            main.ask("cancel", name="one", key="one-2")
            main.until_status("one-2", "cancelled")
            main.order("one", "one-3", "buy", "0.05", price="30001.0")
            main.until_status("one-3", "open")
            sim.call("fill", size="0.02")
            main.until_status("one-3", "partial")
        finally:
            main.kill()
        sim.call("fill")
        with GatewayProcess(tmp_path, words, (MARKET,)) as again:
            again.attach("one", market=BTC)
            assert again.ask("state")["one"]["orders"]["one-3"][0] == "filled"
            assert not again.differences()
            assert again.position("one") == D("0.15")
            again.order("one", "one-4", "sell", "0.05", stop="39000.0")
            again.order("one", "one-5", "sell", "0.05", stop="38000.0")
            again.until_status("one-4", "open")
            again.until_status("one-5", "open")
            looks = len(again.of("Compared"))
            again.until(lambda: len(again.of("Compared")) > looks + 2, "stops are looked for")
            assert not again.differences()
            again.ask("cancel", name="one", key="one-5")
            again.until_status("one-5", "cancelled")
            sim.call("price", market="BTC-USDT", px="38900")
            again.until_status("one-4", "filled")
            assert again.position("one") == D("0.10")
