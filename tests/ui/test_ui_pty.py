"""The real program in a real terminal: first frame, colours, signals, stalls, and a terminal left clean."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clearedge_tui.settings import Home
from tests.fakes.supervisor import FakeSupervisor
from tests.ui.picture import Terminal

REPO = Path(__file__).resolve().parents[2]
PROGRAM = (
    "import sys; from pathlib import Path; from clearedge_tui.settings import Home; "
    "from clearedge_tui.ui.app import run_console; "
    "sys.exit(run_console(Home(Path(sys.argv[1])), colour=sys.argv[2] or None))"
)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Home]:
    """A home with a moving fake supervisor on a thread of its own."""
    home = Home(tmp_path)
    home.sockets.mkdir(parents=True)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    world = FakeSupervisor(moving=True, fixed=False)
    asyncio.run_coroutine_threadsafe(world.start(home.control_socket), loop).result(5)
    yield home
    asyncio.run_coroutine_threadsafe(world.stop(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


def open_console(
    home: Home,
    cols: int = 80,
    rows: int = 24,
    colour: str = "",
    term: str = "xterm-256color",
    colorterm: str = "truecolor",
) -> Terminal:
    env = {"TERM": term, "COLORTERM": colorterm, "PYTHONPATH": str(REPO), "LANG": "C.UTF-8"}
    env["NO_COLOR"] = ""
    return Terminal([sys.executable, "-c", PROGRAM, str(home.root), colour], cols, rows, env)


def wait_for(terminal: Terminal, words: str, limit: float = 8.0) -> None:
    end = time.monotonic() + limit
    while time.monotonic() < end:
        terminal.read(0.1)
        if any(words in line for line in terminal.text()):
            return
    raise AssertionError(f"`{words}` never shown:\n" + "\n".join(terminal.text()))


def test_board_comes_up_and_keys_work(place: Home) -> None:
    terminal = open_console(place)
    wait_for(terminal, "ema-btc-1")
    terminal.type("j j enter")
    wait_for(terminal, "rsi-gbp-3")
    wait_for(terminal, "Orders")
    assert terminal.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_end_it_and_leave_a_clean_terminal(place: Home, number: signal.Signals) -> None:
    terminal = open_console(place)
    wait_for(terminal, "ema-btc-1")
    os.kill(terminal.pid, number)
    end = time.monotonic() + 5
    done = 0
    while not done and time.monotonic() < end:
        terminal.read(0.05)
        done, status = os.waitpid(terminal.pid, os.WNOHANG)
    assert done and status == 0
    assert b"\x1b[?1049l" in terminal.data and b"\x1b[?25h" in terminal.data


def test_a_closed_terminal_ends_it(place: Home) -> None:
    terminal = open_console(place)
    wait_for(terminal, "ema-btc-1")
    os.close(terminal.fd)
    end = time.monotonic() + 8
    done = 0
    while not done and time.monotonic() < end:
        time.sleep(0.05)
        done, _ = os.waitpid(terminal.pid, os.WNOHANG)
    if not done:
        os.kill(terminal.pid, signal.SIGKILL)
        os.waitpid(terminal.pid, 0)
    assert done


@pytest.mark.parametrize(
    ("colour", "term", "colorterm", "wanted", "never"),
    [
        ("", "xterm-256color", "truecolor", b"38;2;", b"38;5;"),
        ("", "xterm-256color", "", b"38;5;", b"38;2;"),
        ("16", "xterm-256color", "truecolor", b"\x1b[", b"38;"),
        ("none", "xterm-256color", "truecolor", b"\x1b[", b"38;"),
    ],
)
def test_colours_are_what_was_asked(
    place: Home, colour: str, term: str, colorterm: str, wanted: bytes, never: bytes
) -> None:
    terminal = open_console(place, colour=colour, term=term, colorterm=colorterm)
    wait_for(terminal, "ema-btc-1")
    terminal.end()
    assert wanted in terminal.data and never not in terminal.data


def test_a_terminal_that_stops_reading_gets_no_backlog(place: Home) -> None:
    terminal = open_console(place, 120, 40)
    wait_for(terminal, "ema-btc-1")
    time.sleep(3)  # the link hangs: nothing is read, nothing is answered
    start = len(terminal.data)
    terminal.read(0.3)
    assert len(terminal.data) - start < 40_000  # a frame or two, not fifteen
    terminal.type("G")
    wait_for(terminal, "donchian-sim-a-24")
    terminal.end()


def test_first_frame_comes_without_a_supervisor(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.sockets.mkdir(parents=True)
    terminal = open_console(home)
    wait_for(terminal, "connecting…")
    assert terminal.end() == 0
