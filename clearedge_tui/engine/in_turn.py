"""Work done in the order in which it was asked for, from the moment on at which it can be done."""

from collections import deque
from collections.abc import Awaitable, Callable


class InTurn:
    """What is asked before `open` waits; nothing asked later overtakes what waits or is under way."""

    def __init__(self, act: Callable[[object], Awaitable[None]]) -> None:
        self._act = act
        self._waiting: deque[object] = deque()
        self._open = False
        self._working = False

    async def take(self, ask: object) -> None:
        """Do it; or leave it to whoever does what was asked before it."""
        self._waiting.append(ask)
        if self._open and not self._working:
            await self._work()

    async def open(self) -> None:
        self._open = True
        await self._work()

    async def _work(self) -> None:
        self._working = True
        try:
            while self._waiting:
                await self._act(self._waiting.popleft())
        finally:
            self._working = False
