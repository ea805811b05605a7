"""Trading at a venue on loopback: what gateway, gate and file add to the bare engine's way there.

The peer is a bare NautilusTrader strategy with the same unmodified adapter at the same venue, in the
same run. The venue is a process of its own; times are of this machine's one clock.
"""

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.table import Row, percentile
from clearedge_tui import kills
from clearedge_tui.core.kill import Action, Kill, Scope
from clearedge_tui.core.receipt import Receipt
from clearedge_tui.store.account_file import read_orders
from tests.trading.bench_bare import bare
from tests.trading.box import LiveBox
from tests.trading.live import BTC
from tests.venue_sim.process import SimProcess

BENCH = Path(__file__).parent.parent / "tests" / "trading" / "strategies" / "timed.py"


def trading(small: bool) -> list[Row]:
    """Ticks in, orders out, kill, restart; then a hundred instances at 10 Hz on paper."""
    orders = 20 if small else 300
    rows = []
    with tempfile.TemporaryDirectory() as folder, SimProcess("--walk", "3") as sim:
        theirs = bare(sim, Path(folder) / "bare", orders)
        theirs["ack_ms"] = bare(sim, Path(folder) / "rest", orders, rest=True)["fill_ms"]
        box = LiveBox(Path(folder) / "home", sim, orders_per_second=1000)
        (box.home.strategies / "timed.py").write_text(BENCH.read_text())
        box.start()
        try:
            ours = _timed(box, orders)
            ours["ack_ms"] = _timed(box, orders, rest=True)["fill_ms"]
            rows += _compare(ours, theirs)
            rows += _restart(box)
            rows += _kill(box, sim, 5 if small else 100)
        finally:
            box.close()
    return rows


def _timed(box: LiveBox, orders: int, rest: bool = False) -> dict[str, list[float]]:
    name = "rest" if rest else "timed"
    out = box.home.root / f"{name}.json"
    asked = {"out": str(out), "orders": orders, "rest": rest}
    box.done("instance.add", id=name, strategy="timed", account="main", market=BTC,
             timeframe="quote", mode="observe", config=asked)  # fmt: skip
    box.live(name)
    box.until(out.exists, "the timed strategy is done", 120)
    found: dict[str, list[float]] = json.loads(out.read_text())
    return found


def _compare(ours: dict[str, list[float]], theirs: dict[str, list[float]]) -> list[Row]:
    rows = []
    for what, name, limit in (
        ("tick to strategy, above the bare engine's, p50", "tick_ms", 1.0),
        ("order to the venue's word, above the bare engine's, p50", "ack_ms", 3.0),
        ("order to its fill, above the bare engine's, p50", "fill_ms", 3.0),
    ):
        own, peer = statistics.median(ours[name]), statistics.median(theirs[name])
        note = (
            f"ours {own:.2f} (p99 {percentile(ours[name], 0.99):.2f}), bare {peer:.2f} "
            f"(p99 {percentile(theirs[name], 0.99):.2f}) ms, {len(ours[name])} and {len(theirs[name])}"
        )
        rows.append(Row(what, own - peer, "ms", limit, note))
    return rows


def _restart(box: LiveBox) -> list[Row]:
    """Kill -9 the gateway; count until it is compared with the venue again."""
    import os
    import signal

    pid = next(pid for pid, name in box.processes() if name == "gw-main")
    began = time.monotonic()
    before = time.time_ns()
    os.kill(pid, signal.SIGKILL)

    def compared() -> bool:
        rows: Any = box.do("recon.list").data
        return bool(rows and rows[0].get("at_ns", 0) > before and rows[0].get("markets"))

    box.until(compared, "it is compared again", 60)
    took = time.monotonic() - began
    note = "kill -9 to compared with the venue's own word, by supervisor, gateway and auditor"
    return [Row("gateway restart to reconciled", took, "s", 2.0, note)]


