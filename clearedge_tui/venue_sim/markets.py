"""The markets a venue starts with. Sizes, steps and fees are near those of the real ones."""

from decimal import Decimal

from msgspec.structs import replace

from clearedge_tui.venue_sim.model import Market, Product

D = Decimal


def _depth(size: str) -> tuple[Decimal, ...]:
    """Ten levels that grow away from the price."""
    return tuple(D(size) * (1 + level) for level in range(10))


def linear(base: str, price: str, step: str, lot: str, size: str, maker: str, taker: str) -> Market:
    return Market(
        id=f"{base}USDT-LINEAR", symbol=f"{base}USDT", product=Product.LINEAR,
        base=base, quote="USDT", price_step=D(step), size_step=D(lot), min_size=D(lot),
        max_size=D(lot) * 1_000_000, min_value=D(5), price=D(price), half_spread=D(step),
        maker_fee=D(maker), taker_fee=D(taker), depth=_depth(size),
    )  # fmt: skip


def spot(base: str, price: str, step: str, lot: str, size: str, fee: str) -> Market:
    return Market(
        id=f"{base}USDT-SPOT", symbol=f"{base}USDT", product=Product.SPOT,
        base=base, quote="USDT", price_step=D(step), size_step=D(lot), min_size=D(lot),
        max_size=D(lot) * 100_000_000, min_value=D(5), price=D(price), half_spread=D(step),
        maker_fee=D(fee), taker_fee=D(fee), depth=_depth(size), leverage=D(1),
    )  # fmt: skip


def dollars(symbol: str, price: str, step: str, half: str, size: str, leverage: int) -> Market:
    """Return a share, or a pair of currencies like EUR.USD, that is margined in dollars."""
    return Market(
        id=symbol, symbol=symbol, product=Product.LINEAR, base=symbol.partition(".")[0],
        quote="USD", price_step=D(step), size_step=D(1), min_size=D(1), max_size=D(1_000_000),
        min_value=D(0), price=D(price), half_spread=D(half), maker_fee=D("0.00002"),
        taker_fee=D("0.00002"), depth=_depth(size), leverage=D(leverage),
    )  # fmt: skip


BYBIT = (
    linear("BTC", "40000.00", "0.10", "0.001", "5", "0.0002", "0.00055"),
    linear("ETH", "2000.00", "0.01", "0.01", "100", "0.0002", "0.00055"),
    linear("SOL", "100.00", "0.01", "0.1", "2000", "0.0002", "0.00055"),
    spot("BTC", "40000.00", "0.01", "0.000001", "5", "0.001"),
    spot("ETH", "2000.00", "0.01", "0.00001", "100", "0.001"),
)
BINANCE = (
    linear("BTC", "40000.00", "0.10", "0.001", "5", "0.0002", "0.0005"),
    linear("ETH", "2000.00", "0.01", "0.001", "100", "0.0002", "0.0005"),
)
OKX = tuple(
    replace(one, id=name, symbol=name)
    for name, one in (
        ("BTC-USDT", spot("BTC", "40000.00", "0.1", "0.00000001", "5", "0.001")),
        ("ETH-USDT", spot("ETH", "2000.00", "0.01", "0.000001", "100", "0.001")),
    )
)
IB = (
    dollars("AAPL", "200.00", "0.01", "0.01", "500", 4),
    dollars("EUR.USD", "1.10000", "0.00005", "0.00005", "1000000", 20),
)
