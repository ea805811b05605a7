"""One supervisor with its control socket, from the lock to the last line: headless or inside."""

import asyncio
from collections.abc import Callable

from clearedge_tui.supervisor.control import Control
from clearedge_tui.supervisor.supervisor import Supervisor


async def serve(supervisor: Supervisor, opened: Callable[[], None]) -> None:
    """Run the supervisor and answer on its socket; `opened` is called when both stand.

    Raises what the supervisor raises when it cannot start (Refused: another holds the home).
    """
    running = asyncio.create_task(supervisor.run())
    ready = asyncio.create_task(supervisor.ready.wait())
    await asyncio.wait([running, ready], return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        ready.cancel()
        running.result()
        return
    control = Control(supervisor)
    await control.open()
    opened()
    try:
        await running
    finally:
        await control.close()
