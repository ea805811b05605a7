"""Numbers a strategy hands us, made into exact sizes and prices of a market."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

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
    """Round a size down to a multiple of the market's step: never more than was asked for.

    The result has all of the step's digits, which is how the engine tells a size's precision.
    """
    size = to_decimal(value, "size")
    if size <= 0:
        raise ValueError(f"size {size}; wanted more than 0")
    try:
        rounded = size // step * step  # a quotient of `/` may be rounded up at its 28th digit
    except InvalidOperation:
        raise ValueError(f"size {size} is more than can be counted in steps of {step}") from None
    if rounded == 0:
        raise ValueError(f"size {size} is less than the market's step {step}")
    return rounded


def round_price(value: Number, step: Decimal) -> Decimal:
    """Round a limit price to the market's nearest tick."""
    price = to_decimal(value, "price")
    if price <= 0:
        raise ValueError(f"price {price}; wanted more than 0")
    return (price / step).to_integral_value(ROUND_HALF_EVEN) * step
