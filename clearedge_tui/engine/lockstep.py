"""A replay as fast as its listeners: the next tick waits for their thoughts and their orders.

After a closed bar every instance owes an acknowledgement; its orders came before it on the same
line. Then the books have to be settled, and since a fill may make an instance act again, all are
asked once more until nothing new has happened.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from clearedge_tui.core.messages import TickMsg

LIMIT_S = 5.0  # a stuck instance is the supervisor's business; the others go on
_ROUNDS = 20


class Lockstep:
    def __init__(
        self,
        lines: Mapping[str, asyncio.StreamWriter],
        attached: Callable[[], set[str]],
        settle: Callable[[], Awaitable[None]],
        say: Callable[[str, asyncio.StreamWriter, TickMsg], bool],
    ) -> None:
        """`say` sends to an instance behind all that waits for it: an answer is to all before it."""
        self._lines = lines
        self._attached = attached
        self._settle = settle
        self._say = say
        self._owed: dict[str, int] = {}  # instance -> the acknowledgement it owes
        self._waived: set[str] = set()  # attached, and did not join in time
        self._paid = asyncio.Event()
        self.seq = 0
        self.happened = 0  # counts everything that may make somebody act again

    def next_seq(self) -> int:
        self.seq += 1
        return self.seq

    def owes(self, instance: str, seq: int) -> None:
        self._owed[instance] = seq

    def paid(self, instance: str, seq: int | None = None) -> None:
        """Take an acknowledgement; without a number the instance has left and owes nothing."""
        if seq is None or self._owed.get(instance) == seq:
            self._owed.pop(instance, None)
        if not self._owed:
            self._paid.set()

    def joined(self, instance: str) -> None:
        self._waived.discard(instance)

    async def complete(self) -> None:
        """Return when every instance has thought and every order it sent has met its fate."""
        before = self.happened  # a denial is heard, and may be answered, before the next tick too
        await self._joins()
        for _round in range(_ROUNDS):
            await self._payments()
            await self._settle()
            if self.happened == before:
                return
            before = self.happened
            self._ask()

    def _ask(self) -> None:
        seq = self.next_seq()
        ask = TickMsg("", "sync", 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, seq)
        for instance, line in self._lines.items():
            if self._say(instance, line, ask):
                self.owes(instance, seq)

    async def _joins(self) -> None:
        """Wait for those that are attached and not joined yet; each is waited for once."""
        missing = self._attached() - self._lines.keys() - self._waived
        if not missing:
            return
        try:
            async with asyncio.timeout(LIMIT_S):
                while missing - self._lines.keys():  # noqa: ASYNC110  # bounded, once an instance
                    await asyncio.sleep(0.002)
        except TimeoutError:
            self._waived |= missing - self._lines.keys()

    async def _payments(self) -> None:
        try:
            async with asyncio.timeout(LIMIT_S):
                while self._owed:
                    self._paid.clear()
                    await self._paid.wait()
        except TimeoutError:
            self._owed.clear()
