"""Where a venue listens: its own port, which may refuse, and one more for those who steer it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

LOOPBACK = "127.0.0.1"
Stream = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Listener:
    """Two servers on loopback. Both keep their ports when they close and open again."""

    def __init__(self, port: int = 0) -> None:
        self.port, self.control_port = port, 0
        self._site: web.TCPSite | None = None
        self._server: asyncio.Server | None = None
        self._stream: Stream | None = None
        self._runners: list[web.AppRunner] = []

    @property
    def listening(self) -> bool:
        return self._site is not None or self._server is not None

    async def open(
        self,
        spoken: Sequence[web.RouteDef],
        control: Sequence[web.RouteDef],
        stream: Stream | None = None,
    ) -> None:
        """Listen; what steers the venue answers on its own port too.

        A `stream` has the venue's port for itself, for a protocol that is not HTTP.
        """
        self._stream = stream
        for routes in ([*control, *spoken], control):
            app = web.Application()
            app.add_routes(routes)
            self._runners.append(web.AppRunner(app, access_log=None, shutdown_timeout=0.1))
            await self._runners[-1].setup()
        await self.listen()
        await web.TCPSite(self._runners[1], LOOPBACK, self.control_port).start()
        self.control_port = self._runners[1].addresses[0][1]

    async def close(self) -> None:
        await self.unlisten()
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()

    async def listen(self) -> None:
        if self._stream is not None and self._server is None:
            self._server = await asyncio.start_server(
                self._stream, LOOPBACK, self.port, reuse_address=True
            )
            self.port = self._server.sockets[0].getsockname()[1]
        elif self._stream is None and self._site is None and self._runners:
            self._site = web.TCPSite(self._runners[0], LOOPBACK, self.port, reuse_address=True)
            await self._site.start()
            self.port = self._runners[0].addresses[0][1]

    async def unlisten(self) -> None:
        """Refuse new connections; those that are open stay."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        site, self._site = self._site, None
        if site is not None:
            await site.stop()
