"""The open sockets of a venue: who listens to what, and a line of messages to each."""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterable

from aiohttp import WSCloseCode, WSMsgType, web

QUEUE = 50_000  # messages to one socket; a client that reads no more is dropped, as venues do


class Socket(ABC):
    """One connection. Messages leave in order; a silent one keeps them to itself."""

    def __init__(self, kind: str, about: str = "") -> None:
        self.kind, self.about = kind, about
        self.account = ""  # after its log-in
        self.topics: set[str] = set()
        self.silent = False
        self._line: asyncio.Queue[bytes] = asyncio.Queue(QUEUE)

    def put(self, message: bytes) -> None:
        if self.silent:
            return
        try:
            self._line.put_nowait(message)
        except asyncio.QueueFull:
            self.abort()

    async def next(self) -> bytes:
        """Return the next message to send, once there is one."""
        return await self._line.get()

    @abstractmethod
    async def write(self) -> None:
        """Send what is put, until the connection ends."""

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    def abort(self) -> None:
        """Cut the connection without a word."""


class WebSocket(Socket):
    def __init__(
        self, request: web.Request, response: web.WebSocketResponse, kind: str, about: str = ""
    ) -> None:
        super().__init__(kind, about)
        self._request, self.response = request, response

    async def write(self) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            while not self.response.closed:
                await self.response.send_str((await self.next()).decode())

    async def close(self) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError, TimeoutError):
            await self.response.close(code=WSCloseCode.GOING_AWAY)

    def abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()


class Hub:
    """Every open socket of a venue, and the kinds that are silent just now."""

    def __init__(self) -> None:
        self.open: list[Socket] = []
        self.silent: set[str] = set()

    def of(self, where: str, account: str | None = None) -> list[Socket]:
        """Return the sockets of a kind (`all`: of every kind), of one account if it is named."""
        return [
            socket
            for socket in self.open
            if where in ("all", socket.kind) and account in (None, socket.account)
        ]

    def join(self, socket: Socket) -> None:
        socket.silent = socket.kind in self.silent
        self.open.append(socket)

    def leave(self, socket: Socket) -> None:
        if socket in self.open:
            self.open.remove(socket)

    def silence(self, where: str, *, on: bool) -> None:
        kinds = {"public", "private", "trade", "http"} if where == "all" else {where}
        self.silent = self.silent | kinds if on else self.silent - kinds
        for socket in self.open:
            socket.silent = socket.kind in self.silent

    async def close(self, sockets: Iterable[Socket]) -> None:
        await asyncio.gather(*(socket.close() for socket in list(sockets)))


class Texts:
    """What a client says, text by text; pings are answered unless the socket is silent."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    def __aiter__(self) -> "Texts":
        return self

    async def __anext__(self) -> str:
        while True:
            message = await self._socket.response.receive()
            if message.type is WSMsgType.TEXT:
                return str(message.data)
            if message.type is WSMsgType.PING and not self._socket.silent:
                await self._socket.response.pong(message.data)
            elif message.type in (
                WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR,
            ):  # fmt: skip
                raise StopAsyncIteration
