"""The kill drill: a throwaway home trades on paper, is killed, and says how long it took to be flat.

Everything is the product's own: supervisor, gateway, instances, the file that kills, the receipt.
Only the money and the market are made up. Nothing of the home it is asked from is touched.
"""

import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from clearedge_tui import kills
from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.errors import RetryLater
from clearedge_tui.core.kill import Action, Kill, Scope
from clearedge_tui.core.receipt import Receipt
from clearedge_tui.market.markets import save_market
from clearedge_tui.market.simulated import market as simulated_market
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.client import call
from clearedge_tui.supervisor.protocol import Result

_READY_S = 60.0
_FLAT_S = 30.0
_MARKET = "SIM/USDT"
_STRATEGY = '''"""Holds a position and rests an order far away, and keeps wanting more."""

from clearedge_tui.contract import Strategy

CONFIG_SCHEMA = {"size": {"type": "decimal", "default": "1", "min": "0", "help": "what it holds"}}


class Drill(Strategy):
    def init(self):
        return {"ticks": 0}

    def on_tick(self, tick):
        self.state["ticks"] += 1
        if self.state["ticks"] == 1:
            self.context.place_order("buy", self.config["size"])
            far = round(tick.price / 2, 2)
            self.context.place_order("buy", self.config["size"], price=far)
        elif self.state["ticks"] > 2 and not self.state["ticks"] % 5:
            self.context.place_order("buy", self.config["size"])

    def render(self):
        return {"widgets": []}
'''


class KillDrill(msgspec.Struct, frozen=True):
    """What a drill found. Milliseconds count from the moment the kill's file was there."""

    at_ns: int
    instances: int
    passed: bool
    time_to_block_ms: float  # nothing was accepted any more
    time_to_cancel_ms: float  # every cancel was sent
    time_to_flat_ms: float  # every order is cancelled and every position closed
    orders: int
    positions: int
    accepted_after: int  # orders that were accepted after the kill was taken up
    error: str = ""


def run(instances: int = 5) -> KillDrill:
    """Do the drill. Raises RetryLater when the throwaway home does not come up."""
    root = Path(tempfile.mkdtemp(prefix="clearedge-drill-"))
    home = Home(root)
    _prepare(home)
    log = (root / "out").open("wb")
    supervisor = subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-m", "clearedge_tui", "--home", str(root), "--run"],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        return _drill(home, supervisor, instances)
    finally:
        supervisor.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            supervisor.wait(30)
        supervisor.kill()
        log.close()
        shutil.rmtree(root, ignore_errors=True)


def _prepare(home: Home) -> None:
    for folder in (home.config, home.strategies, home.state):
        folder.mkdir(parents=True)
    (home.config / "clearedge.toml").write_text("")
    (home.config / "accounts.toml").write_text(
        '[drill]\nfeed = "simulated"\nspeed = 600.0\nbalance = "100000000"\nleverage = "10"\n'
    )
    (home.strategies / "drill.py").write_text(_STRATEGY)
    save_market(home, simulated_market())


def _drill(home: Home, supervisor: "subprocess.Popen[bytes]", instances: int) -> KillDrill:
    end = monotonic() + _READY_S
    while not home.control_socket.exists():
        _wait(supervisor, end, "a supervisor")
    names = [f"d{n}" for n in range(instances)]
    for name in names:
        _must(
            call(
                home,
                "instance.add",
                {"id": name, "strategy": "drill", "account": "drill", "market": _MARKET,
                 "timeframe": "quote", "mode": "active"},
                "drill",
            )
        )  # fmt: skip
    while not _armed(home, names):
        _wait(supervisor, end, "positions and orders to kill")
    begun = now_ns()
    kills.write(home, Kill(Scope.GLOBAL, action=Action.FLATTEN, reason="drill", at_ns=begun))
    receipt = _receipt(home)
    time.sleep(0.3)  # whoever still wanted to trade had time to try
    after = _accepted_after(home, receipt.seen_ns)
    return KillDrill(
        begun,
        instances,
        receipt.confirmed and receipt.flat_ns > 0 and after == 0,
        (receipt.seen_ns - begun) / 1e6,
        (receipt.cancels_sent_ns - begun) / 1e6,
        (receipt.done_ns - begun) / 1e6 if receipt.confirmed else -1.0,
        sum(line.what == "order" for line in receipt.lines),
        sum(line.what == "position" for line in receipt.lines),
        after,
        "" if receipt.confirmed else receipt.text,
    )


def _wait(supervisor: "subprocess.Popen[bytes]", end: float, what: str) -> None:
    if monotonic() > end or supervisor.poll() is not None:
        raise RetryLater(f"the drill's home has not come so far as {what}")
    time.sleep(0.05)


def _must(result: Result) -> Result:
    if result.status != "done":
        raise RetryLater(f"the drill's home refused: {result.message}")
    return result


def _armed(home: Home, names: list[str]) -> bool:
    """Whether each instance holds a position and rests an order."""
    from clearedge_tui.store.db import open_reader

    with open_reader(home.database) as reader:
        rows = {row.instance: row for row in reader.ledgers() if row.book == "paper"}
    return all(
        name in rows and rows[name].position.size and rows[name].open_orders for name in names
    )


def _receipt(home: Home) -> Receipt:
    end = monotonic() + _FLAT_S
    while True:
        found = kills.receipts(home, 1)
        if found and ((found[0].confirmed and found[0].flat_ns) or monotonic() > end):
            return found[0]
        if monotonic() > end:
            raise RetryLater(f"no receipt came within {_FLAT_S:.0f} s")
        time.sleep(0.01)


def _accepted_after(home: Home, seen_ns: int) -> int:
    """Count orders of strategies that were sent after the kill was taken up."""
    from clearedge_tui.store.account_file import read_orders

    return sum(
        entry.sent_ns > seen_ns and entry.order.tag != "kill"
        for entry in read_orders(home.account_file("drill"))
    )
