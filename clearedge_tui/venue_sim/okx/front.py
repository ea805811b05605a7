"""OKX's version 5 over HTTP and sockets: spot."""

from collections.abc import Iterable

from aiohttp import web

from clearedge_tui.venue_sim.answering import answer, hold
from clearedge_tui.venue_sim.floor import Floor, Reply
from clearedge_tui.venue_sim.model import Denied, Told
from clearedge_tui.venue_sim.okx import rest
from clearedge_tui.venue_sim.okx.public import publish
from clearedge_tui.venue_sim.okx.streams import Streams
from clearedge_tui.venue_sim.request_log import Request

PUBLIC, PRIVATE, BUSINESS = "/ws/v5/public", "/ws/v5/private", "/ws/v5/business"


class OkxFront:
    stream = None

    def __init__(self, floor: Floor) -> None:
        self._floor, self._streams = floor, Streams(floor)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(PUBLIC, self._public),
            web.get(BUSINESS, self._public),
            web.get(PRIVATE, self._private),
            web.route("*", "/api/v5/{rest:.*}", self._http),
        ]

    def urls(self, http: str, ws: str) -> dict[str, str]:
        return {
            "base_url_http": http,
            "base_url_ws_public": ws + PUBLIC,
            "base_url_ws_private": ws + PRIVATE,
            "base_url_ws_business": ws + BUSINESS,
        }

    def options(self, http: str, ws: str) -> list[dict[str, str]]:
        return [{"product": "spot", **self.urls(http, ws)}]

    def refusal(self, request: Request, denied: Denied) -> Reply:
        if request.via == "http":
            return rest.refusal(denied, request)
        return self._streams.refusal(request, denied)

    def private(self, told: Told) -> Iterable[tuple[str, bytes]]:
        return self._streams.private(told)

    def publish(self) -> None:
        for socket in self._floor.hub.of("public"):
            publish(self._floor, socket, socket.topics)

    async def _http(self, web_request: web.Request) -> web.StreamResponse:
        path = web_request.path
        said = await web_request.text() or web_request.rel_url.raw_query_string
        verb = rest.verb_of(web_request.method, path)
        request = self._floor.request(verb, "http", path, said)
        work = rest.work_of(self._floor, web_request, request)
        return await answer(self._floor, web_request, request, work)

    async def _public(self, web_request: web.Request) -> web.StreamResponse:
        return await hold(self._floor, web_request, "public", "", self._streams.hear)

    async def _private(self, web_request: web.Request) -> web.StreamResponse:
        return await hold(self._floor, web_request, "private", "", self._streams.hear)