def _kill(box: LiveBox, sim: SimProcess, count: int) -> list[Row]:
    """Each instance rests an order; then everything is killed."""
    for n in range(count):
        box.hand(f"h{n}")
    for n in range(count):
        box.live(f"h{n}")
    for n in range(count):
        box.tell(f"h{n}", "buy 0.01 @ 1000.0")
    box.until(lambda: len(sim.call("open_orders")) == count, "every order rests", 90)
    for n in range(count):  # and everybody wants more, all the time
        box.tell(f"h{n}", "buy 0.01 @ 1001.0")
    began = time.time_ns()
    kills.write(box.home, Kill(Scope.GLOBAL, action=Action.CANCEL, reason="bench", at_ns=began))
    box.until(lambda: _confirmed(box), "the receipt", 60)
    receipt = _newest(box)
    sent = [entry.sent_ns for entry in read_orders(box.home.account_file("main"))]
    came = max((r["at_ns"] for r in sim.call("requests", verb="order.create")), default=0)
    done = (receipt.done_ns - began) / 1e6
    note = f"{count} instances, {len(receipt.lines)} orders; confirmed after {done:.0f} ms"
    queued = (
        f"the adapter's own queue is empty {max(0.0, (came - began) / 1e6):.0f} ms after the kill"
    )
    return [
        Row(
            "kill to the last order accepted",
            max(0.0, (max(sent) - began) / 1e6),
            "ms",
            100,
            queued,
        ),
        Row("kill to all cancels sent", (receipt.cancels_sent_ns - began) / 1e6, "ms", 1000, note),
    ]


def _newest(box: LiveBox) -> Receipt:
    return next(r for r in kills.receipts(box.home) if r.by == "gateway")


def _confirmed(box: LiveBox) -> bool:
    found = [r for r in kills.receipts(box.home) if r.by == "gateway"]
    return bool(found and found[0].confirmed and found[0].lines)


def paper(small: bool) -> list[Row]:
    """A hundred instances on a paper account: processor time of everything together.

    The simulated market speaks four times a minute, three quotes and a closed bar: played 150 times
    faster that is 10 Hz, and 200 times faster the strategies are called 10 times a second.
    """
    ten, called = _paper(150, small), _paper(200, small)
    return [
        Row("100 instances at 10 Hz on paper", ten.percent, "%", 15, ten.note),
        Row("the same, 10 quotes a second and their bars", called.percent, "%", None, called.note),
    ]


class _Paper(NamedTuple):
    percent: float
    note: str


def _paper(speed: int, small: bool) -> _Paper:
    import psutil

    from tests.live.box import Box

    count, seconds, windows = (5, 1.0, 2) if small else (100, 15.0, 3)
    with tempfile.TemporaryDirectory() as folder:
        box = Box(Path(folder), speed=speed).start()
        try:
            for n in range(count):
                box.do("instance.add", id=f"e{n}", strategy="ema_cross", account="paper",
                       market="SIM/USDT", timeframe="quote", mode="active", config={})  # fmt: skip
            box.until(
                lambda: all(r.state == "running" for r in box.snapshot().instances), "all run", 120
            )
            time.sleep(1 if small else 5)
            assert box.process is not None
            watched = [psutil.Process(pid) for pid, _ in box.processes()]
            watched.append(psutil.Process(box.process.pid))
            ticks, shares = _ticks(box), []
            for _window in range(windows):
                spent = sum(_cpu(one) for one in watched)
                time.sleep(seconds)
                shares.append((sum(_cpu(one) for one in watched) - spent) / seconds * 100)
            rate = (_ticks(box) - ticks) / seconds / windows
        finally:
            box.close()
    spread = f"{min(shares):.1f} to {max(shares):.1f} in {windows} spans of {seconds:.0f} s"
    who = "supervisor, gateway and shadow included"
    note = f"{count} instances, {rate:.1f} ticks a second each; {spread}; {who}"
    return _Paper(statistics.median(shares), note)


def _cpu(process: object) -> float:
    times = process.cpu_times()  # type: ignore[attr-defined]
    return float(times.user + times.system)


def _ticks(box: object) -> int:
    """Return how many ticks the gateway has passed on."""
    rows = box.do("account.list").data  # type: ignore[attr-defined]
    return int((rows[0].get("ticks") or {}).get("passed", 0)) if rows else 0
