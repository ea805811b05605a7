"""Whether this process is connected to TWS. rc7's client says nothing of it, and gives up for good."""

import asyncio
from collections.abc import Callable

from clearedge_tui.core.clock import monotonic
from clearedge_tui.settings import Account

_LOOK_S = 0.5
_LONG_S = 5.0  # from then on it is said to a person
_GAVE_UP_S = 440.0  # measured: twenty attempts in 443 s
_PORT = 4002  # TWS's own for paper, where none is set


class TwsLine:
    """Keeps `sockets` up to now, and says in words when the line has been away for long."""

    def __init__(
        self, account: Account, sockets: dict[str, str], say: Callable[[str], None]
    ) -> None:
        self._port = int(str(account.options.get("port") or _PORT))
        self._name = f"TWS {account.options.get('host') or '127.0.0.1'}:{self._port}"
        self._sockets, self._say = sockets, say
        self._seen_s = monotonic()

    async def run(self) -> None:
        while True:
            self.look(connected(self._port))
            await asyncio.sleep(_LOOK_S)

    def look(self, there: bool) -> None:
        now = monotonic()
        self._sockets[self._name] = "connected" if there else "disconnected"
        if there:
            self._seen_s = now
        away = now - self._seen_s
        if away < _LONG_S:
            self._say("")
        elif away < _GAVE_UP_S:
            self._say(f"no connection to {self._name} for {away:.0f} s")
        else:
            self._say(f"no connection to {self._name}, and the engine gave up: start it anew")


def connected(port: int) -> bool:
    """Whether a connection of this process ends at such a port."""
    import psutil

    lines = psutil.Process().net_connections("tcp")
    return any(
        line.raddr and line.raddr.port == port and line.status == psutil.CONN_ESTABLISHED
        for line in lines
    )
