"""Bybit's numbers and words for a refusal."""

from clearedge_tui.venue_sim.model import Denial, Denied

_LINEAR: dict[Denial, tuple[int, str]] = {
    Denial.MARKET: (10001, "params error: symbol invalid"),
    Denial.ORDER: (110001, "order not exists or too late to cancel"),
    Denial.LINK: (110072, "OrderLinkedID is duplicate"),
    Denial.SIZE: (10001, "Qty invalid"),
    Denial.VALUE: (110094, "Order does not meet minimum order value 5USDT"),
    Denial.PRICE: (10001, "params error: price invalid"),
    Denial.TRIGGER: (110092, "expect Rising, but trigger_price is not above current"),
    Denial.MARGIN: (110007, "ab not enough for new order"),
    Denial.BALANCE: (110007, "ab not enough for new order"),
    Denial.REDUCE_ONLY: (110017, "current position is zero, cannot fix reduce-only order qty"),
    Denial.POST_ONLY: (110094, "EC_PostOnlyWillTakeLiquidity"),
    Denial.SAME: (10001, "order not modified"),
    Denial.KEY: (10003, "API key is invalid."),
    Denial.SIGNATURE: (10004, "error sign! please check your signature generation algorithm."),
    Denial.CLOCK: (
        10002,
        "invalid request, please check your server timestamp or recv_window param",
    ),
    Denial.RIGHT: (10005, "Permission denied, please check your API key permissions."),
    Denial.RATE: (10006, "Too many visits. Exceeded the API Rate Limit."),
    Denial.BANNED: (10018, "Exceeded the IP Rate Limit."),
    Denial.PARAMS: (10001, "params error"),
    Denial.BUSY: (10016, "Server error."),
}
_SPOT: dict[Denial, tuple[int, str]] = {
    Denial.MARKET: (170121, "Invalid symbol."),
    Denial.ORDER: (170213, "Order does not exist."),
    Denial.LINK: (170141, "Duplicate clientOrderId"),
    Denial.SIZE: (170137, "Order quantity has too many decimals."),
    Denial.VALUE: (170140, "Order value exceeded lower limit."),
    Denial.PRICE: (170134, "Order price has too many decimals."),
    Denial.BALANCE: (170131, "Insufficient balance."),
    Denial.POST_ONLY: (170218, "The LIMIT-MAKER order is rejected due to invalid price."),
}


def code_of(denied: Denied, *, spot: bool = False) -> tuple[int, str]:
    """Return the code and the words; a rule's own come first."""
    code, words = (spot and _SPOT.get(denied.denial)) or _LINEAR[denied.denial]
    return denied.code if denied.code is not None else code, denied.text or words
