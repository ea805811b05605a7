"""What the bare engine does with strategy code in a live node, and what our host does instead."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest

from clearedge_tui.core.model import Book, Mode, OrderStatus
from clearedge_tui.market.markets import describe, save_market
from tests.live.box import Box

BARE = Path(__file__).with_name("bare_node.py")


@cache
def bare(what: str) -> dict[str, object]:
    """Run a bare node in a process of its own and return what came of it."""
    done = subprocess.run(
        [sys.executable, str(BARE), what], capture_output=True, text=True, timeout=90, check=False
    )
    answer = next(line for line in done.stdout.splitlines() if line.startswith("{"))
    return {
        **msgspec.json.decode(answer, type=dict[str, object]),
        "stderr": len(done.stderr) + len(done.stdout) - len(answer),
        "code": done.returncode,
    }


NATIVE = """
from nautilus_trader.trading import Strategy, StrategyConfig
from nautilus_trader.model import BarType, InstrumentId, OrderSide, Quantity

class OneConfig(StrategyConfig):
    def __new__(cls, *_, **engine):
        own = ("instrument_id", "bar_type")
        return super().__new__(cls, **{k: v for k, v in engine.items() if k not in own})
    def __init__(self, instrument_id: InstrumentId, bar_type: BarType, **_):
        self.instrument_id, self.bar_type = instrument_id, bar_type

class One(Strategy):
    def __new__(cls, config):
        return super().__new__(cls, config)
    def __init__(self, config):
        super().__init__()
        self.plan = config
        self.count = 0
    def on_start(self):
        self.subscribe_bars(self.plan.bar_type)
    def on_bar(self, bar):
        self.count += 1
        if self.count == 2:
            raise ValueError("native trouble")
"""


def test_the_bare_node_swallows_what_a_callback_raises_and_ours_faults_the_row(
    shared_box: Box,
) -> None:
    box = shared_box
    before = bare("raise")
    assert before["callbacks_after"] > 3  # type: ignore[operator]  # it went on as if nothing were
    assert before["code"] == 0
    box.write("native_one", NATIVE)
    assert box.add("one", strategy="native_one", mode="active").status == "done"
    row = box.wait_row("one", lambda r: r.state == "faulted", "it is faulted")
    assert "native_one.py:24" in row.error
    assert "native trouble" in row.error
    assert row.desired is Mode.OBSERVE


@pytest.fixture(scope="module")
def rates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A box of two accounts: `paper` lets a thousand orders a second through, `strict` five."""
    strict = "[strict]\nfeed = 'simulated'\nspeed = 600\norders_per_second = 5\n"
    made = Box(
        tmp_path_factory.mktemp("rates") / "home", extra=f"orders_per_second = 1000\n{strict}"
    )
    yield made.start()
    made.close()


def test_the_bare_node_denies_the_hundred_and_first_order_and_ours_has_its_own_limit(
    rates: Box,
) -> None:
    assert bare("burst")["denied"] == 50
    box = rates
    box.write(
        "burst",
        "from clearedge_tui.contract import Strategy\n"
        "class Burst(Strategy):\n"
        "    def init(self):\n        return {'done': False}\n"
        "    def on_tick(self, tick):\n"
        "        if not self.state['done']:\n"
        "            self.state['done'] = True\n"
        "            for n in range(150):\n"
        "                self.context.place_order('buy' if n % 2 else 'sell', '0.01')\n",
    )
    box.add("burst", strategy="burst", mode="active")
    box.until(lambda: len(box.fills("burst")) == 150, "all 150 are filled")
    assert {o.status for o in box.orders("burst")} == {OrderStatus.FILLED}


def test_our_own_rate_limit_denies_by_name_and_lets_exits_pass(rates: Box) -> None:
    """Fault 34: a storm of orders."""
    box = rates
    box.write(
        "storm",
        "from clearedge_tui.contract import Strategy\n"
        "class Storm(Strategy):\n"
        "    def init(self):\n        return {'n': 0}\n"
        "    def on_tick(self, tick):\n"
        "        self.state['n'] += 1\n"
        "        if self.state['n'] == 1:  # all within one second of the data\n"
        "            for _ in range(20):\n"
        "                self.context.place_order('buy', '0.01')\n"
        "    def on_fill(self, fill):\n"
        "        if str(self.context.get_position().size) == '0.050000' and fill.side == 'buy':\n"
        "            self.context.place_order('sell', '0.02')\n",
    )
    added = box.do(
        "instance.add", id="storm", strategy="storm", account="strict", market="SIM/USDT",
        timeframe="1m", mode="active",
    )  # fmt: skip
    assert added.status == "done", added
    box.until(lambda: len(box.orders("storm")) == 21, "all are answered")
    box.until(lambda: len(box.fills("storm")) == 6, "five entries and the exit are filled")
    denied = [o for o in box.orders("storm") if o.status is OrderStatus.DENIED]
    assert len(denied) == 15
    assert all("rate: 5 orders in a second; at most 5" in o.reason for o in denied)


def test_the_bare_sandbox_fills_what_the_account_cannot_pay_and_ours_denies_it(
    shared_box: Box,
) -> None:
    box = shared_box
    assert bare("huge")["filled"] is True
    box.write(
        "huge",
        "from clearedge_tui.contract import Strategy\n"
        "class Huge(Strategy):\n"
        "    def init(self):\n        return {'n': 0}\n"
        "    def on_tick(self, tick):\n"
        "        self.state['n'] += 1\n"
        "        if self.state['n'] == 1:\n"
        "            self.context.place_order('buy', '1000')\n",
    )
    box.add("huge", strategy="huge", mode="active")
    box.until(lambda: box.orders("huge"), "it is answered")
    order = box.orders("huge")[0]
    assert order.status is OrderStatus.DENIED
    assert "buying_power: gross notional would be" in order.reason


