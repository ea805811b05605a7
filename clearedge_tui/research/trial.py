"""One trial as data: what a study may see, what it asks, what came back.

A setup says which bars and costs a study has: nothing outside `start_ns`..`end_ns` of its spec can be
asked for, which is what seals a held-out window. Two asks that are equal have equal trials, wherever
and in whatever order they were run; `key` names them.
"""

import hashlib
from typing import Literal

import msgspec

from clearedge_tui.research.probing import Probe, Probed
from clearedge_tui.runs.model import BacktestSpec

Path_ = Literal["engine", "light", "both"]
DAY_NS = 86_400_000_000_000


class Setup(msgspec.Struct, frozen=True):
    """What every trial of a study shares. The config of its spec is the base of each ask's own.

    `data_sha256` names the rows and `code_sha256` the strategy: a worker that finds others refuses.
    """

    root: str
    spec: BacktestSpec
    data_sha256: str
    code_sha256: str
    period_ns: int = DAY_NS  # of the returns that trials give back


class Twin(msgspec.Struct, frozen=True):
    """Enter at random: with these odds at each moment the strategy could have, flat and no order out."""

    index: int
    seed: int
    odds: float
    long_share: float = 1.0


class Ask(msgspec.Struct, frozen=True):
    """What to run: a config, over the bars that close after `start_ns` and up to `end_ns` (UTC).

    0 is the edge of the setup's own window.
    """

    config: dict[str, object] = {}
    start_ns: int = 0
    end_ns: int = 0
    warm: int = 5000  # earlier bars that history() may show; no callback sees them
    twin: Twin | None = None
    cost: str = "1"  # fees, slippage, funding and borrowing are multiplied by it
    permuted: int = 0  # shuffle the bars with this seed; 0: as they are
    path: Path_ = "engine"
    # give every fill, the PnL of every trade and the periods' times back; `curve`: these times alone,
    # and no hashes, for whoever waits and draws
    detail: bool | Literal["curve"] = False
    probe: Probe | None = None  # look for leaks with this config instead; see engine.prober


class Trial(msgspec.Struct, frozen=True):
    """What came of an ask. `returns` are float64, little-endian, one a period, from flat to the end.

    A trial that failed has no figures. `entries` of `eligible` moments were taken, `longs` of them
    up. `fills_sha256` covers time, side, size, price and fee of every fill; `equity_sha256` the
    account at each bar.
    """

    status: Literal["done", "failed"]
    path: str = "engine"
    why: str = ""  # not the path that was asked for
    error: str = ""
    metrics: dict[str, float | None] = {}
    returns: bytes = b""
    ends_ns: tuple[int, int] = (0, 0)  # of the first and the last period
    entries: int = 0
    eligible: int = 0
    longs: int = 0
    asked_entry: bool = False  # should_enter was called
    bars: int = 0
    fills_sha256: str = ""
    equity_sha256: str = ""
    agreed: bool | None = None  # of both paths; None when only one was run
    difference: str = ""
    fills: tuple[tuple[int, str, str, str], ...] = ()  # time, side, size, price
    times: bytes = b""  # when each period ended, int64 UTC ns
    pnls: bytes = b""  # of closed trades after fees, float64
    took_s: float = 0.0
    ran_s: float = 0.0  # of these in the engine or in the light loop
    probed: Probed | None = None

    def figure(self, name: str) -> float | None:
        """Return a figure that is a number, else None."""
        value = self.metrics.get(name) if self.status == "done" else None
        return value if value is not None and value - value == 0.0 else None


_order = msgspec.msgpack.Encoder(order="deterministic")


def key(setup: Setup, ask: Ask) -> str:
    """Return the name of an ask: the hash of it and of everything it is asked of."""
    plain = msgspec.structs.replace(setup, root="")
    return hashlib.sha256(_order.encode((plain, ask))).hexdigest()[:32]
