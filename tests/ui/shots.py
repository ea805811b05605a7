"""Make the pictures of the README: a box of instances runs for a while, then the console is drawn.

`python -m tests.ui.shots docs` writes `console.png` (the board) and `instance.png` (one instance).
Real bars beside the checkout are replayed when they are there, else only the simulated market.
"""

import sys
import tempfile
import time
from pathlib import Path

from clearedge_tui.cli.main import run
from tests.conftest import DATA
from tests.live.box import Box
from tests.ui.picture import Terminal, draw

BARS = DATA / "btc-perp-20211231-20220201_1m.csv"
SPEED = 1000
REPLAY = f"leverage = 10\n[replay]\nfeed = 'replay'\nspeed = {SPEED}\nleverage = 10\n"
SECONDS = 75.0
COLS, ROWS = 160, 45
SIM = ("paper", "SIM/USDT")
BTC = ("replay", "BTC/USDT")
# id, strategy, account and market, timeframe, mode, settings
PLANNED: tuple[tuple[str, str, tuple[str, str], str, str, dict[str, object]], ...] = (
    ("grid-btc-1", "grid_maker", BTC, "1m", "active", {"levels": 8, "step": "0.15", "size": "0.2"}),
    ("ema-btc-2", "ema_cross", BTC, "5m", "active", {"fast": 8, "slow": 30, "short": True}),
    ("donchian-btc-3", "donchian_breakout", BTC, "1m", "observe", {"entry": 120, "leave": 60}),
    ("rsi-btc-4", "rsi_pullback", BTC, "1m", "observe", {"trend": 120, "buy_below": 35}),
    ("native-btc-5", "native_ema", BTC, "1m", "active", {}),
    ("ema-btc-6", "ema_cross", BTC, "15m", "off", {}),
    ("grid-sim-1", "grid_maker", SIM, "1m", "active", {"levels": 6, "step": "0.2", "size": "2"}),
    ("ema-sim-2", "ema_cross", SIM, "1m", "active", {"fast": 20, "slow": 80, "size": "2"}),
    ("donchian-sim-3", "donchian_breakout", SIM, "1m", "observe", {"most": "4", "entry": 90}),
    ("rsi-sim-4", "rsi_pullback", SIM, "1m", "active", {"trend": 100, "size": "3"}),
    ("ema-sim-5", "ema_cross", SIM, "5m", "observe", {"short": True, "size": "3"}),
    ("rsi-sim-6", "rsi_pullback", SIM, "5m", "off", {}),
)


def main(folder: Path) -> None:
    """Run the box and draw it."""
    with tempfile.TemporaryDirectory() as root:
        box = Box(Path(root) / "desk", speed=SPEED, extra=REPLAY)
        try:
            _fill(box)
            _pictures(box, folder)
        finally:
            box.close()


def _fill(box: Box) -> None:
    home = ("--home", str(box.home.root))
    if BARS.is_file():
        run(
            [
                *home,
                "data",
                "import",
                str(BARS),
                "--market",
                "BTC/USDT",
                "--timeframe",
                "1m",
                "--yes",
            ]
        )
    box.start()
    for name, strategy, (account, market), timeframe, mode, config in PLANNED:
        if account == "replay" and not BARS.is_file():
            account, market = SIM
        added = box.do(
            "instance.add", id=name, strategy=strategy, account=account, market=market,
            timeframe=timeframe, mode=mode, config=config,
        )  # fmt: skip
        if added.status != "done":
            raise SystemExit(f"{name}: {added.message}")
    time.sleep(SECONDS)


def _pictures(box: Box, folder: Path) -> None:
    command = [sys.executable, "-m", "clearedge_tui", "--home", str(box.home.root)]
    colours = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": ""}
    terminal = Terminal(command, COLS, ROWS, colours)
    terminal.read(6.0, until=b"grid-btc-1")
    terminal.read(3.0)
    draw(terminal.screen(), folder / "console.png")
    terminal.type("enter")
    terminal.read(3.0)
    draw(terminal.screen(), folder / "instance.png")
    terminal.end()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
