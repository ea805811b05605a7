"""What a command costs before it does anything."""

import subprocess
import sys
import time

from benchmarks.table import Row, best


def help_time(rounds: int) -> list[Row]:
    """Time of `clearedge --help`, beside that of the bare interpreter."""

    def run(*command: str) -> float:
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, *command], stdout=subprocess.DEVNULL, check=True, timeout=60
        )
        return time.perf_counter() - began

    bare = best(rounds, lambda: run("-c", "pass"))
    helped = best(rounds, lambda: run("-m", "clearedge_tui", "--help"))
    return [
        Row(
            "clearedge --help",
            helped,
            "s",
            0.15,
            f"median; the bare interpreter takes {bare:.3f} s",
        )
    ]
