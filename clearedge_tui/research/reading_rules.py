"""Which names in a strategy's code are worth a remark, and what is said of them."""

import re
from typing import Final

# kind: (why it matters, what to do)
ADVICE: Final = {
    "chance": (
        "it draws otherwise in each process, so no run can be repeated and no test means anything",
        "make random.Random(seed) in init, with the seed a setting, and draw from it",
    ),
    "clock": (
        "the wall clock is not the time of the data: a backtest does not do what was done live",
        "use self.context.now() or tick.ts_ns",
    ),
    "entry": (
        "the rule test draws entries at should_enter; an entry past it stays in every random twin",
        "ask should_enter on each way to an order that opens a position; mark others reduce_only=True",
    ),
    "reads": (
        "what it reads may hold the future, changes without the code, and is in no manifest",
        "take everything from ticks, history() and settings; `research probe` shows what it opens",
    ),
    "private": (
        "a context's private parts are other ones live, and hold the whole window in a backtest",
        "use what the contract has: history(), get_price(), get_position(), get_orders()",
    ),
    "swallows": (
        "it catches the end of a callback that takes too long, so a stuck strategy is killed hard",
        "catch Exception or something narrower, or raise it again",
    ),
}  # fmt: skip

_SEEDED = re.compile(
    r"^(random\.(Random|seed)|numpy\.random\.(default_rng|Generator|RandomState|SeedSequence|PCG64\w*"
    r"|MT19937|Philox|SFC64|seed))$"
)
_RULES: Final = tuple(
    (kind, re.compile(f"^(?:{pattern})$"))
    for kind, pattern in (
        ("chance", r"random\.\w+|numpy\.random\.\w+|uuid\.uuid[14]|secrets\.\w+|os\.(urandom|getrandom)"),
        ("clock", r"time\.(time|monotonic|perf_counter|process_time|thread_time|clock_gettime)(_ns)?"
                  r"|time\.(localtime|gmtime|ctime)|datetime\.datetime\.(now|utcnow|today)"
                  r"|datetime\.date\.today|pandas\.Timestamp\.(now|utcnow|today)|pendulum\.now|arrow\.(now|utcnow)"),
        ("private", r"sys\._getframe|sys\._current_frames|gc\.get_\w+|inspect\.(currentframe|stack|trace)"),
        ("reads", r"open|io\.open|os\.(open|popen|system|listdir|scandir|walk|environ(\.\w+)?|getenv|exec\w+|spawn\w+)"
                  r"|pathlib\.Path\.(open|read_text|read_bytes|glob|rglob|iterdir|cwd\.\w+)|glob\.\w+|mmap\.mmap"
                  r"|pandas\.(read_\w+|HDFStore)|polars\.(read|scan)_\w+|numpy\.(load|loadtxt|genfromtxt|fromfile|memmap)"
                  r"|pyarrow\.(parquet|dataset|csv|feather|fs|json|orc|ipc|memory_map|OSFile|input_stream)(\.\w+)*"
                  r"|(pickle|joblib|shelve|dbm)\.(load|open)|tomllib\.load|csv\.reader"
                  r"|(sqlite3|duckdb|requests|httpx|aiohttp|urllib3|websocket|websockets|ftplib|redis|psycopg|psycopg2"
                  r"|subprocess|multiprocessing|ctypes|ccxt|yfinance)\.\w+(\.\w+)*"
                  r"|urllib\.request\.\w+|http\.client\.\w+|socket\.\w+"
                  r"|clearedge_tui\.(market|store|runs|research|settings|supervisor|engine)\.\w+(\.\w+)*"
                  r"|nautilus_trader\.persistence\.\w+(\.\w+)*"),
    )
)  # fmt: skip


def rule_of(name: str, seeded: bool) -> str:
    """Return the kind of remark a full name is worth; `seeded`: it is called with something."""
    if _SEEDED.match(name):
        return "" if seeded else "chance"
    return next((kind for kind, pattern in _RULES if pattern.match(name)), "")
