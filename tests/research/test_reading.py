"""What `strategy check` says of code without running it: each finding, and no false alarm."""

from pathlib import Path

import pytest

from clearedge_tui.contract.templates import TEMPLATES
from clearedge_tui.research.reading import Remark, read
from tests.backtest.box import STRATEGIES

HEAD = "from clearedge_tui.contract import Strategy\n"
ON_TICK = """
class One(Strategy):
    def should_enter(self, signal):
        return signal
    def on_tick(self, tick):
        size = self.context.get_position().size
"""


def remarks(folder: Path, source: str) -> list[Remark]:
    path = folder / "one.py"
    path.write_text(source)
    return list(read(path))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("import random\nx = random.random()", "chance"),
        ("from random import choice as pick\nx = pick([1])", "chance"),
        ("import random\nx = random.Random()", "chance"),
        ("import random\nx = random.SystemRandom(1)", "chance"),
        ("import numpy as np\nx = np.random.normal(0, 1)", "chance"),
        ("import numpy as np\nx = np.random.default_rng()", "chance"),
        ("import uuid\nx = uuid.uuid4()", "chance"),
        ("import secrets\nx = secrets.token_hex()", "chance"),
        ("import time\nx = time.time()", "clock"),
        ("from time import perf_counter_ns\nx = perf_counter_ns()", "clock"),
        ("from datetime import datetime\nx = datetime.now()", "clock"),
        ("import datetime as dt\nx = dt.date.today()", "clock"),
        ("x = open('a')", "reads"),
        ("from pathlib import Path\nx = Path('a').read_text()", "reads"),
        ("def f(file):\n    return file.read_bytes()", "reads"),
        ("import pandas as pd\nx = pd.read_csv('a')", "reads"),
        ("import pyarrow.parquet as pq\nx = pq.read_table('a')", "reads"),
        ("from pyarrow import dataset\nx = dataset.dataset('a')", "reads"),
        ("import polars\nx = polars.scan_parquet('a')", "reads"),
        ("import requests\nx = requests.get('a')", "reads"),
        ("import urllib.request\nx = urllib.request.urlopen('a')", "reads"),
        ("import socket\nx = socket.socket()", "reads"),
        ("import sqlite3\nx = sqlite3.connect('a')", "reads"),
        ("import os\nx = os.environ['A']", "reads"),
        ("import subprocess\nx = subprocess.run(['a'])", "reads"),
        ("from clearedge_tui.market import catalog\nx = catalog.read_bars(1)", "reads"),
        ("def f(self):\n    return self.context._bars", "private"),
        ("def f(context):\n    return getattr(context, '_bars')", "private"),
        ("def f(context):\n    return vars(context)", "private"),
        ("import sys\nx = sys._getframe()", "private"),
        ("import gc\nx = gc.get_objects()", "private"),
        ("try:\n    x = 1\nexcept:\n    x = 2", "swallows"),
        ("try:\n    x = 1\nexcept (ValueError, BaseException):\n    x = 2", "swallows"),
        ("def f():\n    try:\n        x = 1\n    finally:\n        return 2", "swallows"),
        ("from contextlib import suppress\nwith suppress(BaseException):\n    x = 1", "swallows"),
    ],
)
def test_each_finding_has_its_line_and_says_what_to_do(
    tmp_path: Path, code: str, kind: str
) -> None:
    (one,) = remarks(tmp_path, HEAD + code)
    wanted = next(n for n, line in enumerate(code.split("\n"), 2) if "import" not in line)
    assert one.kind == kind
    assert one.line >= wanted
    assert one.what
    assert one.why
    assert one.do


@pytest.mark.parametrize(
    "code",
    [
        "import random\nclass A:\n    def init(self):\n        self.rng = random.Random(self.config['seed'])\n"
        "    def on_tick(self, tick):\n        return self.rng.random()",
        "import numpy as np\nrng = np.random.default_rng(3)\nx = rng.normal()",
        "from datetime import datetime, timedelta\nx = datetime.fromtimestamp(3)\ny = timedelta(days=1)",
        "def f(self):\n    return self.context.now(), self.context.history(3)",
        "def time():\n    return 3\nx = time()",
        "try:\n    x = 1\nexcept Exception:\n    x = 2",
        "try:\n    x = 1\nexcept BaseException:\n    x = 2\n    raise",
        "def f(self, tick):\n    self.open = tick.open\n    return tick.open, self._own",
    ],
)
def test_seeded_chance_the_datas_own_time_and_narrow_handlers_are_fine(
    tmp_path: Path, code: str
) -> None:
    assert remarks(tmp_path, HEAD + code) == []


@pytest.mark.parametrize(
    "body",
    [
        "        if not size:\n            self.context.place_order('buy', 1)",
        "        if tick.close > 3:\n            self.buy()\n"
        "    def buy(self):\n        self.context.place_order('buy', 1)",
        "        if size:\n            pass\n        else:\n            self.context.place_order('buy', 1)",
        "        if self.should_enter(tick.close > 3):\n            self.state['x'] = 1\n"
        "        self.context.place_order('buy', 1)",
        "        if size == 0 and tick.close > 3:\n            self.context.place_order('buy', 1, reduce_only=False)",
    ],
)
def test_an_entry_that_asks_nobody_may_be_one(tmp_path: Path, body: str) -> None:
    (one,) = remarks(tmp_path, HEAD + ON_TICK + body)
    assert one.kind == "entry"
    assert "may open a position" in one.what


@pytest.mark.parametrize(
    "body",
    [
        "        if size:\n            self.context.place_order('sell', size)\n"
        "        elif self.should_enter(tick.close > 3):\n            self.context.place_order('buy', 1)",
        "        side = self.should_enter(1)\n        if side > 0:\n            self.buy()\n"
        "    def buy(self):\n        self.context.place_order('buy', 1)",
        "        if not self.should_enter(True):\n            return\n        self.context.place_order('buy', 1)",
        "        if size > 0 and tick.close < 3:\n            self.context.place_order('sell', 1)",
        "        if not size:\n            return\n        self.context.place_order('sell', 1)",
        "        self.context.place_order('sell', 1, reduce_only=True)",
    ],
)
def test_exits_and_entries_that_ask_are_fine(tmp_path: Path, body: str) -> None:
    assert remarks(tmp_path, HEAD + ON_TICK + body) == []


def test_helpers_beside_it_are_read_too_and_broken_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "_own.py").write_text("import _deeper\n")
    (tmp_path / "_deeper.py").write_text("import _own, time\nnow = time.time()\n")
    (one,) = remarks(tmp_path, HEAD + "from _own import now")
    assert (one.file, one.line, one.kind) == ("_deeper.py", 2, "clock")
    assert remarks(tmp_path, "def (") == []
    assert read(tmp_path / "gone.py") == ()


def test_no_sample_and_no_template_is_accused(tmp_path: Path) -> None:
    for path in STRATEGIES.glob("*.py"):
        assert read(path) == (), path
    for kind, source in TEMPLATES.items():
        assert remarks(tmp_path, source.replace("__NAME__", "Mine")) == [], kind
