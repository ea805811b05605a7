"""A strategy that misbehaves ends as a named state on its own row and touches nothing else."""

import os
import time
from collections.abc import Iterator

import pytest

from clearedge_tui.core.model import Book, Mode, OrderStatus
from tests.live.box import Box


@pytest.fixture
def box(shared_box: Box) -> Iterator[Box]:
    yield shared_box
    shared_box.options()


LOOPS = {"callback_limit_s": 1}  # a call that never returns costs the test a second, not five


TEMPLATE = """
from clearedge_tui.contract import Strategy, OrderNotAllowed

class Faulty(Strategy):
    def init(self):
        return {{"n": 0}}
    def on_tick(self, tick):
        self.state["n"] += 1
        if self.state["n"] == 3:
{body}
    def render(self):
        return {{"widgets": [{{"type": "metric", "label": "n", "value": self.state["n"]}}]}}
"""


def strategy(body: str) -> str:
    return TEMPLATE.format(body="\n".join(" " * 12 + line for line in body.splitlines()))


@pytest.mark.parametrize(
    ("body", "states", "words"),
    [
        (
            "raise ValueError('no such thing')",
            ("faulted",),
            ("faulty.py:10", "no such thing", "on_tick"),
        ),
        ("raise SystemExit(0)", ("faulted",), ("faulty.py:10", "SystemExit")),
        ("while True:\n    pass", ("faulted",), ("did not return within 1 s", "faulty.py:1")),
        (
            "hog = [bytes(1 << 20) for _ in range(4000)]",
            ("faulted",),
            ("MemoryError", "faulty.py:10"),
        ),
        ("import os\nos._exit(0)", ("back-off", "failed"), ("ended with 0",)),
        ("import ctypes\nctypes.string_at(0)", ("back-off", "failed"), ("-11",)),
    ],
    ids=["exception", "system-exit", "endless-loop", "memory-hog", "os-exit", "segfault"],
)
def test_a_broken_strategy_is_named_on_its_row_and_the_others_run(
    box: Box, body: str, states: tuple[str, ...], words: tuple[str, ...]
) -> None:
    box.write("faulty", strategy(body))
    box.add("good", mode="active", fast=3, slow=8)
    good = box.running("good")
    if "while" in body:
        box.options(**LOOPS)
    assert box.add("faulty", strategy="faulty", mode="active").status == "done"
    row = box.wait_row("faulty", lambda r: r.state in states, f"it is {states}", 25.0)
    for word in words:
        assert word in row.error, row.error
    assert row.desired is Mode.OBSERVE, "an unclean end lowers the mode"
    after = box.wait_row("good", lambda r: r.fills > good.fills, "the other one trades on")
    assert (after.pid, after.restarts, after.state) == (good.pid, 0, "running")


@pytest.mark.parametrize(
    ("native", "line", "words"),
    [
        (False, "raise KeyError('nothing')", ("faulty.py:6", "KeyError")),
        (False, "while True: pass", ("loading faulty.py did not return within 1 s (faulty.py:6)",)),
        (True, "raise KeyError('nothing')", ("faulty.py:6", "KeyError")),
        (True, "while True: pass", ("loading faulty.py did not return within 1 s (faulty.py:6)",)),
    ],
    ids=["raises", "endless", "native-raises", "native-endless"],
)
def test_a_constructor_that_fails_is_a_fault_with_its_line(
    box: Box, native: bool, line: str, words: tuple[str, ...]
) -> None:
    module = "nautilus_trader.trading" if native else "clearedge_tui.contract"
    hook = "def on_start(self)" if native else "def on_tick(self, tick)"
    box.write(
        "faulty",
        f"from {module} import Strategy\n\n"
        "class Faulty(Strategy):\n"
        "    def __init__(self, *args):\n"
        "        super().__init__(*args)\n"
        f"        {line}\n"
        f"    {hook}:\n        pass\n",
    )
    if "while" in line:
        box.options(**LOOPS)
    box.add("faulty", strategy="faulty", mode="observe")
    row = box.wait_row("faulty", lambda r: r.state == "faulted", "it is faulted", 25.0)
    for word in words:
        assert word in row.error, row.error


def test_three_crashes_latch_failed_until_a_person_clears_it(box: Box) -> None:
    box.write("faulty", strategy("import os\nos._exit(7)"))
    box.add("faulty", strategy="faulty", mode="observe")
    row = box.wait_row("faulty", lambda r: r.state == "failed", "it is failed", 25.0)
    assert "ended with 7" in row.error
    assert "clear it" in row.error
    box.write("faulty", strategy("pass"))
    assert box.do("instance.clear", id="faulty").status == "done"
    assert box.running("faulty").error == ""


