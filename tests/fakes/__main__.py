"""Serve the fake world at a path until killed: `python -m fakes PATH`."""

import asyncio
import sys
from pathlib import Path

from fakes.supervisor import FakeSupervisor


async def main() -> None:
    world = FakeSupervisor(
        count=int(sys.argv[2]) if len(sys.argv) > 2 else 24, moving=True, fixed=False
    )
    await world.start(Path(sys.argv[1]))
    await asyncio.Event().wait()


asyncio.run(main())
