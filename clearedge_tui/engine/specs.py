"""What a forked engine is told at its birth. Everything else it hears over its socket."""

from pathlib import Path

import msgspec

from clearedge_tui.core.limits import Limit
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.core.model import Instance
from clearedge_tui.settings import Account, Home


class GatewaySpec(msgspec.Struct, frozen=True):
    root: str
    account: Account
    currencies: tuple[str, ...]
    resume: dict[str, int] = {}  # market -> data time to go on from
    markets: tuple[str, ...] = ()  # that its instances trade
    limits: tuple[Limit, ...] = ()  # declared ones that concern it

    @property
    def home(self) -> Home:
        return Home(Path(self.root))


class InstanceSpec(msgspec.Struct, frozen=True):
    root: str
    instance: Instance
    market: MarketInfo
    path: str  # the strategy file
    code: str  # its sha256
    grace_s: float = 30.0
    callback_limit_s: float = 5.0
    memory_mb: int = 1024
    native: bool = False
    frozen: bool = False

    @property
    def home(self) -> Home:
        return Home(Path(self.root))


def gateway_socket(home: Home, account: str) -> Path:
    return home.sockets / f"gw-{account}.sock"


def shadow_socket(home: Home, account: str) -> Path:
    return home.sockets / f"sh-{account}.sock"


def instance_socket(home: Home, instance: str) -> Path:
    return home.sockets / f"in-{instance}.sock"
