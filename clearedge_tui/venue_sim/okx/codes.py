"""OKX's numbers and words for a refusal."""

from clearedge_tui.venue_sim.model import Denial, Denied

_CODES: dict[Denial, tuple[str, str]] = {
    Denial.MARKET: ("51001", "Instrument ID does not exist"),
    Denial.ORDER: ("51603", "Order does not exist"),
    Denial.LINK: ("51016", "Duplicated client order ID"),
    Denial.SIZE: ("51121", "Order quantity must be a multiple of the lot size."),
    Denial.VALUE: ("51020", "Your order should meet or exceed the minimum order amount."),
    Denial.PRICE: ("51006", "Order price is not within the price limit"),
    Denial.TRIGGER: ("51280", "The trigger price is on the wrong side of the last price"),
    Denial.MARGIN: ("51008", "Order failed. Insufficient margin in account"),
    Denial.BALANCE: ("51008", "Order failed. Insufficient balance in account"),
    Denial.REDUCE_ONLY: ("51169", "You don't have any positions to reduce"),
    Denial.POST_ONLY: ("51124", "The post-only order would take liquidity"),
    Denial.SAME: ("51503", "The order is not changed"),
    Denial.KEY: ("50111", "Invalid OK-ACCESS-KEY"),
    Denial.SIGNATURE: ("50113", "Invalid Sign"),
    Denial.CLOCK: ("50102", "Timestamp request expired"),
    Denial.RIGHT: ("50120", "This API key doesn't have permission to use this function"),
    Denial.RATE: ("50011", "Rate limit reached. Please refer to API documentation."),
    Denial.BANNED: ("50011", "Too Many Requests"),
    Denial.PARAMS: ("51000", "Parameter error"),
    Denial.BUSY: ("50001", "Service temporarily unavailable. Please try again later."),
}
_STATUS = {
    Denial.KEY: 401,
    Denial.SIGNATURE: 401,
    Denial.CLOCK: 401,
    Denial.RIGHT: 401,
    Denial.RATE: 429,
    Denial.BANNED: 429,
    Denial.BUSY: 503,
}


def code_of(denied: Denied) -> tuple[str, str]:
    """Return the code and the words; a rule's own come first."""
    code, words = _CODES[denied.denial]
    return code if denied.code is None else str(denied.code), denied.text or words


def status_of(denied: Denied) -> int:
    """Return the HTTP status: most refusals are well-formed answers to OKX."""
    return _STATUS.get(denied.denial, 200)
