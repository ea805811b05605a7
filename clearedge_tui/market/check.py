"""What is wrong with a series: one pass, constant memory, findings with a name and examples.

A finding is `bad` (a result made from it cannot be trusted) or `warn` (look at it). Rules and their
thresholds are constants below, so that a report can be argued with.
"""

from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from clearedge_tui.core.clock import iso
from clearedge_tui.market import calendars, columns, spans, timeframes
from clearedge_tui.market.columns import Bars, Floats, Ints
from clearedge_tui.market.layout import Key, Kind
from clearedge_tui.market.markets import Market
from clearedge_tui.market.series_file import times_of
from clearedge_tui.market.spans import Spans

BAD, WARN = "bad", "warn"
_EXAMPLES = 5
_SPIKE = 20.0  # times the usual step of the last prices
_SPIKE_BACK = 0.6  # and at least this part of it taken back by the next one
_USUAL_ROWS = 500
_LEAST_STEP = 1e-4  # of the price: a step below one basis point is never a spike
_SPLITS = (2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 50)
_SPLIT_TOLERANCE = 0.02
_STALE_ROWS = {True: 5, False: 60}  # of daily bars and of shorter ones, all alike
_VOLUME_ROWS = {True: 5, False: 60}
_VOLUME_SHARE = 0.9  # volume holes are looked for where this part of the bars has volume
_QUIET_NS = 3_600_000_000_000  # ticks: no quote or trade for an hour while the market is open

WORDS = {
    "gaps": "rows missing while the market was open",
    "duplicates": "the same moment twice",
    "order": "earlier than the row before",
    "price": "zero, negative or no number",
    "shape": "high below low, or open or close outside of them",
    "crossed": "bid above ask",
    "spikes": "one price far away, and back again",
    "stale": "the same price over and over",
    "splits": "a jump by a whole ratio between two sessions",
    "volume": "no volume where there always is some",
    "closed": "rows while the market was closed",
}
_BAD = ("gaps", "duplicates", "order", "price", "shape", "crossed", "splits")


class Finding(msgspec.Struct, frozen=True):
    name: str  # one of WORDS; the name by which it can be accepted
    level: str
    count: int
    first_ns: int
    last_ns: int
    text: str
    examples: tuple[tuple[int, str], ...] = ()  # (time, what was seen)

    def line(self) -> str:
        return f"{self.level:<5}{self.name:<11}{self.count:>9,}  {self.text}; first {iso(self.first_ns)}"


class Report(msgspec.Struct, frozen=True):
    """The outcome of one check of one series, tied to the files it looked at."""

    series: str
    rows: int
    first_ns: int
    last_ns: int
    calendar: str
    checked_ns: int
    stamp: str  # of the files: another one means that the data have changed since
    findings: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> str:
        levels = {one.level for one in self.findings}
        return BAD if BAD in levels else WARN if WARN in levels else "clean"


