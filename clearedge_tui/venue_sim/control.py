"""The way other processes steer a venue: POST /_sim/NAME with the words of a call as JSON."""

from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from clearedge_tui.venue_sim.faults import Fault
from clearedge_tui.venue_sim.model import Denied

if TYPE_CHECKING:
    from clearedge_tui.venue_sim.sim import VenueSim

CALLS = (
    "price", "depth", "external", "fill", "cancel", "fault", "clear_faults", "disconnect",
    "silence", "reachable", "account", "deposit", "count", "limit", "revoke", "skew", "fund", "orders", "open_orders", "fills",
    "positions", "balances", "requests", "urls", "topics", "listening",
)  # fmt: skip


def control_routes(sim: "VenueSim") -> list[web.RouteDef]:
    """Return the routes. They listen where the venue does: on loopback alone."""

    async def call(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in CALLS:
            return _said({"error": f"no call {name}; known: {', '.join(CALLS)}"}, 404)
        try:
            words = msgspec.json.decode(await request.read() or b"{}", type=dict[str, Any])
            found = getattr(sim, name)
            done = found(**_typed(name, words)) if callable(found) else found
        except (
            TypeError,
            ValueError,
            ArithmeticError,
            LookupError,
            StopIteration,
            Denied,
        ) as error:
            return _said({"error": f"{name}: {error}"}, 400)
        return _said({"result": done}, 200)

    return [web.post("/_sim/{name}", call)]


def _typed(name: str, words: dict[str, Any]) -> dict[str, Any]:
    if name != "fault":
        return words
    return {"fault": msgspec.convert(words, Fault, strict=False)}


def _said(what: dict[str, Any], status: int) -> web.Response:
    body = msgspec.json.encode(what)
    return web.Response(body=body, status=status, content_type="application/json")
