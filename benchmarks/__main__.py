"""Print the table of limits. `--small` only shows that everything runs; `--only` picks parts."""

import argparse
import os
import platform
import sys
from collections.abc import Callable

from benchmarks import (
    backtests,
    console,
    imports,
    live,
    report,
    research,
    run_list,
    runs,
    start,
    trading,
)
from benchmarks.table import Row, show

Part = Callable[[bool], list[Row]]
PARTS: dict[str, Part] = {
    "help": lambda small: start.help_time(3 if small else 9),
    "frame": lambda small: console.first_frame(1 if small else 7),
    "keys": lambda small: console.keys(5 if small else 300),
    "load": lambda small: console.load(1 if small else 20),
    "live": live.live,
    "data": imports.data,
    "list": run_list.listed,
    "trading": trading.trading,
    "paper": trading.paper,
    "report": report.opened,
    "runs": runs.whole,
    "research": research.studies,
    "grid": research.grid,
    "backtest": lambda small: backtests.race(2_000 if small else 50_000, 1 if small else 5),
    "year": lambda small: backtests.race(2_000 if small else 525_600, 1 if small else 3),
}


def main() -> int:
    """Measure and print; the exit code is 1 when a full run is over a limit."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--small", action="store_true", help="few rounds; the values mean nothing")
    parser.add_argument("--only", nargs="*", choices=list(PARTS), default=list(PARTS))
    asked = parser.parse_args()
    # importing without bytecode is what a first start costs, not what a start costs
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    rows: list[Row] = []
    for name in asked.only:
        print(f"measuring {name} …", file=sys.stderr)
        rows += PARTS[name](asked.small)
    busy = os.getloadavg()[0]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {busy:.1f}\n")
    print(show(rows))
    return int(not asked.small and any(row.verdict == "OVER" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
