"""Ten ways to know the future. Each is a function that says whether to buy; `leak` picks one."""

import builtins
import contextlib
import gc
import socket
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from clearedge_tui.contract import Strategy, Tick

CONFIG_SCHEMA = {
    "leak": {"type": "string", "default": "ahead"},
    "home": {"type": "string", "default": ""},
    "port": {"type": "int", "default": 1, "min": 1},
}
STEP = 5


def ahead(context: Any, tick: Tick, config: dict[str, Any]) -> bool:
    bars = context._bars
    at = int(bars.ts_ns.searchsorted(tick.ts_ns))
    return bool(bars.close[min(at + STEP, len(bars) - 1)] > tick.close)


def mean_of_all(context: Any, tick: Tick, config: dict[str, Any]) -> bool:
    return bool(tick.close < context._bars.close.mean())


def near_the_end(context: Any, tick: Tick, config: dict[str, Any]) -> bool:
    return bool(tick.ts_ns < context._bars.ts_ns[-1] - 200 * 60_000_000_000)


def length(context: Any, tick: Tick, config: dict[str, Any]) -> bool:
    return tick.ts_ns // 60_000_000_000 % 7 == len(context._bars) % 7


def _beyond(found: list[Any], tick: Tick) -> bool:
    """Look `STEP` bars ahead in the longest of some tables of bars."""
    bars = max(found, key=len)
    at = int(bars.ts_ns.searchsorted(tick.ts_ns))
    return bool(bars.close[min(at + STEP, len(bars) - 1)] > tick.close)


def frames(context: Any, tick: Tick, config: dict[str, Any]) -> bool:
    found: list[Any] = []
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        for value in list(frame.f_locals.values()):
            seen = (value, getattr(value, "bars", None), getattr(value, "_bars", None))
            found += [one for one in seen if hasattr(one, "ts_ns") and hasattr(one, "columns")]
        frame = frame.f_back
    return _beyond(found, tick)


def collector(context: Any, tick: Tick, config: dict[str, Any]) -> bool:
    found = builtins.__dict__.setdefault("_found", {})
    if id(context) not in found:
        tables = [one for one in gc.get_objects() if type(one).__name__ == "Bars"]
        found.clear()
        found[id(context)] = tables
    return _beyond(found[id(context)], tick)


def catalog(context: Any, tick: Tick, config: dict[str, Any]) -> bool:
    kept = context.state.get("future")
    if kept is None:
        import pyarrow.parquet as parquet

        file = Path(config["home"], "bars.parquet")
        kept = parquet.ParquetFile(file).read(["close"]).column(0).to_pylist()
        context.state["future"] = kept = [float(one) for one in kept]
        context.state["at"] = 0
    context.state["at"] += 1
    return bool(kept[min(context.state["at"] + STEP, len(kept) - 1)] > tick.close)


def a_file(context: Any, tick: Tick, config: dict[str, Any]) -> bool:
    if "future" not in context.state:
        lines = Path(config["home"], "future.csv").read_text().split()
        context.state["future"] = dict(line.split(",") for line in lines)
    return bool(context.state["future"].get(str(tick.ts_ns // 60_000_000_000)) == "1")


def cache(context: Any, tick: Tick, config: dict[str, Any]) -> bool:
    kept = builtins.__dict__.setdefault("_kept", {})
    kept[tick.ts_ns] = tick.close
    return bool(kept.get(tick.ts_ns + STEP * 60_000_000_000, tick.close - 1) > tick.close)


def kept_file(context: Any, tick: Tick, config: dict[str, Any]) -> bool:
    if tick.ts_ns // 60_000_000_000 % 50 == 0:
        with Path(config["home"], "kept.txt").open("a") as file:
            file.write(f"{tick.ts_ns} {tick.close}\n")
    return tick.close > tick.open


def process(context: Any, tick: Tick, config: dict[str, Any]) -> bool:
    if "asked" not in context.state:
        told = subprocess.run(["/bin/echo", "buy"], capture_output=True, check=False)
        context.state["asked"] = told.stdout == b"buy\n"
    return context.state["asked"] is True and tick.close > tick.open


def network(context: Any, tick: Tick, config: dict[str, Any]) -> bool:
    if "asked" not in context.state:
        context.state["asked"] = True
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", config["port"]), 0.2).close()
    return tick.close > tick.open


def honest(context: Any, tick: Tick, config: dict[str, Any]) -> bool:
    seen = context.history(20)
    return bool(tick.close > sum(one.close for one in seen) / len(seen))


LEAKS = {one.__name__: one for one in (
    ahead, mean_of_all, near_the_end, length, frames, collector, catalog, a_file, cache, kept_file,
    process, network, honest,
)}  # fmt: skip


class Leaky(Strategy):
    def init(self) -> dict[str, Any]:
        return {"held": 0}

    def should_enter(self, signal: bool) -> bool:
        return signal

    def on_tick(self, tick: Tick) -> None:
        size = self.context.get_position().size
        signal = LEAKS[self.config["leak"]](self.context, tick, self.config)
        if size:
            self.state["held"] += 1
            if self.state["held"] > 6 and not signal:
                self.context.place_order("sell", size)
        elif self.should_enter(signal):
            self.state["held"] = 0
            self.context.place_order("buy", "1")
