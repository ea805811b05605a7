"""Numbers a strategy hands us, made into exact sizes and prices of a market."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal, InvalidOperation

Number = Decimal | int | str | float


def to_decimal(value: Number, what: str) -> Decimal:
    """Return the exact Decimal a person would read (`0.1` stays 0.1). Raises ValueError."""
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except (InvalidOperation, ValueError, TypeError):
        raise ValueError(f"{what} {value!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{what} {value!r} is not finite")
    return number


def round_size(value: Number, step: Decimal) -> Decimal:
    """Round a size down to the market's step: never more than was asked for."""
    size = to_decimal(value, "size")
    if size <= 0:
        raise ValueError(f"size {size}; wanted more than 0")
    rounded = (size / step).to_integral_value(ROUND_DOWN) * step
    if rounded == 0:
        raise ValueError(f"size {size} is less than the market's step {step}")
    return rounded


def round_price(value: Number, step: Decimal) -> Decimal:
    """Round a limit price to the market's nearest tick."""
    price = to_decimal(value, "price")
    if price <= 0:
        raise ValueError(f"price {price}; wanted more than 0")
    return (price / step).to_integral_value(ROUND_HALF_EVEN) * step
