"""One HTTP request, answered or, where a rule wants it, not."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec
from aiohttp import web

from clearedge_tui.venue_sim.faults import Fault, What
from clearedge_tui.venue_sim.floor import Floor, Reply
from clearedge_tui.venue_sim.request_log import Request

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
