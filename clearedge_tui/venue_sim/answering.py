"""Connections: an HTTP request that is answered or, where a rule wants it, not; a socket held open."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec
from aiohttp import web

from clearedge_tui.venue_sim.faults import Fault, What
from clearedge_tui.venue_sim.floor import Floor, Reply
from clearedge_tui.venue_sim.request_log import Request
from clearedge_tui.venue_sim.sockets import Socket, Texts, WebSocket

HELD_S = 120.0  # a request that gets no answer; every client gives up before


async def answer(
    floor: Floor,
    web_request: web.Request,
    request: Request,
    work: Callable[[Sequence[Fault]], Reply],
) -> web.StreamResponse:
    """Serve a request and send the answer before anything that follows from it is told."""
    sent: list[web.Response] = []

    async def send(reply: Reply) -> None:
        if sent:
            return  # HTTP knows no second answer
        text = isinstance(reply.body, str)
        sent.append(
            web.Response(
                body=reply.body.encode() if text else msgspec.json.encode(reply.body),
                status=reply.status,
                headers=reply.headers,
                content_type="text/plain" if text else "application/json",
            )
        )
        await sent[0].prepare(web_request)
        await sent[0].write_eof()

    kept = await floor.serve(request, work, send)
    if kept is not None and kept is not What.CUT_ACK:
        await asyncio.wait([floor.closing], timeout=HELD_S)
    if not sent and web_request.transport is not None:
        web_request.transport.abort()
    return sent[0] if sent else web.Response(status=444)


async def hold(
    floor: Floor,
    web_request: web.Request,
    kind: str,
    about: str,
    hear: Callable[[Socket, str, str], Awaitable[None]],
    begun: Callable[[Socket], None] = lambda socket: None,
) -> web.StreamResponse:
    """Hold one socket open: what the client says is heard, what is put on its line is sent."""
    response = web.WebSocketResponse(autoping=False)
    await response.prepare(web_request)
    socket = WebSocket(web_request, response, kind, about)
    begun(socket)
    floor.hub.join(socket)
    writer = asyncio.get_running_loop().create_task(socket.write())
    try:
        async for text in Texts(socket):
            await hear(socket, text, web_request.path)
    finally:
        floor.hub.leave(socket)
        writer.cancel()
    return response
