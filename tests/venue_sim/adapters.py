"""The unmodified adapters of NautilusTrader, pointed at our venue."""

from collections.abc import Callable
from typing import Any

from nautilus_trader.adapters.binance import (
    BinanceDataClientConfig,
    BinanceDataClientFactory,
    BinanceExecutionClientConfig,
    BinanceExecutionClientFactory,
    BinanceProductType,
)
from nautilus_trader.adapters.bybit import (
    BybitDataClientConfig,
    BybitDataClientFactory,
    BybitExecutionClientConfig,
    BybitExecutionClientFactory,
    BybitProductType,
)
from nautilus_trader.live import LiveNodeBuilder
from nautilus_trader.model import AccountId


def bybit(builder: LiveNodeBuilder, asked: dict[str, Any]) -> LiveNodeBuilder:
    urls, product = asked["urls"], asked.get("product", "linear")
    types = [BybitProductType.SPOT if product == "spot" else BybitProductType.LINEAR]
    builder = builder.add_data_client(
        None,
        BybitDataClientFactory(),
        BybitDataClientConfig(
            product_types=types, base_url_http=urls["base_url_http"],
            base_url_ws_public=urls[f"base_url_ws_public_{product}"],
            base_url_ws_private=urls["base_url_ws_private"], http_timeout_secs=5, max_retries=1,
        ),
    )  # fmt: skip
    return builder.add_exec_client(
        None,
        BybitExecutionClientFactory(),
        BybitExecutionClientConfig(
            product_types=types, api_key=asked.get("key", "sim-key"), api_secret=asked.get("secret", "sim-secret"),
            base_url_http=urls["base_url_http"], base_url_ws_private=urls["base_url_ws_private"],
            base_url_ws_trade=urls["base_url_ws_trade"], http_timeout_secs=5, max_retries=1,
            account_id=AccountId(asked["account"]),
        ),
    )  # fmt: skip


def binance(builder: LiveNodeBuilder, asked: dict[str, Any]) -> LiveNodeBuilder:
    urls, product = asked["urls"], BinanceProductType.USD_M
    builder = builder.add_data_client(
        None,
        BinanceDataClientFactory(),
        BinanceDataClientConfig(
            product_type=product, base_url_http=urls["base_url_http"],
            base_url_ws=urls["base_url_ws"], max_retries=1,
        ),
    )  # fmt: skip
    return builder.add_exec_client(
        None,
        BinanceExecutionClientFactory(),
        BinanceExecutionClientConfig(
            account_id=AccountId(asked["account"]), product_type=product,
            base_url_http=urls["base_url_http"], base_url_ws=urls["base_url_ws"],
            base_url_ws_trading=urls["base_url_ws_trading"], max_retries=1,
            api_key=asked.get("key", "sim-key"), api_secret=asked.get("secret", "sim-secret"),
            use_position_ids=False,
        ),
    )  # fmt: skip


ADAPTERS: dict[str, Callable[[LiveNodeBuilder, dict[str, Any]], LiveNodeBuilder]] = {
    "bybit": bybit,
    "binance": binance,
}
