"""The bars of an instance's own timeframe: what it thinks on, and what its chart shows."""

from collections import deque
from collections.abc import Sequence

from clearedge_tui.core.messages import TickMsg
from clearedge_tui.core.model import BarRow
from clearedge_tui.core.resample import BarBuilder, Grid, Sessions, bucket
from clearedge_tui.core.tick_gap import Span, spans

SHOWN = 600
_GAPS = 100


class ChartBars:
    """Closed bars, the newest `SHOWN` of them, and the one that is forming."""

    def __init__(self) -> None:
        self._builder: BarBuilder | None = None
        self._bars: list[BarRow] = []
        self._grid = Grid(60)
        self._sessions: Sessions = ()
        self._gaps: deque[Span] = deque(maxlen=_GAPS)

    def missing(self, from_ns: int, until_ns: int) -> None:
        """Ticks are missing there: bars that have a part of it in them are incomplete."""
        if from_ns < until_ns:
            self._gaps.append((from_ns, until_ns))

    def whole(self, bar: BarRow) -> bool:
        """Whether nothing is missing in a bar."""
        if not self._gaps:
            return True
        edges = bucket(bar.ts_ns - 1, self._grid, self._sessions)
        return edges is None or not spans(tuple(self._gaps), *edges)

    def begin(
        self, base_s: int, wanted: Grid, before: Sequence[BarRow], sessions: Sessions = ()
    ) -> list[BarRow]:
        """Start from the base bars before now; return all closed bars they make."""
        self._builder = BarBuilder(base_s, wanted, sessions)
        self._grid, self._sessions = wanted, sessions
        made = [bar for one in before for bar in self._builder.feed(one)]
        self._bars = made[-SHOWN:]
        return made

    def feed(self, tick: TickMsg) -> list[BarRow]:
        """Take a closed base bar; return the bars it completes."""
        if self._builder is None:
            return []
        done = self._builder.feed(
            BarRow(tick.ts_ns, tick.open, tick.high, tick.low, tick.close, tick.volume)
        )
        if done:
            self._bars += done
            del self._bars[:-SHOWN]
        return done

    def rows(self) -> tuple[BarRow, ...]:
        forming = self._builder.forming if self._builder else None
        return (*self._bars, forming) if forming is not None else tuple(self._bars)
