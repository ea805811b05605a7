"""One of the best so far of a search, as it travels from the search to whoever looks on."""

import msgspec

POINTS = 32  # of a curve: as many as a small chart has columns


class Leader(msgspec.Struct, frozen=True):
    """A trial with a score. `settings` are its parameters in words, already washed."""

    score: float
    settings: str = ""
    trades: int | None = None  # closed; None is unknown
    curve: tuple[float, ...] = ()  # the growth of 1, at most POINTS of it