def test_a_loop_that_catches_everything_is_ended_by_force(box: Box) -> None:
    box.write(
        "faulty",
        strategy(
            "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except BaseException:\n        pass"
        ),
    )
    box.options(**LOOPS)
    box.add("faulty", strategy="faulty", mode="observe")
    box.wait_row("faulty", lambda r: r.restarts >= 1, "it was ended", 25.0)
    box.until(lambda: "engine.crash faulty ended with 71" in box.story(), "the journal says so")
    assert "on_tick did not return within 1 s and could not be broken (faulty.py:1" in box.story()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def broken(:\n    pass\n", ("bad.py:1", "SyntaxError")),
        ("x = 1\n", ("bad.py", "no strategy")),
        ("import nothing_like_this\n", ("bad.py:1", "nothing_like_this")),
        (
            "from clearedge_tui.contract import Strategy\nCONFIG_SCHEMA = {'a': {'type': 'integer', 'default': 1}}\n"
            "class S(Strategy):\n    def on_tick(self, tick): pass\n",
            ("bad.py:2", "integer", "int"),
        ),
    ],
    ids=["syntax", "no-class", "import", "schema"],
)
def test_a_file_that_does_not_load_is_refused_with_file_and_line(
    box: Box, source: str, words: tuple[str, ...]
) -> None:
    box.write("bad", source)
    result = box.add("bad", strategy="bad")
    assert result.status == "refused"
    assert result.code == 5
    for word in words:
        assert word in result.message


def test_a_file_that_breaks_while_running_keeps_the_old_code_and_says_so(box: Box) -> None:
    box.write("mine", strategy("pass"))
    box.add("mine", strategy="mine")
    row = box.running("mine")
    box.write("mine", strategy("pass") + "\ndef oops(:\n")
    broken = box.wait_row("mine", lambda r: "does not load" in r.error, "the row says it")
    assert "mine.py:" in broken.error
    assert broken.pid == row.pid
    box.write("mine", strategy("pass") + "\nLATER = 1\n")
    box.wait_row(
        "mine",
        lambda r: r.pid not in (0, row.pid) and r.state == "running" and not r.error,
        "reloaded",
    )


def test_a_faulted_strategy_starts_again_when_its_file_is_mended(box: Box) -> None:
    box.write("faulty", strategy("raise ValueError('now')"))
    box.add("faulty", strategy="faulty")
    box.wait_row("faulty", lambda r: r.state == "faulted", "faulted")
    box.write("faulty", strategy("pass"))
    assert box.running("faulty").error == ""


def test_a_wrong_widget_is_an_error_in_its_place(box: Box) -> None:
    source = strategy("pass").replace(
        '[{"type": "metric", "label": "n", "value": self.state["n"]}]',
        '[{"type": "metric", "label": "n", "value": self.state["n"]}, 7, {"type": "line_chart", "x": object()}]',
    )
    box.write("odd", source)
    box.add("odd", strategy="odd")
    detail = box.detail("odd", lambda d: len(d.widgets) == 3)
    assert [w["type"] for w in detail.widgets] == ["metric", "error", "error"]
    assert "widget 2" in str(detail.widgets[1]["text"])


def test_orders_are_refused_by_name_in_observe_with_deny(box: Box) -> None:
    source = strategy("pass").replace(
        '        if self.state["n"] == 3:',
        "        try:\n            self.context.place_order('buy', '0.1')\n"
        "        except OrderNotAllowed as error:\n            self.context.log(f'refused: {error}')\n"
        '        if self.state["n"] == 3:',
    )
    box.write("asks", source)
    result = box.do(
        "instance.add", id="asks", strategy="asks", account="paper", market="SIM/USDT",
        mode="observe", observe_orders="deny",
    )  # fmt: skip
    assert result.status == "done"
    detail = box.detail("asks", lambda d: any("refused" in line.text for line in d.log))
    assert detail.orders == ()
    assert box.row("asks").state == "running"


@pytest.mark.parametrize("policy", ["leave", "cancel", "flatten"])
def test_leaving_active_applies_the_exit_policy(box: Box, policy: str) -> None:
    source = strategy(
        "self.context.place_order('buy', '1')\nself.context.place_order('buy', '1', price='1.00')"
    )
    box.write("holds", source)
    box.do(
        "instance.add", id="holds", strategy="holds", account="paper", market="SIM/USDT",
        mode="active", exit_policy=policy,
    )  # fmt: skip
    box.wait_row("holds", lambda r: r.position == 1 and r.open_orders == 1, "it holds and rests")
    box.do("instance.mode", id="holds", mode="observe")
    box.wait_row("holds", lambda r: r.actual is Mode.OBSERVE, "observed")

    def settled() -> bool:
        orders = {o.kind: o for o in box.orders("holds") if o.side == "buy"}
        if set(orders) != {"market", "limit"}:
            return False  # not written down yet
        resting = orders["limit"].status
        sold = sum(f.size for f in box.fills("holds") if f.side == "sell" and f.book is Book.PAPER)
        return (resting is OrderStatus.OPEN) == (policy == "leave") and (sold == 1) == (
            policy == "flatten"
        )

    box.until(settled, f"{policy} is applied")