class _Tally:
    """Counts a finding and keeps its first examples."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.examples: dict[str, list[tuple[int, str]]] = {}
        self.last_ns: dict[str, int] = {}

    def add(self, name: str, where: Any, times: Ints, words: Any = None) -> None:
        """Take in rows; `words` are what to show of each row, in step with `times`."""
        hits = np.flatnonzero(where)
        if not len(hits):
            return
        self.counts[name] = self.counts.get(name, 0) + len(hits)
        self.last_ns[name] = int(times[hits[-1]])
        shown = self.examples.setdefault(name, [])
        for at in hits[: _EXAMPLES - len(shown)]:
            shown.append((int(times[at]), "" if words is None else _said(words[at])))

    def findings(self) -> tuple[Finding, ...]:
        found = []
        for name, text in WORDS.items():
            if name in self.counts:
                examples = tuple(self.examples[name])
                level = BAD if name in _BAD else WARN
                first = examples[0][0]
                found.append(
                    Finding(
                        name, level, self.counts[name], first, self.last_ns[name], text, examples
                    )
                )
        return tuple(sorted(found, key=lambda one: one.level != BAD))


def _said(value: Any) -> str:
    return value if isinstance(value, str) else f"{float(value):g}"


class Checker:
    """Sees a series' rows batch by batch, in the order in which they are stored."""

    def __init__(self, market: Market, key: Key) -> None:
        self.key, self.calendar = key, market.hours
        self.rows = self.first_ns = self.last_ns = 0
        self._daily = bool(key.timeframe) and timeframes.seconds(key.timeframe) >= 86_400
        self._equity = market.asset_class in ("equity", "index")
        self._tally = _Tally()
        self._tail: Bars | None = None  # the last rows, to judge the next ones by
        self._last_ns: int | None = None
        self._last_split: tuple[Ints, list[str]] | None = None
        self._with_volume = 0
        self._silent: list[tuple[int, int]] = []  # runs of bars without volume: (first time, bars)
        self._quiet: tuple[int, int] | None = None  # such a run that has not ended yet

    def see(self, rows: pa.RecordBatch | pa.Table) -> None:
        if not rows.num_rows:
            return
        times = times_of(rows)
        self._time(times)
        if self.key.kind is Kind.BARS:
            table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
            self._bars(columns.decode(table))
        elif self.key.kind is not Kind.DEPTH:
            self._ticks(rows, times)
        self.rows += rows.num_rows

    # ---- time ---------------------------------------------------------------------------------
    def _time(self, times: Ints) -> None:
        if self._last_ns is None:
            self.first_ns = int(times[0])
        before = times[0] - self.key.step_ns if self._last_ns is None else self._last_ns
        steps = np.diff(times, prepend=before)
        if self.key.timeframe:
            self._tally.add("duplicates", steps == 0, times)
        self._tally.add("order", steps < 0, times, steps / 1e9)
        limit = self.key.step_ns if self.key.timeframe else _QUIET_NS
        wide = np.flatnonzero(steps > limit)
        back = self.key.step_ns if self.key.timeframe else 0
        shut = self._shut(min(int(times.min()) - back, int(before)), int(times.max()) + 1)
        # a daily bar is of the day in which it ends: one of Monday may open on Sunday, UTC
        self._closed(times - 1 if self._daily else times - back, shut)
        self._gaps(times[wide] - steps[wide], times[wide] - back, shut)
        self._last_ns = int(times[-1])
        self.last_ns = max(self.last_ns, self._last_ns)

    def _shut(self, low: int, high: int) -> Spans:
        return calendars.closed(self.calendar, self.key.timeframe, low, high)

    def _closed(self, opens: Ints, shut: Spans) -> None:
        unsaid = calendars.unknown(self.calendar, shut[0][0], shut[-1][1]) if shut else ()
        shut = spans.without(shut, unsaid) if unsaid else shut
        if shut:
            starts, ends = np.array(shut, np.int64).T
            at = np.maximum(np.searchsorted(starts, opens, "right") - 1, 0)
            inside = (opens >= starts[at]) & (opens < ends[at])
            self._tally.add("closed", inside, opens)

    def _gaps(self, starts: Ints, ends: Ints, shut: Spans) -> None:
        """Judge holes by how long the market was open in them: less than a row is missing nothing."""
        opened = (ends - starts) - (_closed_by(ends, shut) - _closed_by(starts, shut))
        lost = opened // self.key.step_ns if self.key.timeframe else (opened > _QUIET_NS) * 1
        hits = np.flatnonzero(lost)
        starts, ends, lost = starts[hits], ends[hits], lost[hits]
        words = []
        for at in range(min(len(hits), _EXAMPLES)):
            parts = spans.without([(int(starts[at]), int(ends[at]))], shut)
            starts[at] = parts[0][0]
            words.append(f"{int(lost[at]):,} missing to {iso(parts[-1][1])}")
        self._tally.add("gaps", lost, starts, words)
        if len(hits):
            self._tally.counts["gaps"] += int((lost - 1).sum())

    # ---- bars ---------------------------------------------------------------------------------
    def _bars(self, bars: Bars) -> None:
        for name in columns.PRICES:
            values = getattr(bars, name)
            self._tally.add("price", ~np.isfinite(values) | (values <= 0), bars.ts_ns, values)
        self._tally.add("price", ~(bars.volume >= 0), bars.ts_ns, bars.volume)
        top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
        self._tally.add("shape", (bars.high < top) | (bars.low > bottom), bars.ts_ns, bars.close)
        known = 0 if self._tail is None else len(self._tail)
        whole = bars if self._tail is None else columns.joined([self._tail, bars])
        self._jumps(whole, known)
        self._stale(whole, known)
        self._silence(bars)
        self._tail = whole.slice(max(0, len(whole) - _USUAL_ROWS), len(whole))

    def _jumps(self, bars: Bars, known: int) -> None:
        """Find spikes and splits among the rows from `known` on (a spike needs the row after it)."""
        if len(bars) < 10:
            return
        with np.errstate(divide="ignore", invalid="ignore"):
            moves = np.nan_to_num(np.diff(np.log(bars.close)), nan=0.0, posinf=0.0, neginf=0.0)
        usual = usual_step(moves)
        far = np.abs(moves) > np.maximum(_SPIKE * usual, _LEAST_STEP)
        back = np.zeros(len(moves), np.bool_)
        back[:-1] = -moves[1:] * np.sign(moves[:-1]) > _SPIKE_BACK * np.abs(moves[:-1])
        rows = np.zeros(len(bars), np.bool_)
        rows[1:] = far & back
        rows[: max(0, known - 1)] = False  # judged already, but for the last one
        self._tally.add("spikes", rows, bars.ts_ns, bars.close)
        if self._equity:
            returns = np.concatenate([[False], (far & back)[:-1]])  # from a spike is no split
            self._splits(bars, moves, far & ~back & ~returns, known)

    def _splits(self, bars: Bars, moves: Floats, far: Any, known: int) -> None:
        ratio = np.exp(np.abs(moves))
        whole = np.zeros(len(moves), np.bool_)
        for n in _SPLITS:
            whole |= np.abs(ratio / n - 1) < _SPLIT_TOLERANCE
        between = np.diff(bars.ts_ns) > 0 if self._daily else np.diff(bars.ts_ns) > self.key.step_ns
        rows = np.zeros(len(bars), np.bool_)
        rows[1:] = far & whole & between
        rows[: max(0, known - 1)] = False
        words = [f"{r:.3g}:1" for r in np.concatenate([[1.0], ratio])] if rows.any() else []
        # the row after the last one says whether that is a spike
        self._last_split = (bars.ts_ns[-1:], words[-1:]) if rows[-1] else None
        rows[-1] = False
        self._tally.add("splits", rows, bars.ts_ns, words)

    def _stale(self, bars: Bars, known: int) -> None:
        least = _STALE_ROWS[self._daily]
        same = (bars.open == bars.close) & (bars.high == bars.low)
        same[1:] &= bars.close[1:] == bars.close[:-1]
        rows = np.zeros(len(bars), np.bool_)
        for start, end in _runs(same):
            if end - start >= least and end > known and not (start <= known - least):
                rows[start] = True  # a run is one finding, at its first row
        self._tally.add("stale", rows, bars.ts_ns, bars.close)

    def _silence(self, bars: Bars) -> None:
        """Gather the runs of bars without volume; the last one may go on in the next batch."""
        quiet = bars.volume == 0
        self._with_volume += int((~quiet).sum())
        runs = _runs(quiet)
        if self._quiet is not None:
            first, rows = self._quiet
            if runs and runs[0][0] == 0:
                rows += runs.pop(0)[1]
            if rows - self._quiet[1] < len(bars):
                self._end_silence(first, rows)
                self._quiet = None
            else:
                self._quiet = (first, rows)
        for start, end in runs:
            if end == len(bars):
                self._quiet = (int(bars.ts_ns[start]), end - start)
            else:
                self._end_silence(int(bars.ts_ns[start]), end - start)

    def _end_silence(self, first: int, rows: int) -> None:
        if rows >= _VOLUME_ROWS[self._daily]:
            self._silent.append((first, rows))

    # ---- ticks --------------------------------------------------------------------------------
    def _ticks(self, rows: pa.RecordBatch | pa.Table, times: Ints) -> None:
        names = ("bid_price", "ask_price") if self.key.kind is Kind.QUOTES else ("price",)
        values = {n: _floats(rows.column(n)) for n in (*names, *_sizes(self.key.kind))}
        for name, column in values.items():
            bad = ~(column > 0) if name in names else ~(column >= 0)
            self._tally.add("price", bad, times, column)
        if self.key.kind is Kind.QUOTES:
            crossed = values["bid_price"] > values["ask_price"]
            self._tally.add("crossed", crossed, times, values["bid_price"])
        price = np.mean([values[n] for n in names], axis=0)
        flat = np.zeros(len(times))
        made = Bars(times, price, price, price, price, flat)
        known = 0 if self._tail is None else len(self._tail)
        whole = made if self._tail is None else columns.joined([self._tail, made])
        self._jumps(whole, known)
        self._tail = whole.slice(max(0, len(whole) - _USUAL_ROWS), len(whole))

    # ---- the end ------------------------------------------------------------------------------
    def findings(self) -> tuple[Finding, ...]:
        """Return what was found."""
        tally = self._tally
        if self._last_split is not None:
            tally.add("splits", np.ones(1, np.bool_), *self._last_split)
            self._last_split = None
        if self._quiet is not None:
            self._end_silence(*self._quiet)
        if self.rows and self._with_volume / self.rows >= _VOLUME_SHARE:
            for first, rows in self._silent:
                at = np.array([first], np.int64)
                tally.add("volume", np.ones(1, np.bool_), at, [f"{rows:,} bars"])
        return tally.findings()


