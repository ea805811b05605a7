"""How much memory a process has for itself: what would be free if it were gone."""

from pathlib import Path


def private_mb(pid: int) -> float:
    """Return private memory in MB (Linux); 0.0 when the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    kilobytes = sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
    return round(kilobytes / 1000, 1)
