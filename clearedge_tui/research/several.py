"""What research on several markets, or on several runs, stands on: one table of prices, named once."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from clearedge_tui.core.errors import NotFound, UsageError
from clearedge_tui.core.messages import MarketInfo
from clearedge_tui.core.text import clean_text
from clearedge_tui.market import calendars, catalog, markets, timeframes
from clearedge_tui.market.arrays import ints, reals
from clearedge_tui.market.columns import Floats, Ints
from clearedge_tui.market.markets import Market
from clearedge_tui.research import periods
from clearedge_tui.research.ground import HELD_OUT
from clearedge_tui.research.stats.series import Bools
from clearedge_tui.runs import data_used, ids
from clearedge_tui.runs.equity import DAY_NS
from clearedge_tui.runs.listing import list_runs, load_report, run_folder
from clearedge_tui.runs.model import BacktestSpec, DataUsed, RunReport
from clearedge_tui.runs.read_table import read_table
from clearedge_tui.settings import Home

LEAST, MOST = 2, 200
_LEAST_BARS = 200


class Asked(msgspec.Struct, frozen=True):
    """What was asked for, in words that lead to the same table again; ids of markets, or of runs."""

    markets: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    timeframe: str = ""
    span_ns: tuple[int, int] = (0, 0)  # 0 is the edge of the data
    held_out: float = HELD_OUT
    accept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Several:
    """Bars x parts; NaN where a part has no price. Training ends with row `at`."""

    home: Home
    spec: BacktestSpec  # strategy: the kind
    market: MarketInfo  # of them all
    names: tuple[str, ...]
    used: DataUsed  # of them all
    data: tuple[DataUsed, ...]
    code_sha256: str
    bars: Ints  # close times
    prices: Floats
    ends: Bools  # bars that end a session
    at: int
    period_ns: int
    fee: float  # the dearest part's, a share of what is traded
    sleeves: tuple[BacktestSpec, ...] = ()  # of runs
    asked: Asked = field(default_factory=Asked)

    @property
    def start_ns(self) -> int:
        return int(self.bars[0])

    @property
    def end_ns(self) -> int:
        return int(self.bars[-1])

    @property
    def split_ns(self) -> int:
        return int(self.bars[self.at])

    def a_year(self, period_ns: int = 0) -> float:
        """Return how many periods a year has; of bars by default."""
        step = period_ns or int(np.median(np.diff(self.bars)))
        return periods.a_year(self.market.asset_class, step, self.bars)


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    ts_ns: Ints
    price: Floats
    used: DataUsed
    info: MarketInfo
    hours: str


def of(home: Home, kind: str, asked: Asked) -> Several:
    """Load what was asked for, as it is today."""
    if asked.runs:
        return of_runs(home, kind, asked.runs, asked.held_out)
    return of_markets(
        home, kind, asked.markets, asked.timeframe, asked.span_ns, asked.held_out, asked.accept
    )


def of_markets(
    home: Home, kind: str, names: Sequence[str], timeframe: str, span: tuple[int, int],
    held_out: float = HELD_OUT, accept: tuple[str, ...] = (),
) -> Several:  # fmt: skip
    """Load closes of several markets on one grid. Raises what a person can act on."""
    found = [markets.resolve(home, name) for name in names]
    frame = timeframes.canonical(timeframe or _shortest(home, found))
    parts = [_of_market(home, kind, one, frame, span, accept) for one in dict.fromkeys(found)]
    fee = max((float(one.taker_fee) for one in found if one.taker_fee), default=0.0005)
    ids = tuple(one.info.id for one in parts)
    asked = Asked(ids, (), frame, span, held_out, tuple(accept))
    return _joined(home, kind, parts, asked, fee)


def _shortest(home: Home, found: Sequence[Market]) -> str:
    stored = catalog.timeframes_of(home, found[0].market_id) if found else []
    return stored[0] if stored else "1m"


def _of_market(
    home: Home,
    kind: str,
    market: Market,
    frame: str,
    span: tuple[int, int],
    accept: tuple[str, ...],
) -> _Part:
    spec = BacktestSpec(kind, market.market_id, frame, *span, accept=accept, fetch=False)
    used = data_used.prepare(home, market, spec, lambda _text: None)
    bars = catalog.read_bars(home, market.market_id, frame, *span)
    return _Part(market.symbol, bars.ts_ns, bars.close, used, market.info, market.hours)


def of_runs(home: Home, kind: str, names: Sequence[str], held_out: float = HELD_OUT) -> Several:
    """Load the equity of runs: each by its id, or the newest backtest of a strategy by its name."""
    reports = [_report(home, one) for one in names]
    parts = [_of_run(home, one) for one in reports]
    frames = [one.spec.timeframe for one in reports]
    longest = max(frames, key=timeframes.period_ns)
    sleeves = tuple(one.spec for one in reports)
    ids = tuple(one.summary.run_id for one in reports)
    return _joined(home, kind, parts, Asked((), ids, longest, (0, 0), held_out), 0.0005, sleeves)


def _report(home: Home, asked: str) -> RunReport:
    name = asked
    if not (ids.is_one(asked) and run_folder(home, asked).is_dir()):
        same = [
            one for one in list_runs(home)
            if (one.strategy, one.kind, one.status) == (asked, "backtest", "done")
        ]  # fmt: skip
        if not same:
            raise NotFound(
                f"no run and no finished backtest of a strategy is called `{clean_text(asked, 60)}`; "
                "see them with: clearedge run list kind:backtest"
            )
        name = max(same, key=lambda one: one.created_ns).run_id
    report = load_report(home, name)
    if report.summary.kind != "backtest" or report.summary.status != "done":
        raise UsageError(f"{name} is no finished backtest: it has no equity of its own")
    return report


def _of_run(home: Home, report: RunReport) -> _Part:
    run = report.summary
    file = run_folder(home, run.run_id) / "equity.parquet"
    table = read_table(file, ["ts_ns", "equity"])
    equity = reals(table.column("equity"))
    if not len(equity) or equity.min() <= 0:
        raise UsageError(f"{run.run_id} lost all of its money; it cannot be a part")
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    name = f"{run.strategy} {run.market} {run.run_id[-6:]}"
    times = ints(table.column("ts_ns"))
    used = DataUsed(name, sha256, len(equity), int(times[0]), int(times[-1]), "")
    info = MarketInfo(
        report.spec.market, run.market, "", report.currency, "crypto", 2, 2, run.simulated
    )
    return _Part(name, times, equity, used, info, calendars.ALWAYS)


# ---- one table --------------------------------------------------------------------------------
def _joined(
    home: Home, kind: str, parts: Sequence[_Part], asked: Asked, fee: float,
    sleeves: tuple[BacktestSpec, ...] = (),
) -> Several:  # fmt: skip
    frame, held_out = asked.timeframe, asked.held_out
    if not LEAST <= len(parts) <= MOST:
        raise UsageError(f"{len(parts)} different markets or runs; wanted {LEAST} to {MOST}")
    if not 0.05 <= held_out <= 0.6:
        raise UsageError(f"a held-out share of {held_out:g}; wanted 0.05 to 0.6")
    bars = np.unique(np.concatenate([one.ts_ns for one in parts]))
    prices = np.full((len(bars), len(parts)), np.nan)
    for column, one in enumerate(parts):
        prices[np.searchsorted(bars, one.ts_ns), column] = one.price
    if len(bars) < _LEAST_BARS:
        raise UsageError(f"{len(bars)} bars of {frame}; wanted {_LEAST_BARS} or more")
    at = int(len(bars) * (1.0 - held_out)) - 1
    together = hashlib.sha256("".join(one.used.sha256 for one in parts).encode()).hexdigest()
    used = DataUsed(
        ", ".join(one.used.series for one in parts), together, sum(one.used.rows for one in parts),
        int(bars[0]), int(bars[-1]), "",
    )  # fmt: skip
    spec = BacktestSpec(kind, "+".join(one.info.id for one in parts), frame, fetch=False)
    step = int(np.median(np.diff(bars)))
    return Several(
        home, spec, _all_of([one.info for one in parts]), tuple(one.name for one in parts), used,
        () if sleeves else tuple(one.used for one in parts), _code_sha256(), bars, prices,
        _ends(parts[0].hours, bars), at, periods.fitting(int(bars[0]), int(bars[at]), step), fee,
        sleeves, asked,
    )  # fmt: skip


def _all_of(infos: Sequence[MarketInfo]) -> MarketInfo:
    classes = {one.asset_class for one in infos}
    # on one grid with a market that never closes the others stand still at night
    kind = "crypto" if "crypto" in classes else infos[0].asset_class
    quotes = "/".join(dict.fromkeys(one.quote for one in infos))
    name = " + ".join(one.symbol for one in infos[:4]) + (" …" if len(infos) > 4 else "")
    simulated = any(one.simulated for one in infos)
    return MarketInfo("+".join(one.id for one in infos), name, "", quotes, kind, 2, 2, simulated)


def _ends(hours: str, bars: Ints) -> Bools:
    """Say which bars are the last of a session; of a UTC day where nothing ever closes."""
    if hours in (calendars.ALWAYS, calendars.FX):
        which = (bars - 1) // DAY_NS
    else:
        known = calendars.sessions(hours, int(bars[0]) - DAY_NS, int(bars[-1]) + DAY_NS)
        which = np.searchsorted([one.parts[-1][1] for one in known], bars, "left")
    return np.append(np.diff(which) != 0, True)


def _code_sha256() -> str:
    """Return the hash of the engines: a finding of others is not this one."""
    digest = hashlib.sha256()
    for file in _sources(Path(__file__).parent):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _sources(folder: Path) -> Iterable[Path]:
    ours = (folder / name for name in ("kinds.py", "jury.py", "screening.py"))
    return [*sorted((folder / "multi").glob("*.py")), *ours]
