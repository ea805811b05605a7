"""One node with four venues' adapters, unmodified, at venues that answer a little. Says who was asked."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from nautilus_trader.model import (
    ClientOrderId,
    InstrumentId,
    OrderSide,
    Price,
    Quantity,
    StrategyId,
)
from nautilus_trader.trading import Strategy, StrategyConfig

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.model import AccountKind
from clearedge_tui.core.venues import VENUES
from clearedge_tui.engine import venue_adapters
from clearedge_tui.engine.node import Node
from clearedge_tui.settings import Account
from tests.trading.answering_venues import HTTP, Answering

LIMIT_S = 15.0
ORDERS = {
    "kraken": ("BTC/USDT.KRAKEN", "0.00100000", "30000.0"),
    "hyperliquid": ("BTC-USD-PERP.HYPERLIQUID", "0.00100", "30000"),
    "deribit": ("BTC_USDC-PERPETUAL.DERIBIT", "0.0010", "30000.0"),
    "coinbase": ("BTC-USD.COINBASE", "0.00100000", "30000.00"),
}


class Sender(Strategy):
    """Sends one order to each venue as soon as it may."""

    begun = False
    told: list[str] = []

    def on_start(self) -> None:
        self.begun = True
        for number, (market, size, price) in enumerate(ORDERS.values()):
            order = self.order_factory.limit(
                InstrumentId.from_str(market), OrderSide.BUY, Quantity.from_str(size),
                Price.from_str(price), client_order_id=ClientOrderId(f"{number:032x}"),
            )  # fmt: skip
            self.submit_order(order)

    def on_order_event(self, event: Any) -> None:
        self.told.append(str(event))


def keys_of(name: str) -> dict[str, str]:
    """Return keys that an adapter can sign with; nobody looks at what it signs."""
    if name == "hyperliquid":
        return {"private_key": "0x" + "1" * 64}
    if name == "coinbase":
        key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        return {"api_key": "organizations/x/apiKeys/y", "api_secret": key.decode()}
    return {"api_key": "k", "api_secret": "c2VjcmV0"}


def account(name: str, there: str) -> Account:
    options: dict[str, object] = {
        option: f"{'ws' if 'ws' in option else 'http'}://{there}/{name}/{option}"
        for option in VENUES[name].options
        if "url" in option and option != "proxy_url"
    }
    return Account("main", AccountKind.LIVE, "venue", venue=name, options=options)


async def main() -> None:
    venues = Answering()
    there = await venues.open()
    node = Node("four", Path(sys.argv[1]), real=True)
    for name in HTTP:
        for add in (venue_adapters.hear, venue_adapters.trade):
            add(node.builder, account(name, there), keys_of(name), ())
    node.build()
    sender = Sender(StrategyConfig(strategy_id=StrategyId("FOUR-001"), order_id_tag="001"))
    node.node.add_strategy(sender)
    await node.start(lambda: sender.begun)
    end = monotonic() + LIMIT_S
    while monotonic() < end and len(venues.ordered()) < len(HTTP):  # noqa: ASYNC110  # a test's look
        await asyncio.sleep(0.02)
    asked = {f"{name} {option}": said for (name, option), said in venues.asked.items()}
    sys.stdout.write(json.dumps({"asked": asked, "ordered": venues.ordered(), "told": sender.told}))
    sys.stdout.flush()
    await node.stop()
    await venues.close()


if __name__ == "__main__":
    asyncio.run(main())
