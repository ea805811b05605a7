"""Too little to say anything: said as such, so that it is never mistaken for a pass or a fail."""

from clearedge_tui.core.errors import Refused


class Insufficient(Refused):
    """The data cannot carry the figure that was asked for.

    `found` and `wanted` count what `reason` names (periods, trades, twins, trials …).
    """

    def __init__(self, reason: str, found: int, wanted: int) -> None:
        super().__init__(f"insufficient: {reason}: found {found}, wanted {wanted} or more")
        self.reason = reason
        self.found = found
        self.wanted = wanted
