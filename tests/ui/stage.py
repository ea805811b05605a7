"""One running console for many tests: it comes back to a place as if it had just been opened there.

Opening a console costs more than all that a test then does with it: style sheets are read, a loop
and its tasks begin and end.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from textual.pilot import Pilot

from clearedge_tui.settings import Home
from tests.ui.still import Place, StillConsole, still

type Act[T] = Callable[[StillConsole, Pilot[int]], Awaitable[T]]


class Stage:
    """The console of one size, in a loop of its own that stands still between tests."""

    def __init__(self, home: Home, size: tuple[int, int]) -> None:
        self._home, self._size = home, size
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._opened: AbstractAsyncContextManager[Pilot[int]] | None = None
        self._pilot: Pilot[int] | None = None

    def play[T](self, place: Place, act: Act[T]) -> T:
        """Begin at a place and act there; after a failure the next one gets another console."""
        try:
            return self._runner.run(self._play(place, act))
        except BaseException:
            self.close()
            self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
            raise

    async def _play[T](self, place: Place, act: Act[T]) -> T:
        fresh = still(self._home, place)
        if self._pilot is None:
            self._opened = fresh.run_test(size=self._size)
            self._pilot = await self._opened.__aenter__()
        app = self._pilot.app
        assert isinstance(app, StillConsole)
        if app is not fresh:
            await app.begin_as(fresh)
        done = await act(app, self._pilot)
        assert not app.failures, app.failures
        if app.return_code is not None:  # it was left
            await self._close()
        return done

    async def _close(self) -> None:
        opened, self._opened, self._pilot = self._opened, None, None
        if opened is not None:
            await opened.__aexit__(None, None, None)

    def close(self) -> None:
        """End the console and its loop; tells what went wrong inside."""
        with self._runner as runner:
            runner.run(self._close())
