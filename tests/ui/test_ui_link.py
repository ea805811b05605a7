"""The line to the supervisor: visible when broken, never given up, and no answer is an answer too."""

import asyncio
import itertools

from clearedge_tui.core.model import ExitPolicy
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.protocol import Changed, Result, Stopping
from clearedge_tui.ui.model import ANSWER_S, LinkState, Model
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import OpenDesk


async def test_first_frame_is_there_before_any_supervisor(home: Home, desk: OpenDesk) -> None:
    async with desk(up=False) as d:
        assert "connecting…" in d.text()
        await d.until(lambda: "nobody listens" in d.app.model.link_note)


async def test_a_supervisor_is_started_when_nobody_listens(home: Home, desk: OpenDesk) -> None:
    loop = asyncio.get_running_loop()
    world = FakeSupervisor(count=3)
    started = []

    def ensure() -> None:
        started.append(1)
        asyncio.run_coroutine_threadsafe(world.start(home.control_socket), loop).result(5)

    async with desk(up=False, ensure=ensure) as d:
        await d.until(lambda: d.app.model.link is LinkState.UP)
        assert started == [1] and "ema-btc-1" in d.text()
    await world.stop()


async def test_a_broken_link_is_shown_and_mended(
    home: Home, world: FakeSupervisor, desk: OpenDesk
) -> None:
    async with desk() as d:
        await d.press("enter")
        await d.until(lambda: d.page.detail)
        await world.stop()
        await d.until(lambda: d.app.model.link is LinkState.DOWN)
        assert "no link" in d.text()
        again = FakeSupervisor(count=5)
        home.control_socket.unlink(missing_ok=True)
        await again.start(home.control_socket)
        await d.until(lambda: d.app.model.link is LinkState.UP)
        assert len(d.app.model.instances) == 5
        await d.until(lambda: again.watched == ["ema-btc-1"])  # what was open is watched again
        await again.stop()


async def test_a_supervisor_that_dies_is_started_again(
    home: Home, world: FakeSupervisor, desk: OpenDesk
) -> None:
    loop = asyncio.get_running_loop()
    again = FakeSupervisor(count=4)

    def ensure() -> None:
        home.control_socket.unlink(missing_ok=True)
        asyncio.run_coroutine_threadsafe(again.start(home.control_socket), loop).result(5)

    async with desk(ensure=ensure) as d:
        await world.stop()
        await d.until(lambda: len(d.app.model.instances) == 4 and not d.app.model.stale)
    await again.stop()


async def test_a_supervisor_that_does_not_start_is_told(home: Home, desk: OpenDesk) -> None:
    from clearedge_tui.core.errors import RetryLater

    def ensure() -> None:
        raise RetryLater("the lock is held by pid 17")

    async with desk(up=False, ensure=ensure) as d:
        await d.shows("the lock is held by pid 17")


async def test_another_protocol_version_is_told(home: Home, desk: OpenDesk) -> None:
    world = FakeSupervisor(count=2)
    world.version = 99
    await world.start(home.control_socket)
    async with desk(up=False) as d:
        await d.until(lambda: "speaks version 99" in d.app.model.link_note)
        await d.shows("speaks version 99")
    await world.stop()


async def test_garbage_on_the_line_does_not_end_the_console(home: Home, desk: OpenDesk) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x05\x00\x00\x00hello")
        await writer.drain()
        await reader.read()

    server = await asyncio.start_unix_server(serve, home.control_socket)
    async with desk(up=False) as d:
        await d.until(lambda: d.app.model.link is LinkState.DOWN)
        assert "no link" in d.text() or "connecting" in d.text()
    server.close()


async def test_stale_numbers_are_dim_while_the_link_is_down(
    home: Home, world: FakeSupervisor, desk: OpenDesk
) -> None:
    from clearedge_tui.ui import palette as p

    async with desk() as d:
        line = d.cells("#board").lines()[1]
        column = line.index("+") if "+" in line else 70
        assert d.cells("#board").ink[1][column] & 255 in (p.UP, p.DOWN)
        await world.stop()
        await d.until(lambda: d.app.model.link is LinkState.DOWN)
        d.app.paint_now()
        assert d.cells("#board").ink[1][column] & 255 == p.DIM


async def test_a_refused_command_shows_the_reason(world: FakeSupervisor, desk: OpenDesk) -> None:
    world.refuse["instance.mode"] = "strategies/ema_cross.py:9: syntax error"
    async with desk() as d:
        await d.press("m", "v")
        await d.shows("refused: strategies/ema_cross.py:9: syntax error")


async def test_a_command_without_a_link_is_told_at_once(home: Home, desk: OpenDesk) -> None:
    async with desk(up=False) as d:
        d.app.ask("instance.mode", {"id": "x", "mode": "off"}, "x: off")
        assert "x: off: not sent: no link to the supervisor" in d.text()


async def test_commands_under_way_are_lost_visibly_when_the_link_breaks(
    home: Home, world: FakeSupervisor, desk: OpenDesk
) -> None:
    world.silent.add("instance.mode")
    async with desk() as d:
        await d.press("m", "v")
        await d.until(lambda: world.commands)
        assert "ema-btc-1: active → observe" in d.text()
        await world.stop()
        await d.shows("the link broke before the answer")
        assert not d.app.model.pending


def test_a_command_without_an_answer_is_reported_after_ten_seconds() -> None:
    clock = itertools.count(0.0, 1.0)
    now = [0.0]
    model = Model(mono=lambda: now[0])
    heard: list[Result] = []
    model.command("instance.mode", {}, "x: active", heard.append)
    now[0] = ANSWER_S - 0.1
    model.expire()
    assert model.pending
    now[0] = ANSWER_S
    model.expire()
    assert not model.pending and model.notices[-1].text == "x: active: no answer for 10 s"
    assert heard[0].status == "lost" and next(clock) == 0.0


async def test_a_supervisor_that_counts_down_is_asked_once_what_becomes_of_orders(
    world: FakeSupervisor, desk: OpenDesk
) -> None:
    stopping = Stopping(world.clock() + 9 * 10**9, ("ema-btc-1",), {"ema-btc-1": ExitPolicy.CANCEL})
    async with desk() as d:
        await world.push(Changed(10**6, world.clock(), stopping=stopping))
        await d.shows("the supervisor stops in 9 s")
        assert "ema-btc-1: cancel" in d.text()
        await world.push(Changed(10**6, world.clock(), stopping=stopping))
        await d.press("f")
        await d.until(lambda: any(c.verb == "supervisor.stop" for c in world.commands))
        assert [c.args for c in world.commands if c.verb == "supervisor.stop"] == [
            {"policy": "flatten"}
        ]
        await d.until(lambda: "the supervisor stops in" not in d.text())
