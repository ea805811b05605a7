"""A venue's own history through NautilusTrader's client, which lives in a process of its own.

Only `engine` knows NautilusTrader, so this end knows the name of a module there and a socket.
The client's own retries are off: how and when to ask again is decided here, as for every source.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Self

import msgspec
import numpy as np

from clearedge_tui.core.errors import ClearEdgeError, NotFound, UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.core.wire import frame, frames
from clearedge_tui.market.columns import Bars
from clearedge_tui.market.sources import faults
from clearedge_tui.market.sources.model import Ask, Cost, Listing, Page, bars_only
from clearedge_tui.market.sources.paging import forward
from clearedge_tui.market.sources.resilience import Guard
from clearedge_tui.market.sources.venue_wire import (
    GONE,
    MODULE,
    Answer,
    Bring,
    Brought,
    Describe,
    Described,
    Failed,
    Question,
)

_LIMITS = {
    "binance": 1000,
    "bybit": 1000,
    "okx": 99,
}  # bars of one answer; OKX's holds 100, one before the asked
_PACE_S = {"binance": 0.05, "bybit": 0.02, "okx": 0.1}
_PATIENCE_S = 60.0
_GRACE_S = 2.0
_decoder: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


class VenueSource:
    """Bars of one venue. Markets are written as for ccxt: `BTC/USDT`, `BTC/USDT:USDT`."""

    paid = False

    def __init__(self, name: str, guard: Guard, base_url: str = "") -> None:
        self.name = name
        self._venue = name.partition(":")[2]
        if self._venue not in _LIMITS:
            raise NotFound(
                f"no source `{clean_text(name)}`; known: venue:{', venue:'.join(_LIMITS)}"
            )
        self._guard = guard
        guard.pace_s = guard.pace_s or _PACE_S[self._venue]
        self._base_url = base_url
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._answers: AsyncIterator[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End the worker: it leaves when its socket closes, and is killed when it does not."""
        if self._writer is not None:
            self._writer.close()
            self._answers = self._writer = None
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        try:
            await asyncio.wait_for(process.wait(), _GRACE_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    def revises(self, symbol: str) -> bool:
        del symbol
        return False

    async def estimate(self, ask: Ask) -> Cost | None:
        del ask
        return None

    async def listing(self, symbol: str) -> Listing:
        answer = await self._guard.ask(lambda: self._asked(Describe(clean_text(symbol, 60))))
        if not isinstance(answer, Described):
            raise faults.Passing(f"{self.name}: its worker answered something else")
        return answer.listing

    async def pages(self, ask: Ask) -> AsyncGenerator[Page]:
        bars_only(self.name, ask)

        async def fetch(since_ns: int, limit: int) -> Bars:
            end = since_ns + limit * ask.period_ns
            question = Bring(ask.market_id, ask.timeframe, since_ns, end)
            answer = await self._guard.ask(lambda: self._asked(question))
            if not isinstance(answer, Brought):
                raise faults.Passing(f"{self.name}: its worker answered something else")
            times = np.frombuffer(answer.ts_ns, np.int64)
            return Bars.of([times, *(np.frombuffer(v, np.float64) for v in answer.values)])

        limit = _LIMITS[self._venue]
        async with aclosing(forward(fetch, ask, limit, self._guard.clock.now_ns)) as pages:
            async for page in pages:
                yield page

    async def _asked(self, question: Question) -> Described | Brought:
        async with self._turn:
            try:
                answer = await asyncio.wait_for(self._exchange(question), _PATIENCE_S)
            except (TimeoutError, OSError, msgspec.DecodeError) as error:
                await self.close()  # the next ask starts another worker
                words = clean_text(error, 200) or "no answer"
                raise faults.Passing(f"{self.name}: its worker: {words}") from None
        if isinstance(answer, Failed):
            if answer.kind == GONE:
                await self.close()
            raise self._fault(answer)
        return answer

    async def _exchange(self, question: Question) -> Answer:
        answers, writer = await self._line()
        writer.write(frame(question))
        await writer.drain()
        body = await anext(answers, None)
        if body is None:
            raise ConnectionResetError("it ended in the middle of a question")
        return _decoder.decode(body)

    async def _line(self) -> tuple[AsyncIterator[bytes], asyncio.StreamWriter]:
        if self._answers is None or self._writer is None:
            ours, theirs = socket.socketpair()
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", MODULE, str(theirs.fileno())),
                    *(self._venue, self._base_url),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                )
            reader, self._writer = await asyncio.open_unix_connection(sock=ours)
            self._answers = frames(reader)
        return self._answers, self._writer

    def _fault(self, failed: Failed) -> ClearEdgeError:
        said = f"{self.name}: {clean_text(failed.message, 200)}"
        kinds: dict[str, type[ClearEdgeError]] = {
            "unknown": NotFound,
            "key": UsageError,
            "usage": UsageError,
        }
        return kinds.get(failed.kind, faults.Passing)(said)
