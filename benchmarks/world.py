"""A supervisor without engines that moves its rows at a given rate: `python -m benchmarks.world PATH ROWS HZ`."""

import asyncio
import sys
from pathlib import Path

from tests.fakes.supervisor import FakeSupervisor


async def main(path: Path, count: int, rate_hz: float) -> None:
    """Serve until killed; a rate of 0 never moves anything."""
    world = FakeSupervisor(count=count, fixed=False)
    await world.start(path)
    print("ready", flush=True)
    while True:
        await asyncio.sleep(1 / rate_hz if rate_hz else 3600)
        await world.push(world.move())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
