"""Run a venue until it is told to end."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from clearedge_tui.core.errors import UsageError
from clearedge_tui.venue_sim.faults import Fault
from clearedge_tui.venue_sim.sim import VenueSim


def read_faults(path: Path) -> list[Fault]:
    """Return the rules of a file: a JSON list of objects."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Fault])
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; --fault takes a JSON file of rules") from error
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise UsageError(
            f'{path}: {error}; wanted: a list like [{{"what": "lose_ack"}}]'
        ) from error


async def until_told(sim: VenueSim, ready: Callable[[VenueSim], None]) -> None:
    """Start a venue, say that it listens, and stop it at SIGINT or SIGTERM."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    await sim.start()
    ready(sim)
    try:
        await over.wait()
    finally:
        await sim.stop()


def addresses(sim: VenueSim) -> dict[str, object]:
    account = next(iter(sim.floor.accounts.values()))
    return {
        "venue": sim.venue, "http_url": sim.http_url, "ws_url": sim.ws_url, "urls": sim.urls,
        "control_url": sim.control_url, "key": account.key, "secret": account.secret,
    }  # fmt: skip


def main() -> int:
    """Entry of `python -m clearedge_tui.venue_sim`."""
    words = argparse.ArgumentParser(prog="python -m clearedge_tui.venue_sim")
    words.add_argument("--venue", default="bybit")
    words.add_argument("--port", type=int, default=0)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--walk", type=int, default=0)
    words.add_argument("--beat", type=float, default=0.1)
    words.add_argument("--fault", type=Path)
    words.add_argument("--check-keys", action="store_true")
    asked = words.parse_args()
    sim = VenueSim(
        seed=asked.seed, venue=asked.venue, port=asked.port, walk=asked.walk, beat_s=asked.beat,
        faults=read_faults(asked.fault) if asked.fault else (), check_keys=asked.check_keys,
    )  # fmt: skip
    asyncio.run(until_told(sim, _say))
    return 0


def _say(sim: VenueSim) -> None:
    sys.stdout.write(msgspec.json.encode(addresses(sim)).decode() + "\n")
    sys.stdout.flush()
