"""One import, or the same rows through pyarrow alone: `python -m benchmarks.import_one WHO FILE [HOME]`.

Prints its seconds and the most memory that the process had.
"""

import json
import sys
import time
from pathlib import Path


def ours(file: Path, home: Path) -> float:
    """Import a file of minutes into a new home."""
    from clearedge_tui.cli.init import make_home
    from clearedge_tui.market import ingest

    made = make_home(home)
    started = time.perf_counter()
    ingest.run(made, ingest.plan(made, ingest.Request(file, "BTC/USDT", "1m")))
    return time.perf_counter() - started


def pyarrow(file: Path, target: Path) -> float:
    """Read the whole file and write it as Parquet with the same compression."""
    import pyarrow.csv
    import pyarrow.parquet as pq

    started = time.perf_counter()
    table = pyarrow.csv.read_csv(file) if file.suffix == ".csv" else pq.read_table(file)
    pq.write_table(table, target, compression="zstd")
    return time.perf_counter() - started


def peak_mb() -> float:
    """Return the high-water mark of this process's memory (unlike rusage, without its parent's)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def main(who: str, file: str, target: str) -> None:
    seconds = {"ours": ours, "pyarrow": pyarrow}[who](Path(file), Path(target))
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
