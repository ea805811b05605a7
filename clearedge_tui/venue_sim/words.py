"""How venues write numbers and times."""

from decimal import Decimal


def plain(value: Decimal) -> str:
    """Return a number without an exponent and without needless zeros."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def stepped(value: Decimal, step: Decimal) -> str:
    """Return a number with as many places as its step has."""
    return f"{value.quantize(step):f}"


def millis(at_ns: int) -> str:
    return str(at_ns // 1_000_000)
