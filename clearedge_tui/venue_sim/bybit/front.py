"""Bybit's v5 over HTTP and sockets."""

from collections.abc import Iterable

from aiohttp import web

from clearedge_tui.venue_sim.answering import answer, hold
from clearedge_tui.venue_sim.bybit import rest
from clearedge_tui.venue_sim.bybit.public import publish
from clearedge_tui.venue_sim.bybit.streams import Streams
from clearedge_tui.venue_sim.floor import Floor, Reply
from clearedge_tui.venue_sim.model import Denied, Told
from clearedge_tui.venue_sim.request_log import Request

PUBLIC, PRIVATE, TRADE = "/v5/public", "/v5/private", "/v5/trade"


class BybitFront:
    stream = None

    def __init__(self, floor: Floor) -> None:
        self._floor, self._streams = floor, Streams(floor)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(PUBLIC + "/{product}", self._socket),
            web.get(PRIVATE, self._socket),
            web.get(TRADE, self._socket),
            web.route("*", "/v5/{rest:.*}", self._http),
        ]

    def urls(self, http: str, ws: str) -> dict[str, str]:
        return {
            "base_url_http": http,
            "base_url_ws_public_linear": f"{ws}{PUBLIC}/linear",
            "base_url_ws_public_spot": f"{ws}{PUBLIC}/spot",
            "base_url_ws_private": ws + PRIVATE,
            "base_url_ws_trade": ws + TRADE,
        }

    def options(self, http: str, ws: str) -> list[dict[str, str]]:
        urls = self.urls(http, ws)
        shared = {name: url for name, url in urls.items() if "public" not in name}
        return [
            {"product": one, "base_url_ws_public": urls[f"base_url_ws_public_{one}"], **shared}
            for one in ("linear", "spot")
        ]

    def refusal(self, request: Request, denied: Denied) -> Reply:
        if request.via == "http":
            return rest.refusal(self._floor, request, denied)
        return self._streams.refusal(request, denied)

    def private(self, told: Told) -> Iterable[tuple[str, bytes]]:
        return self._streams.private(told)

    def publish(self) -> None:
        for socket in self._floor.hub.of("public"):
            publish(self._floor, socket, socket.topics)

    async def _http(self, web_request: web.Request) -> web.StreamResponse:
        body = await web_request.text()
        said = body or web_request.rel_url.raw_query_string
        path = web_request.path
        request = self._floor.request(rest.verb_of(path), "http", path, said)
        work = rest.work_of(self._floor, web_request, request)
        return await answer(self._floor, web_request, request, work)

    async def _socket(self, web_request: web.Request) -> web.StreamResponse:
        kind = web_request.path.split("/")[2]
        product = web_request.match_info.get("product", "")
        return await hold(self._floor, web_request, kind, product, self._streams.hear)
