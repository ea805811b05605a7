"""Serve the fake world at a path until killed: `python -m tests.fakes PATH`."""

import asyncio
import sys
from pathlib import Path

from tests.fakes import trading
from tests.fakes.supervisor import FakeSupervisor


async def main() -> None:
    world = FakeSupervisor(
        count=int(sys.argv[2]) if len(sys.argv) > 2 else 24, moving=True, fixed=False
    )
    world.accounts.append(trading.live_account(world.clock()))
    Path(sys.argv[1]).unlink(missing_ok=True)  # noqa: ASYNC240 - before anything runs
    await world.start(Path(sys.argv[1]))
    await asyncio.Event().wait()


asyncio.run(main())