def test_a_stranger_can_neither_command_nor_trade(box: Box) -> None:
    import socket

    import msgspec

    from clearedge_tui.core.messages import FromEngine, Join, Joined, Lease
    from clearedge_tui.core.wire import Deframer, frame

    box.add("ema", mode="observe", fast=3, slow=8)
    box.running("ema")
    path = str(box.home.sockets / "gw-paper.sock")
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(5)
        line.connect(path)
        line.sendall(frame(Lease(99)))
        assert line.recv(100) == b"", "hung up on"
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(5)
        line.connect(path)
        line.sendall(frame(Join("ema")))
        body = next(iter(Deframer().feed(line.recv(1 << 20))))
        answer = msgspec.msgpack.decode(body, type=Joined | FromEngine)
        assert isinstance(answer, Joined)
        assert f"process {os.getpid()} may not speak" in answer.error
    assert box.row("ema").actual is Mode.OBSERVE


def test_a_forged_epoch_inside_a_strategy_cannot_raise_its_mode(box: Box) -> None:
    attack = (
        "import socket, pathlib\n"
        "from clearedge_tui.core.messages import Lease, SetMode\n"
        "from clearedge_tui.core.model import Mode, ObserveOrders, ExitPolicy\n"
        "from clearedge_tui.core.wire import frame\n"
        "s = socket.socket(socket.AF_UNIX); s.connect({path!r})\n"
        "s.sendall(frame(Lease(99)) + frame(SetMode('x', 'evil', Mode.ACTIVE, ObserveOrders.SHADOW, ExitPolicy.LEAVE)))\n"
        "s.settimeout(1)\n"
        "self.context.log(f'answer {{{{s.recv(10)!r}}}}')"
    ).replace("{path!r}", repr(str(box.home.sockets / "gw-paper.sock")))
    box.write("evil", strategy(attack.replace("{{", "{").replace("}}", "}")))
    box.add("evil", strategy="evil", mode="observe")
    box.detail("evil", lambda d: any("answer" in line.text for line in d.log))
    time.sleep(0.6)  # two status messages of the gateway
    assert box.row("evil").actual is Mode.OBSERVE


def test_a_native_strategy_trades_in_the_book_of_its_mode(box: Box) -> None:
    assert box.add("nat", strategy="native_ema", mode="observe", fast=3, slow=8).status == "done"
    box.running("nat")
    box.do("account.speed", account="paper", speed=1000)
    box.wait_row("nat", lambda r: r.fills >= 2, "the shadow book fills", 25.0)
    assert {o.book for o in box.orders("nat")} == {Book.SHADOW}
    assert box.do("instance.mode", id="nat", mode="active").status == "done"
    box.until(lambda: Book.PAPER in {f.book for f in box.fills("nat")}, "the account fills", 25.0)
    assert box.row("nat").actual is Mode.ACTIVE


def test_a_file_broken_while_its_instance_was_off_is_a_fault_with_its_line_when_started(
    box: Box,
) -> None:
    box.write("mine", strategy("pass"))
    box.add("mine", strategy="mine", mode="off")
    box.add("good", mode="observe", fast=3, slow=8)
    box.write("mine", strategy("pass") + "\ndef oops(:\n")
    box.do("instance.mode", id="mine", mode="observe")
    row = box.wait_row("mine", lambda r: r.state == "faulted", "it says so")
    assert "mine.py:14: SyntaxError" in row.error
    assert box.running("good").restarts == 0
    box.write("mine", strategy("pass"))
    assert box.running("mine").error == ""


def test_a_file_taken_away_is_said_and_comes_back(box: Box) -> None:
    path = box.write("mine", strategy("pass"))
    source = path.read_text()
    box.add("mine", strategy="mine", mode="observe")
    box.running("mine")
    path.unlink()
    row = box.wait_row("mine", lambda r: r.error, "the row says it")
    assert "mine.py is not in" in row.error
    path.write_text(source)
    box.wait_row("mine", lambda r: not r.error and r.state == "running", "and is content again")


def test_a_render_that_never_returns_is_an_error_in_its_place_and_thinking_goes_on(
    box: Box,
) -> None:
    source = strategy("pass").replace(
        "    def render(self):\n",
        "    def render(self):\n        while self.state['n'] > 2: pass\n",
    )
    box.write("slow", source)
    box.options(**LOOPS)
    box.add("slow", strategy="slow", mode="observe")
    detail = box.detail("slow", lambda d: any(w.get("type") == "error" for w in d.widgets))
    assert "render did not return within 1 s" in str(detail.widgets[0]["text"])
    before = box.row("slow")
    after = box.wait_row("slow", lambda r: r.tick_ns > before.tick_ns, "it goes on")
    assert (after.pid, after.state) == (before.pid, "running")
    box.wait_row("slow", lambda r: r.slowest_ms >= 1000, "how long its slowest call took is known")


def test_settings_that_cannot_be_read_keep_nothing_from_starting(box: Box) -> None:
    box.options(callback_limit_s=60)
    box.add("ema", mode="observe", fast=3, slow=8)
    assert box.running("ema").error == ""
    box.until(
        lambda: "callback_limit_s 60; wanted 0.5 to 5; a call may take 5 s" in box.story(),
        "the journal says so",
    )
