"""Databento: paid data of exchanges, streamed to a temporary file and decoded in constant memory."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from clearedge_tui.core.errors import BadData, ClearEdgeError, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.market.layout import Kind
from clearedge_tui.market.sources import dbn, faults
from clearedge_tui.market.sources.model import Ask, Cost, Listing, Page
from clearedge_tui.market.sources.resilience import Guard
from clearedge_tui.market.timeframes import NS
from clearedge_tui.secrets import Secret

_HOUR = 3_600 * NS
_DAY = 24 * _HOUR
# what is asked for at once: a break loses, and pays again, at most one of these
_CHUNKS = {"1s": _DAY, "1m": 31 * _DAY, "1h": 366 * _DAY, "1d": 366 * _DAY}
_MISSING = "source databento: it is not installed; install it: pip install 'clearedge-tui[sources]'"


class DatabentoSource:
    """Symbols are raw ones of a dataset: `SPY`, or `GLBX.MDP3:ESZ5` for another than the usual."""

    name = "databento"
    paid = True

    def __init__(
        self,
        guard: Guard,
        key: Secret,
        base_url: str = "",
        dataset: str = "",
        price_precision: int = 2,
    ) -> None:
        self._guard = guard
        self._key = key
        self._base_url = base_url
        self._dataset = dataset
        self._precision = price_precision
        self._db: Any = None
        self._metadata: Any = None
        self._timeseries: Any = None
        self._ends: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        try:
            import databento
            from databento.historical.api.metadata import MetadataHttpAPI
            from databento.historical.api.timeseries import TimeseriesHttpAPI
        except ImportError:
            raise UsageError(_MISSING) from None
        # the parts and not `Historical`, which insists on https even towards this machine
        gateway = self._base_url.rstrip("/") or str(databento.HistoricalGateway.BO1)
        self._db = databento
        self._metadata = MetadataHttpAPI(key=self._key.reveal(), gateway=gateway)
        self._timeseries = TimeseriesHttpAPI(key=self._key.reveal(), gateway=gateway)
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Nothing stays open between two asks."""

    async def listing(self, symbol: str) -> Listing:
        """Describe without asking: an answer of theirs would cost money."""
        dataset, raw = self._split(symbol)
        venue = dataset.partition(".")[0]
        plain = "".join(c for c in raw if c.isalnum() or c == "-")
        return Listing(
            symbol=f"{dataset}:{raw}",
            name=raw,
            market_id=f"{plain}.{venue}",
            venue=venue,
            base=raw,
            quote="USD",
            asset_class="equity",
            price_precision=self._precision,
            size_precision=0,
            price_step=Decimal(1).scaleb(-self._precision),
            size_step=Decimal(1),
            min_size=Decimal(1),
        )

    def _split(self, symbol: str) -> tuple[str, str]:
        dataset, colon, raw = clean_text(symbol).strip().upper().rpartition(":")
        dataset = dataset if colon else self._dataset
        if not dataset or not raw:
            raise UsageError(
                f"databento: of which dataset is `{raw}`? Write it like XNAS.ITCH:{raw or 'SPY'}, or "
                'dataset = "XNAS.ITCH" under [databento] in config/sources.toml'
            )
        return dataset, raw

    def revises(self, symbol: str) -> bool:
        del symbol
        return False

    async def estimate(self, ask: Ask) -> Cost | None:
        asked = self._asked(ask, ask.start_ns, await self._end(ask))
        if asked["start"] >= asked["end"]:
            return Cost(Decimal(0), 0, 0)
        usd = await self._call(lambda: self._metadata.get_cost(**asked))
        rows = await self._call(lambda: self._metadata.get_record_count(**asked))
        size = await self._call(lambda: self._metadata.get_billable_size(**asked))
        return Cost(Decimal(str(usd)), int(size), int(rows))

    async def pages(self, ask: Ask) -> AsyncGenerator[Page]:
        end = await self._end(ask)
        step = _CHUNKS[ask.timeframe] if ask.timeframe else _tick_chunk(ask.kind)
        for start in range(ask.start_ns, end, step):
            stop = min(start + step, end)
            with tempfile.TemporaryDirectory(prefix="clearedge-dbn-") as folder:
                path = Path(folder) / "answer.dbn.zst"
                store = await self._download(self._asked(ask, start, stop), path)
                cut: Iterator[Page] = dbn.pages(store, ask, start, stop, self._precision)
                while (page := await asyncio.to_thread(self._decoded, cut)) is not None:
                    yield page

    def _decoded(self, cut: Iterator[Page]) -> Page | None:
        try:
            return next(cut, None)
        except (self._db.BentoError, ValueError, OSError) as error:
            raise BadData(f"databento: an answer that is no DBN: {self._words(error)}") from None

    async def _download(self, asked: dict[str, Any], path: Path) -> Any:
        def get() -> Any:
            path.unlink(missing_ok=True)  # of the attempt before
            return self._timeseries.get_range(path=path, **asked)

        return await self._call(get)

    async def _end(self, ask: Ask) -> int:
        """Return where the ask ends in what the dataset has by now."""
        if ask.timeframe and ask.timeframe not in _CHUNKS:
            raise UsageError(
                f"databento has no bars of {ask.timeframe}; it has {', '.join(_CHUNKS)}. "
                "Longer ones are made on the fly"
            )
        dataset, _ = self._split(ask.symbol)
        if dataset not in self._ends:
            told = await self._call(lambda: self._metadata.get_dataset_range(dataset))
            try:
                moment = datetime.fromisoformat(str(told["end"]).replace("Z", "+00:00"))
            except (KeyError, TypeError, ValueError):
                raise BadData(f"databento: {dataset}: no end in {clean_text(told, 100)}") from None
            self._ends[dataset] = int(moment.timestamp()) * NS
        return min(ask.end_ns, self._ends[dataset])

    def _asked(self, ask: Ask, start: int, end: int) -> dict[str, Any]:
        dataset, raw = self._split(ask.symbol)
        schemas = {Kind.TRADES: "trades", Kind.QUOTES: "mbp-1"}
        schema = f"ohlcv-{ask.timeframe}" if ask.timeframe else schemas.get(ask.kind)
        if schema is None:
            raise UsageError(f"databento: {ask.kind} cannot be pulled; wanted bars, trades, quotes")
        return {"dataset": dataset, "symbols": raw, "schema": schema, "start": start, "end": end}

    async def _call[T](self, call: Callable[[], T]) -> T:
        async def translated() -> T:
            try:
                return await asyncio.to_thread(call)
            except (self._db.BentoError, OSError, ValueError) as error:  # requests' are OSErrors
                raise self._fault(error) from None

        return await self._guard.ask(translated)

    def _fault(self, error: Exception) -> ClearEdgeError:
        if isinstance(error, self._db.BentoHttpError):
            now = self._guard.clock.now_ns()
            words = self._key.scrub(error.message or "")
            return faults.of_status(self.name, error.http_status, words, error.headers, now)
        return faults.Passing(f"databento: {type(error).__name__}: {self._words(error)}")

    def _words(self, error: Exception) -> str:
        return clean_text(self._key.scrub(error), 200)


def _tick_chunk(kind: Kind) -> int:
    return _HOUR if kind is Kind.QUOTES else _DAY
