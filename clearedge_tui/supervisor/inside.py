"""The supervisor inside a console: the same object, on a thread and an event loop of its own.

When the console ends, a headless one takes over: this one lets go of the lock and leaves the
engines as they are, which is what a crash would do, and the next one finds them by their sockets.
"""

import asyncio
import threading

from clearedge_tui.core.errors import RetryLater
from clearedge_tui.settings import Home
from clearedge_tui.supervisor import client
from clearedge_tui.supervisor.serving import serve
from clearedge_tui.supervisor.supervisor import Supervisor

_START_S = 20.0
_LEAVE_S = 15.0


class Inside:
    """`start` it, and `leave` it to a headless successor."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._opened = threading.Event()
        self._error: BaseException | None = None
        self._supervisor: Supervisor | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Return when it answers on its socket; raises what kept it from starting."""
        self._thread.start()
        if not self._opened.wait(_START_S):
            raise RetryLater(f"the supervisor did not start within {_START_S:.0f} s")
        if self._error is not None:
            raise self._error

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def leave(self) -> None:
        """Hand over, unless it has ended by itself (everything was stopped)."""
        if not self.running or self._loop is None or self._supervisor is None:
            return
        self._loop.call_soon_threadsafe(self._supervisor.hand_over)
        self._thread.join(_LEAVE_S)
        client.ensure(self._home)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001  # thread main: handed to who waits for it
            self._error = error
        finally:
            self._opened.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._supervisor = Supervisor(self._home, "console")
        await serve(self._supervisor, self._opened.set)
