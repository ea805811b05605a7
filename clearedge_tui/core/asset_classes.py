"""What an asset class says of its markets: days a year, whole or fractional sizes, trading hours."""

import msgspec


class AssetClass(msgspec.Struct, frozen=True):
    days_a_year: int  # daily returns that make a year of volatility
    size_precision: int  # decimals of a size, unless the market says otherwise; 0 is whole pieces
    calendar: str  # hours, unless the market says otherwise


ASSET_CLASSES = {
    "crypto": AssetClass(365, 6, "24/7"),
    "fx": AssetClass(252, 0, "fx"),
    "equity": AssetClass(252, 0, "XNYS"),
    "index": AssetClass(252, 2, "XNYS"),
}
