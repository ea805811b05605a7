"""The kill from the console: two presses anywhere, by its own file, told in the head of every screen."""

from pathlib import Path

import pytest

from clearedge_tui import kills
from clearedge_tui.core.kill import Action, Kill, Scope
from clearedge_tui.core.kill_summary import summary
from clearedge_tui.core.receipt import Receipt, ReceiptLine
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.protocol import Snapshot
from clearedge_tui.ui import plan_kills
from clearedge_tui.ui.grid import kept
from clearedge_tui.ui.kill_watch import KillWatch
from clearedge_tui.ui.model import LinkState, Model
from clearedge_tui.ui.paint.header import kill_text
from tests.fakes import trading
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import OpenDesk, sent

AT = 1_700_000_000_000_000_000
ALL = Kill(Scope.GLOBAL, at_ns=AT)


def held(home: Home) -> list[str]:
    return [kill.name for kill in kills.KillFiles(home).look()]


async def test_one_press_says_what_the_next_would_do_and_kills_nothing(
    world: FakeSupervisor, desk: OpenDesk, home: Home
) -> None:
    async with desk(size=(80, 24)) as d:
        await d.press("H")
        assert "H again KILLS EVERYTHING" in d.text()
        await d.press("escape", "H")
        assert "H again" in d.text()
        d.app.model.kill_armed = d.app.model.mono()  # its two seconds are over
        await d.press("H")
        assert not sent(world, "kill.on") and not held(home)


@pytest.mark.parametrize("before", [(), ("2",), ("question_mark",), ("m",)])
async def test_two_presses_kill_from_a_screen_or_a_question(
    world: FakeSupervisor, desk: OpenDesk, home: Home, before: tuple[str, ...]
) -> None:
    async with desk() as d:
        await d.press(*before, "H", "H")
        assert held(home) == ["global.cancel"]
        await d.shows("2 UNCONFIRMED")
        assert d.page.NAME == "kills"
        await d.press("escape", "1")
        assert "KILLED everything" in d.text() and d.page.NAME == "board"


async def test_the_sheet_flattens_what_the_row_belongs_to_and_asks_nothing(
    world: FakeSupervisor, desk: OpenDesk, home: Home
) -> None:
    async with desk() as d:
        await d.press("H", "H", "tab", "f")
        assert held(home) == ["account.paper.flatten", "global.cancel"]
        await d.press("r")
        await d.type("prices")
        await d.press("enter")
        found = {kill.name: kill.reason for kill in kills.KillFiles(home).look()}
        assert found["account.paper.flatten"] == "prices"


async def test_a_kill_needs_no_supervisor(home: Home, desk: OpenDesk) -> None:
    async with desk(up=False) as d:
        await d.press("H", "H", "escape", "escape")
        assert held(home) == ["global.cancel"]
        await d.shows("KILLED everything")
        kills.clear(home, Kill(Scope.GLOBAL))
        await d.until(lambda: "KILLED" not in d.text())


async def test_lifting_wants_the_name(world: FakeSupervisor, desk: OpenDesk) -> None:
    async with desk() as d:
        await d.press("H", "H", "escape", "L")
        assert "2 of 5 lines are UNCONFIRMED" in d.text()
        await d.type("global")
        await d.press("enter")
        await d.until(lambda: sent(world, "kill.clear"))
        assert sent(world, "kill.clear") == [
            {"kill": "global.cancel", "confirm": "global", "unconfirmed": "yes"}
        ]


def test_a_thing_told_by_two_kills_counts_once_and_silence_is_named() -> None:
    flatten = Kill(Scope.GLOBAL, action=Action.FLATTEN, at_ns=AT + 5)
    line = ReceiptLine("order", "o1", "M", "buy 1", AT)
    first = Receipt("global.cancel", "a", "cancel", seen_ns=AT, lines=(line,))
    proven = ReceiptLine("order", "o1", "M", "buy 1", AT, AT + 9)
    second = Receipt("global.flatten", "a", "flatten", seen_ns=AT + 6, lines=(proven,))
    (row,) = summary([ALL, flatten], [first, second], ["a", "b"])
    assert (row.lines, row.confirmed, row.action) == (1, 1, Action.FLATTEN)
    assert row.awaited == ("b",) and not row.proven
    model = Model(wall_ns=lambda: AT + 400_000_000)
    model.kills = (row,)
    assert kill_text(model) == "KILLED everything 0.4s ago · 1 of 1 confirmed · NO ANSWER b"
    assert kill_text(model, 20) == "KILLED everything"


def test_an_answer_to_an_earlier_kill_of_the_same_name_proves_nothing() -> None:
    old = Receipt("global.cancel", "a", "cancel", seen_ns=AT - 60_000_000_000)
    (row,) = summary([ALL], [old], ["a"])
    assert row.awaited == ("a",) and not row.answered


def test_a_kill_said_again_stays_on_since_its_own_moment(tmp_path: Path) -> None:
    home = Home(tmp_path)
    kills.write(home, Kill(Scope.GLOBAL, who="ann", reason="one", at_ns=AT))
    kills.write(home, Kill(Scope.GLOBAL, who="bob", at_ns=AT + 10))
    (kill,) = kills.KillFiles(home).look()
    assert (kill.at_ns, kill.who, kill.reason) == (AT, "ann", "one")


def test_the_console_adds_what_the_supervisor_has_not_told_and_forgets_what_is_gone(
    tmp_path: Path,
) -> None:
    home, model = Home(tmp_path), Model()
    home.sockets.mkdir(parents=True)
    watch = KillWatch(home, model)
    model.set_link(LinkState.UP)
    kills.write(home, ALL)
    watch.look()
    assert model.kills[0].names == ("global.cancel",)
    model.set_link(LinkState.DOWN)
    kills.clear(home, ALL)
    watch.look()
    assert model.kills == ()


def test_a_supervisor_that_hangs_hides_no_receipt(tmp_path: Path) -> None:
    now = [100.0]
    home, model = Home(tmp_path), Model(mono=lambda: now[0])
    home.sockets.mkdir(parents=True)
    watch = KillWatch(home, model)
    kills.write(home, ALL)
    (told,) = summary([ALL], [trading.receipt("global.cancel", AT)], ())
    model.apply(Snapshot(0, 0, (), (), (), (told,)))
    model.set_link(LinkState.UP)
    kills.keep_receipt(home, trading.receipt("global.cancel", AT, open_=0))
    watch.look()
    assert model.kills[0].unconfirmed == 2  # its word counts while it speaks
    now[0] += 4.0
    watch.look()
    assert model.kills[0].unconfirmed == 0


async def test_a_kill_is_told_although_its_command_is_never_answered(
    world: FakeSupervisor, desk: OpenDesk, home: Home
) -> None:
    world.silent |= {"kill.on", "kill.status"}
    async with desk() as d:
        await d.press("H", "H", "escape")
        await d.shows("KILLED everything")
        assert held(home) == ["global.cancel"]


def test_unconfirmed_lines_come_first_and_a_filter_keeps_their_heading() -> None:
    found = plan_kills.rows(
        summary([ALL], [], []), [trading.receipt("global.cancel", AT)], AT + 10**9
    )
    states = [row.cells[0][0] for row in found if not row.title]
    assert states == ["KILLED", "UNCONFIRMED", "UNCONFIRMED", *["confirmed"] * 3]
    narrowed = kept(found, "unconfirmed")
    assert [row.title for row in narrowed] == [True, False, False]
