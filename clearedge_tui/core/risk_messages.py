"""What supervisor and gateways say to each other about approvals and limits."""

from decimal import Decimal

import msgspec

from clearedge_tui.core.approval import Approval
from clearedge_tui.core.limits import Limit, Scope
from clearedge_tui.core.limits_exposure import Leg

LEASE_S = 1.5  # how long places are lent, from the report that they were lent on


class Permit(msgspec.Struct, frozen=True, tag=True):
    """To the gateway of a live account: the newest approval of an instance, whatever it is worth.

    After each `Attach`, and whenever anything of it changes. The gateway proves it by itself.
    """

    id: str
    config: dict[str, object]  # as declared now
    secrets: tuple[str, ...] = ()  # the settings whose values nobody is to read
    approval: Approval | None = None


class Permitted(msgspec.Struct, frozen=True, tag=True):
    """From a gateway: whether an instance may trade real money now. No reasons: it may."""

    id: str
    why: tuple[str, ...] = ()


class Awake(msgspec.Struct, frozen=True, tag=True):
    """To a gateway, about once a second: the supervisor's loop turns. A frozen one is like none."""


class RiskLimits(msgspec.Struct, frozen=True, tag=True):
    """To a gateway: all limits that concern its account. They hold from the next order on."""

    limits: tuple[Limit, ...] = ()


class ClearLimit(msgspec.Struct, frozen=True, tag=True):
    """To a gateway: a person ends what a limit did. Answered by `Done`."""

    command: str
    scope: Scope
    key: str
    name: str


class RiskSums(msgspec.Struct, frozen=True, tag=True):
    """From a gateway: what its account adds to its portfolio, while a limit holds for that."""

    seq: int
    currency: str
    equity: Decimal | None
    legs: tuple[Leg, ...] = ()  # their instances are named `account/instance`
    orders: int = 0  # sent in the last minute
    at_s: float = 0.0  # when it was made, by the gateway's clock


class Others(msgspec.Struct, frozen=True, tag=True):
    """To a gateway: the sums of its portfolio's other accounts, at least twice a second."""

    seq: int  # of this gateway's own sums that were there at the same time
    gateways: int  # that may use what the limits leave, with this one
    age_s: float = 0.0  # of the oldest of these sums
    equities: dict[str, Decimal | None] = {}  # account -> what it is worth
    legs: tuple[Leg, ...] = ()
    orders: int = 0
    slots: int | None = None  # positions this account may have open, for `LEASE_S`


class RiskRow(msgspec.Struct, frozen=True):
    """One limit on one portfolio, account or instance, as a screen shows it."""

    account: str  # whose gateway says it
    scope: str
    key: str  # the currency, account or instance that it is about
    name: str
    value: str
    state: str  # ok | warn | breach | unknown
    text: str
    now: Decimal | None = None
    allowed: Decimal = Decimal(0)
    headroom: Decimal | None = None
    used: Decimal | None = None  # share of what is allowed
    warn: Decimal = Decimal("0.8")
    action: str = "alert"
    resume: str = "person"
    held: str = ""  # what it did and nobody has ended: `flatten since …`


class RiskRows(msgspec.Struct, frozen=True, tag=True):
    """From a gateway: every limit with its figure, worst first; about once a second."""

    rows: tuple[RiskRow, ...] = ()


class Lower(msgspec.Struct, frozen=True, tag=True):
    """From a gateway: a limit lowers the mode of an instance. Only a person raises it again."""

    id: str
    why: str


ToGateway = Awake | Permit | RiskLimits | ClearLimit | Others
FromGateway = Permitted | RiskSums | RiskRows | Lower