def test_the_bare_node_prints_to_the_terminal_and_ours_writes_to_files(
    shared_box: Box,
) -> None:
    box = shared_box
    assert bare("raise")["stderr"] > 100  # type: ignore[operator]
    box.write(
        "noisy",
        "import sys, os\nfrom clearedge_tui.contract import Strategy\n"
        "class Noisy(Strategy):\n"
        "    def on_tick(self, tick):\n"
        "        print('TO STDOUT \\x1b[2J'); sys.stderr.write('TO STDERR\\n'); os.write(1, b'RAW WRITE\\n')\n"
        "        self.context.log('said \\x1b]52;c;aGk=\\x07 done')\n",
    )
    box.add("noisy", strategy="noisy", mode="observe")
    detail = box.detail("noisy", lambda d: any("said" in line.text for line in d.log))
    assert not any("\x1b" in line.text for line in detail.log)
    log = box.home.logs / "in-noisy.log"
    box.until(lambda: "RAW WRITE" in log.read_text(errors="replace"), "the file has it")
    out = (box.home.state / "supervisor.out").read_text()
    assert "TO STD" not in out
    assert "RAW WRITE" not in out


def test_a_quote_strategy_thinks_on_every_quote(
    shared_box: Box,
) -> None:
    box = shared_box
    box.write(
        "ticker",
        "from clearedge_tui.contract import Strategy, chart\n"
        "class Ticker(Strategy):\n"
        "    def init(self):\n        return {'n': 0, 'kinds': []}\n"
        "    def on_tick(self, tick):\n"
        "        self.state['n'] += 1\n"
        "        self.state['kinds'] = sorted({*self.state['kinds'], tick.kind})\n"
        "        assert tick.bid == tick.ask == tick.price > 0\n"
        "    def render(self):\n"
        "        return {'widgets': [chart.metric('n', self.state['n']), chart.text(','.join(self.state['kinds']))]}\n",
    )
    added = box.do(
        "instance.add", id="ticker", strategy="ticker", account="paper", market="SIM/USDT",
        timeframe="quote", mode="observe",
    )  # fmt: skip
    assert added.status == "done", added
    detail = box.detail(
        "ticker", lambda d: len(d.widgets) == 2 and int(str(d.widgets[0]["value"])) > 20
    )
    assert detail.widgets[1]["text"] == "quote"


def test_an_account_in_another_currency_is_refused(
    shared_box: Box,
) -> None:
    box = shared_box
    save_market(box.home, describe("SP500"))
    result = box.do(
        "instance.add",
        id="spx",
        strategy="ema_cross",
        account="paper",
        market="SP500",
        timeframe="1d",
    )
    assert result.status == "refused"
    assert "quoted in USD" in result.message


def test_a_broken_accounts_file_keeps_the_last_good_one_and_says_so(shared_box: Box) -> None:
    box = shared_box
    box.add("ema", mode="observe")
    pid = box.running("ema").pid
    path = box.home.config / "accounts.toml"
    good = path.read_text()
    for bad in (
        "[paper]\nspeed = 2000\n",
        "[paper]\nsped = 1\n",
        "[paper\n",
        "[paper]\nfeed = 'x'\n",
    ):
        path.write_text(bad)
        box.until(lambda: "accounts.toml" in box.account().error, f"the row says it: {bad}")
        row = box.row("ema")
        assert (row.state, row.pid) == ("running", pid)
        path.write_text(good)
        box.until(lambda: not box.account().error, f"it is content again after {bad}")


def test_an_engine_that_is_frozen_is_stalled_then_replaced(
    shared_box: Box,
) -> None:
    box = shared_box
    box.add("ema", mode="observe", fast=3, slow=8)
    row = box.running("ema")
    os.kill(row.pid, signal.SIGSTOP)
    box.wait_row("ema", lambda r: r.state == "stalled", "it is stalled", 12.0)
    box.wait_row(
        "ema", lambda r: r.pid not in (0, row.pid) and r.state == "running", "it is replaced"
    )


def test_a_dead_shadow_node_is_replaced_and_its_orders_are_said_to_be_gone(shared_box: Box) -> None:
    box = shared_box
    box.write(
        "rests",
        "from clearedge_tui.contract import Strategy\n"
        "class Rests(Strategy):\n"
        "    def on_tick(self, tick):\n"
        "        if not self.context.get_orders():\n"
        "            self.context.place_order('buy', '0.1', price='1')\n",
    )
    box.add("rests", strategy="rests", mode="observe")
    box.wait_row("rests", lambda r: r.open_orders == 1, "it rests")
    shadow = next(pid for pid, name in box.processes() if name == "sh-paper")
    os.kill(shadow, signal.SIGKILL)
    box.until(
        lambda: any("restarted" in o.reason for o in box.orders("rests")), "the loss is told", 20.0
    )
    box.wait_row(
        "rests", lambda r: r.open_orders == 1 and r.state == "running", "it rests again", 20.0
    )
    assert {o.book for o in box.orders("rests")} == {Book.SHADOW}
