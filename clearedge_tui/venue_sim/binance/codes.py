"""Binance's numbers and words for a refusal."""

from clearedge_tui.venue_sim.model import Denial, Denied

_CODES: dict[Denial, tuple[int, str]] = {
    Denial.MARKET: (-1121, "Invalid symbol."),
    Denial.ORDER: (-2011, "Unknown order sent."),
    Denial.LINK: (-4116, "ClientOrderId is duplicated."),
    Denial.SIZE: (-1111, "Precision is over the maximum defined for this asset."),
    Denial.VALUE: (
        -4164,
        "Order's notional must be no smaller than 5 (unless you choose reduce only).",
    ),
    Denial.PRICE: (-4014, "Price not increased by tick size."),
    Denial.TRIGGER: (-2021, "Order would immediately trigger."),
    Denial.MARGIN: (-2019, "Margin is insufficient."),
    Denial.BALANCE: (-2018, "Balance is insufficient."),
    Denial.REDUCE_ONLY: (-2022, "ReduceOnly Order is rejected."),
    Denial.POST_ONLY: (
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected.",
    ),
    Denial.SAME: (-5027, "No need to modify the order."),
    Denial.KEY: (-2015, "Invalid API-key, IP, or permissions for action."),
    Denial.SIGNATURE: (-1022, "Signature for this request is not valid."),
    Denial.CLOCK: (-1021, "Timestamp for this request is outside of the recvWindow."),
    Denial.RIGHT: (-2015, "Invalid API-key, IP, or permissions for action."),
    Denial.RATE: (-1003, "Too many requests; please use the websocket for live updates."),
    Denial.BANNED: (-1003, "Way too many requests; IP banned until 1999999999999."),
    Denial.PARAMS: (-1102, "Mandatory parameter was not sent, was empty/null, or malformed."),
    Denial.BUSY: (-1001, "Internal error; unable to process your request. Please try again."),
}
_STATUS = {
    Denial.KEY: 401,
    Denial.RIGHT: 401,
    Denial.RATE: 429,
    Denial.BANNED: 418,
    Denial.BUSY: 503,
}


def code_of(denied: Denied) -> tuple[int, str]:
    """Return the code and the words; a rule's own come first."""
    code, words = _CODES[denied.denial]
    return denied.code if denied.code is not None else code, denied.text or words


def status_of(denied: Denied) -> int:
    return _STATUS.get(denied.denial, 400)
