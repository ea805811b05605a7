"""Ten thousand runs: found, sorted and sent over the socket, as the screen of runs asks for them."""

import random
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.live import Line
from benchmarks.table import Row, percentile
from clearedge_tui.runs import listing
from clearedge_tui.runs.model import RunSummary
from clearedge_tui.settings import Home
from tests.live.box import Box

FIGURES: Final = ["total_return", "net_profit", "buy_hold_return", "sharpe", "sortino", "calmar", "cagr", "volatility", "max_drawdown", "max_drawdown_days", "trades", "win_rate", "profit_factor", "avg_trade", "best_trade", "worst_trade", "avg_bars", "turnover", "exposure", "fees", "orders", "fills", "starting_balance", "final_equity", "avg_win_loss_ratio"]  # fmt: skip
ASKED: Final = (
    ("all, newest first", "", "-created"),
    ("a filter of five, by Sharpe", "ema done sharpe>0.5 -tag:bad fees<5", "-sharpe"),
)
_PART = 300


def put_runs(home: Home, count: int) -> None:
    """Write folders of ended runs with figures that were drawn."""
    draw = random.Random(7)
    for n in range(count):
        at = f"{n // 3600 % 24:02d}{n // 60 % 60:02d}{n % 60:02d}"
        run_id = f"202601{1 + n // 1000:02d}-{at}-ema_cross-{n:04x}"
        status = "failed" if n % 9 == 0 else "done"
        summary = RunSummary(
            run_id, "backtest", status, ("ema_cross", "grid", "rsi")[n % 3], ("BTC/USDT", "ETH/USDT")[n % 2], "1m",
            10**18, 2 * 10**18, 10**18 + n * 10**9, 1.2, False, {name: draw.gauss(0, 1) for name in FIGURES},
            trace_id=f"{n:032x}", inputs_sha256=f"{n:064x}", stamps=("zero fees",) if n % 50 == 0 else (),
        )  # fmt: skip
        folder = listing.run_folder(home, run_id)
        folder.mkdir(parents=True)
        (folder / listing.SUMMARY).write_bytes(msgspec.json.encode(summary))


def listed(small: bool) -> list[Row]:
    """The first answer of a supervisor, answers after it, and the one after a label has changed."""
    count, rounds = (200, 3) if small else (10_000, 25)
    with tempfile.TemporaryDirectory() as folder:
        box = Box(Path(folder))
        put_runs(box.home, count)
        box.start()
        line = Line(box)
        try:
            first = line.ask("run.search", filter="", sort="-created", offset=0, limit=_PART)
            again = line.ask("run.search", filter="", sort="-created", offset=0, limit=_PART)
            rows = [
                Row(f"{count:,} runs, no index yet", first * 1000, "ms", None, "reads every folder once"),
                Row(f"{count:,} runs, right after it", again * 1000, "ms", 100, "looks once more"),
            ]  # fmt: skip
            for what, text, sort in ASKED:
                took = [_ask(line, text, sort, count // 2) for _ in range(rounds)]
                rows.append(Row(f"{count:,} runs, {what}, p95", percentile(took, 0.95), "ms", 100, f"a page of {_PART} over the socket"))  # fmt: skip
            newest = max(path.name for path in box.home.runs.iterdir() if path.name[0] == "2")
            line.ask("run.label", run_id=newest, star=True)
            rows.append(Row(f"{count:,} runs, after a label", _ask(line, "star:yes", "-created", 0), "ms", 100, "looks into every folder's time"))  # fmt: skip
            return rows
        finally:
            line.close()
            box.close()


def _ask(line: Line, text: str, sort: str, offset: int) -> float:
    asked = {"filter": text, "sort": sort, "offset": offset, "limit": _PART}
    return line.ask("run.search", **asked) * 1000
