"""Every request that reached the venue, in the order of its coming."""

import msgspec


class Request(msgspec.Struct, kw_only=True):
    """`verb` is venue-neutral (`order.create`); `outcome` is written when it is known.

    Outcomes: `ok`, `lost` (a fault: never seen), `silence`, or the denial's word.
    """

    number: int
    at_s: float  # of the monotonic clock
    at_ns: int
    verb: str
    via: str  # http, trade, private, public
    path: str
    account: str = ""
    body: str = ""
    outcome: str = ""
    answered: bool = False
