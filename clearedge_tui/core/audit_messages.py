"""What an auditor says and hears: from its supervisor, and from the gateway it looks after."""

from decimal import Decimal

import msgspec

from clearedge_tui.core.messages import Keys, Lease, Leased, Noted, Stop
from clearedge_tui.core.receipt import Receipt
from clearedge_tui.core.venue_state import VenueState


class Hello(msgspec.Struct, frozen=True, tag=True):
    """A gateway reports to its auditor. Who it really is, the kernel says."""

    account: str


class Watch(msgspec.Struct, frozen=True, tag=True):
    """To an auditor: this process is the account's gateway now; 0 is none."""

    pid: int


class Pulse(msgspec.Struct, frozen=True, tag=True):
    """From a gateway, several times a second: it lives, and has taken up these kills."""

    kills: tuple[str, ...] = ()
    unconfirmed: bool = False  # of one of them a line is still not confirmed


class Look(msgspec.Struct, frozen=True, tag=True):
    """From a gateway: ask the venue now; fills of these markets since a moment."""

    since_ns: int
    markets: tuple[str, ...]
    log_ns: int = 0  # from when on the log of balances is of interest; 0 is not at all


class CancelRaw(msgspec.Struct, frozen=True, tag=True):
    """From a gateway: an order whose cancel the engine cannot get through. Either name will do."""

    key: str
    market: str
    venue_id: str = ""


class CloseRaw(msgspec.Struct, frozen=True, tag=True):
    """From a gateway: trade a signed size away on a market, because a person said so."""

    market: str
    size: Decimal


class AuditStatus(msgspec.Struct, frozen=True, tag=True):
    """To the supervisor: how the auditor itself is."""

    at_ns: int
    open: bool  # it has reached the venue
    error: str = ""


ToAuditor = Lease | Keys | Watch | Stop | Hello | Pulse | Look | CancelRaw | CloseRaw
FromAuditor = Leased | VenueState | Receipt | Noted | AuditStatus
