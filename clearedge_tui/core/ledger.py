"""The sums of one instance's book: fills in, position and PnL out. Pure and exact (Decimal)."""

from decimal import Decimal

from clearedge_tui.core.model import Position

_ZERO = Decimal(0)


def apply_fill(
    position: Position, side: str, size: Decimal, price: Decimal, fee: Decimal
) -> tuple[Position, Decimal]:
    """Return the position after a fill and the PnL that the fill realised, before its fee.

    Average-cost accounting: adding moves the average, reducing realises against it, and a fill
    larger than the position closes it and opens the rest at the fill's price.
    """
    signed = size if side == "buy" else -size
    before = position.size
    after = before + signed
    realised = _ZERO
    average = position.avg_price
    if before == 0 or (before > 0) == (signed > 0):
        average = (abs(before) * average + size * price) / abs(after) if after else _ZERO
    else:
        closed = min(abs(before), size)
        realised = (price - average) * closed * (1 if before > 0 else -1)
        if after == 0:
            average = _ZERO
        elif (after > 0) != (before > 0):
            average = price
    return (
        Position(
            size=after,
            avg_price=average,
            realised=position.realised + realised,
            fees=position.fees + fee,
        ),
        realised,
    )
