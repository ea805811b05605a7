"""A server on loopback that speaks a source's wire format, and misbehaves when told to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Fault:
    """What the next request of a path gets in place of an answer."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False  # the connection breaks in the middle of the body
    after: int = 0  # so many good answers go before

    async def answer(self, request: web.Request, good: web.StreamResponse) -> web.StreamResponse:
        if not self.cut:
            return web.Response(status=self.status, text=self.body, headers=self.headers)
        assert isinstance(good, web.Response)
        body = good.body
        assert isinstance(body, bytes)
        part = web.StreamResponse(headers={"Content-Type": "application/json"})
        part.content_length = len(body)
        await part.prepare(request)
        await part.write(body[: len(body) // 2])
        await asyncio.sleep(0)
        assert request.transport is not None
        request.transport.abort()
        return part


@dataclass
class Loopback:
    """Notes each request; `faults` are used up one by one by the paths that contain their key."""

    url: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=dict)

    def to(self, path: str) -> list[dict[str, str]]:
        """Return the parameters of every request to a path."""
        return [asked for where, asked in self.asked if path in where]

    def next_fault(self, path: str) -> Fault | None:
        for part, waiting in self.faults.items():
            if part in path and waiting:
                if waiting[0].after == 0:
                    return waiting.pop(0)
                waiting[0].after -= 1
        return None


@asynccontextmanager
async def serving(routes: Mapping[str, Handler]) -> AsyncIterator[Loopback]:
    """Serve routes (path: handler) on a port of loopback."""
    state = Loopback()

    async def any_path(request: web.Request) -> web.StreamResponse:
        posted = await request.post() if request.method == "POST" else {}
        asked = {**request.query, **{k: str(v) for k, v in posted.items()}}
        state.asked.append((request.path, asked))
        state.headers.append(dict(request.headers))
        handler = routes.get(request.path)
        good: web.StreamResponse = web.json_response({"detail": "no such path"}, status=404)
        if handler is not None:
            good = await handler(request)
        fault = state.next_fault(request.path)
        return good if fault is None else await fault.answer(request, good)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", any_path)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server: Any = site._server
    state.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield state
    finally:
        await runner.cleanup()
