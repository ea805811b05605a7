"""A look at a TWS, or its gateway: does it answer a client's greeting, and how soon.

Nothing is asked after the greeting, so no client number is taken and nobody is disturbed.
"""

import asyncio
import struct

from clearedge_tui.contract.schema import Schema
from clearedge_tui.core.clock import monotonic, now_ns
from clearedge_tui.core.probe import Probe, ProbeState
from clearedge_tui.core.text import clean_text
from clearedge_tui.core.venues import venue
from clearedge_tui.settings import Account

_VERSIONS = b"v213..225"  # the least that the engine's client speaks
_GREETING = b"API\0" + struct.pack(">I", len(_VERSIONS)) + _VERSIONS
_LIMIT_S = 5.0
_MOST = 1024
_PINGS = 3


async def probe_tws(account: Account) -> Probe:
    """Greet it a few times, with what is set of its address."""
    there = Schema.parse(venue(account.venue).options).validate(account.options)
    host, port = str(there["host"]), int(str(there["port"]))
    name = account.name
    try:
        latencies = [await _greeted(host, port) for _ in range(_PINGS)]
    except TimeoutError:
        said = f"{host}:{port} took the connection and did not answer within {_LIMIT_S:g} s"
        return Probe(name, now_ns(), ProbeState.TIMEOUT, error=said)
    except asyncio.IncompleteReadError:
        said = f"{host}:{port} hung up: its API takes no socket clients, or not from here"
        return Probe(name, now_ns(), ProbeState.HTTP_ERROR, error=said)
    except OSError as error:
        said = f"{host}:{port}: {clean_text(error.strerror or error)}"
        return Probe(name, now_ns(), ProbeState.UNREACHABLE, error=said)
    return Probe(name, now_ns(), ProbeState.OK, tuple(latencies))


async def _greeted(host: str, port: int) -> float:
    """Return how many milliseconds an answer took."""
    async with asyncio.timeout(_LIMIT_S):
        began = monotonic()
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(_GREETING)
            (size,) = struct.unpack(">I", await reader.readexactly(4))
            await reader.readexactly(min(size, _MOST))
            return (monotonic() - began) * 1000
        finally:
            writer.close()
