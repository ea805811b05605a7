"""The process behind a venue source: answers questions about history with NautilusTrader's client.

Started as `python -m clearedge_tui.engine.venue_worker FD VENUE BASE_URL`; ends with its socket.
"""

import asyncio
import re
import socket
import sys

import msgspec

from clearedge_tui.core.text import clean_text
from clearedge_tui.core.wire import frame, frames
from clearedge_tui.engine.venue_history import History, NodeGone, UnknownMarket, opened
from clearedge_tui.market.sources.venue_wire import (
    GONE,
    Answer,
    Bring,
    Brought,
    Describe,
    Described,
    Failed,
    Question,
)

# the clients raise ValueError for everything; what it was stands in the words alone
_KEY = re.compile(r"status code (401|403)|error (10003|10004|10005|50111|50113|-2014|-2015)\b")
_UNKNOWN = re.compile(
    r"symbol is invalid|invalid symbol|error 51001|-1121|not found|doesn't exist", re.I
)
_WRONG = re.compile(r"does not support|unsupported|invalid (interval|bar)", re.I)


def kind_of(message: str) -> str:
    """Return who acts. What is not known to be lasting may pass."""
    for kind, pattern in (("key", _KEY), ("unknown", _UNKNOWN), ("usage", _WRONG)):
        if pattern.search(message):
            return kind
    return "passing"


async def answered(history: History, question: Question) -> Answer:
    """Answer one question; what the client raises becomes a Failed."""
    try:
        if isinstance(question, Describe):
            return Described(await history.describe(question.symbol))
        rows = await history.bars(
            question.market_id, question.timeframe, question.start_ns, question.end_ns
        )
    except UnknownMarket as error:
        return Failed("unknown", clean_text(error))
    except NodeGone as error:
        return Failed(GONE, clean_text(error))
    except (ValueError, RuntimeError, OSError, TypeError) as error:
        return Failed(kind_of(str(error)), clean_text(error))
    times, *values = (column.tobytes() for column in rows)
    opens, high, low, close, volume = values
    return Brought(times, (opens, high, low, close, volume))


async def serve(fd: int, venue: str, base_url: str) -> None:
    history = opened(venue, base_url)
    reader, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=fd))
    decoder = msgspec.msgpack.Decoder(Describe | Bring)
    async for body in frames(reader):
        answer = await answered(history, decoder.decode(body))
        writer.write(frame(answer))
        await writer.drain()
        if isinstance(answer, Failed) and answer.kind == GONE:
            return


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
