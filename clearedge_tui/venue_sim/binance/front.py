"""Binance's USD-M futures over HTTP and sockets."""

from collections.abc import Iterable

from aiohttp import web

from clearedge_tui.venue_sim.answering import answer, hold
from clearedge_tui.venue_sim.binance import rest
from clearedge_tui.venue_sim.binance.public import publish
from clearedge_tui.venue_sim.binance.streams import Streams
from clearedge_tui.venue_sim.floor import Floor, Reply
from clearedge_tui.venue_sim.model import Denied, Told
from clearedge_tui.venue_sim.request_log import Request
from clearedge_tui.venue_sim.sockets import Socket

TRADING = "/ws-fapi/v1"


class BinanceFront:
    stream = None

    def __init__(self, floor: Floor) -> None:
        self._floor, self._streams = floor, Streams(floor)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(TRADING, self._trading),
            web.get("/ws", self._public),
            web.get("/stream", self._public),
            web.get("/ws/{key}", self._user),
            web.route("*", "/fapi/{rest:.*}", self._http),
            web.route("*", "/sapi/{rest:.*}", self._http),
        ]

    def urls(self, http: str, ws: str) -> dict[str, str]:
        return {
            "base_url_http": http,
            "base_url_ws": f"{ws}/ws",
            "base_url_ws_trading": ws + TRADING,
        }

    def options(self, http: str, ws: str) -> list[dict[str, str]]:
        return [{"product": "usd_m", **self.urls(http, ws)}]

    def refusal(self, request: Request, denied: Denied) -> Reply:
        if request.via == "http":
            return rest.refusal(denied)
        return self._streams.refusal(request, denied)

    def private(self, told: Told) -> Iterable[tuple[str, bytes]]:
        return self._streams.private(told)

    def publish(self) -> None:
        for socket in self._floor.hub.of("public"):
            publish(self._floor, socket, socket.topics)

    async def _http(self, web_request: web.Request) -> web.StreamResponse:
        parts = [web_request.rel_url.raw_query_string, await web_request.text()]
        said = "&".join(part for part in parts if part)
        verb = rest.verb_of(web_request.method, web_request.path)
        request = self._floor.request(verb, "http", web_request.path, said)
        work = rest.work_of(self._floor, web_request, request)
        return await answer(self._floor, web_request, request, work)

    async def _trading(self, web_request: web.Request) -> web.StreamResponse:
        return await self._held(web_request, "trade")

    async def _public(self, web_request: web.Request) -> web.StreamResponse:
        if "listenKey" in web_request.query:
            return await self._user(web_request)
        return await self._held(web_request, "public")

    async def _user(self, web_request: web.Request) -> web.StreamResponse:
        return await self._held(web_request, "private")

    async def _held(self, web_request: web.Request, kind: str) -> web.StreamResponse:
        """Hold a socket; a user's own is known by the key in its address."""

        def begun(socket: Socket) -> None:
            key = web_request.match_info.get("key") or web_request.query.get("listenKey", "")
            if kind == "private" and key:
                socket.account, socket.topics = key.removeprefix("listen-"), {"user"}
                self._floor.request("login", kind, web_request.path).outcome = "ok"

        about = "stream" if web_request.path == "/stream" else ""
        return await hold(self._floor, web_request, kind, about, self._streams.hear, begun)
