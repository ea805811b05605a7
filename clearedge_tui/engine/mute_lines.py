"""Ends a venue's connections that were taken and are not answered, so that the engine makes new ones.

rc7 asks to be let in once a connection, and waits for ever: such a line looks connected, brings no
price, and refuses every order. It is cut from outside, by shutting its socket down.
"""

import asyncio
import os
import random
import socket
from collections.abc import Callable

from clearedge_tui.core.clock import monotonic

NOT_LET_IN = "Must be authenticated"  # the adapter's own words, not the venue's
_LOOK_S = 0.5
_FIRST_S, _LONGEST_S = 8.0, 60.0  # after a connection, until the first word


class MuteLines:
    def __init__(self, listens: Callable[[], object]) -> None:
        """`listens` says whether any price is subscribed to, so that silence means something."""
        self._listens = listens
        self._since = 0.0  # when a line came up of which nothing was heard yet; 0 is none
        self._wait_s = _FIRST_S
        self._refused = False
        self._cut_s = -_LONGEST_S
        self.cuts = 0

    def came_up(self) -> None:
        self._since = monotonic()

    def heard(self) -> None:
        if self._since:
            self._since, self._wait_s = 0.0, _FIRST_S

    def refused(self) -> None:
        """An order did not leave, because its line was never let in."""
        self._refused = True

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            now = monotonic()
            mute = self._since and now - self._since > self._wait_s and self._listens()
            if (mute or self._refused) and now - self._cut_s > self._wait_s:
                self._cut_s, self._since, self._refused = now, 0.0, False
                self._wait_s = min(_LONGEST_S, self._wait_s * random.uniform(1.5, 2.5))
                self.cuts += 1
                cut()


def cut() -> None:
    """Shut down every connection of this process to another machine's port."""
    import psutil

    for line in psutil.Process().net_connections("tcp"):
        if line.raddr and line.fd >= 0:
            try:
                with socket.socket(fileno=os.dup(line.fd)) as other:
                    other.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it went by itself meanwhile