def _closed_by(moments: Ints, shut: Spans) -> Ints:
    """Return how much closed time lies before each moment."""
    if not shut:
        return np.zeros(len(moments), np.int64)
    starts, ends = np.array(shut, np.int64).T
    sums = np.concatenate([[0], np.cumsum(ends - starts)])
    at = np.searchsorted(starts, moments, "right")
    last = np.maximum(at - 1, 0)
    ahead: Ints = sums[at] - np.where(at > 0, np.maximum(ends[last] - moments, 0), 0)
    return ahead


def usual_step(moves: Floats) -> Floats:
    """Return the usual size of a move at each place: the median of |move| over blocks of 500."""
    sizes = np.abs(moves)
    out = np.empty(len(sizes))
    for start in range(0, len(sizes), _USUAL_ROWS):
        block = sizes[max(0, min(start, len(sizes) - _USUAL_ROWS)) : start + _USUAL_ROWS]
        moving = block[block > 0]
        out[start : start + _USUAL_ROWS] = np.median(moving) if len(moving) else 0.0
    return out


def _runs(mask: Any) -> list[tuple[int, int]]:
    """Return [start, end) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _sizes(kind: Kind) -> tuple[str, ...]:
    return ("bid_size", "ask_size") if kind is Kind.QUOTES else ("size",)


def _floats(column: Any) -> Floats:
    result: Floats = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return result
