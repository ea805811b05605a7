"""A TWS of ours: its bytes, its greeting, and what it does about nonsense."""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearedge_tui.venue_sim.ib.codec import decode, encode
from clearedge_tui.venue_sim.ib.shapes import ANSWERS, REQUESTS, SHAPES, Field
from clearedge_tui.venue_sim.sim import VenueSim

Said = list[tuple[int, bytes]]
_PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False),
    "bool": st.booleans(),
    "text": st.text(max_size=20),
}


def _value(field: Field) -> st.SearchStrategy[Any]:
    return _PLAIN[field.kind] if field.kind in _PLAIN else words_of(field.kind)


def words_of(shape: str) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: _value(field) for name, field in SHAPES[shape].items()}
    return st.fixed_dictionaries({}, optional=fields)


@settings(max_examples=150)
@given(data=st.data(), shape=st.sampled_from(sorted(SHAPES)))
def test_what_is_said_is_what_is_heard(shape: str, data: st.DataObject) -> None:
    words = data.draw(words_of(shape))
    raw = encode(shape, words)
    assert decode(shape, raw) == words
    assert decode(shape, raw + b"\xfa\x3f\x02hi") == words  # a field that nobody knows here


def test_no_number_of_a_message_is_used_twice() -> None:
    assert len({number for number, _ in ANSWERS.values()}) == len(ANSWERS)
    assert {shape for shape, _ in REQUESTS.values()} <= SHAPES.keys()
    for shape, fields in SHAPES.items():
        assert len({field.number for field in fields.values()}) == len(fields), shape


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def greet(self, versions: str = "v213..225") -> str:
        raw = versions.encode()
        self.writer.write(b"API\0" + struct.pack(">I", len(raw)) + raw)
        return (await self._read()).decode()

    def ask(self, number: int, raw: bytes) -> None:
        self.writer.write(struct.pack(">Ii", len(raw) + 4, number + 200) + raw)

    async def hear(self, name: str) -> dict[str, Any]:
        """Return the next message of a kind; what is told of data farms is passed over."""
        number, shape = ANSWERS[name]
        while True:
            raw = await self._read()
            said = decode(shape, raw[4:]) if raw[:4] == struct.pack(">i", number + 200) else {}
            if said and said.get("code", 0) not in range(2100, 2200):
                return said

    async def _read(self) -> bytes:
        (size,) = struct.unpack(">I", await self.reader.readexactly(4))
        return await self.reader.readexactly(size)


async def talk(about: Callable[[VenueSim, Client], Awaitable[None]]) -> None:
    sim = VenueSim(venue="interactive_brokers")
    await sim.start()
    try:
        client = Client(*await asyncio.open_connection("127.0.0.1", int(sim.urls["port"])))
        async with asyncio.timeout(10):
            await about(sim, client)
        client.writer.close()
    finally:
        await sim.stop()


async def test_a_client_is_told_its_account_and_one_of_the_same_number_is_sent_away() -> None:
    async def about(sim: VenueSim, client: Client) -> None:
        assert (await client.greet()).split("\0")[0] == "213"
        client.ask(71, encode("StartApi", {"client_id": 5}))
        assert await client.hear("ManagedAccounts") == {"accounts": "DU1000001"}
        assert await client.hear("NextValidId") == {"order_id": 1}
        other = Client(*await asyncio.open_connection("127.0.0.1", int(sim.urls["port"])))
        await other.greet()
        other.ask(71, encode("StartApi", {"client_id": 5}))
        assert (await other.hear("Error"))["code"] == 326
        other.writer.close()

    await talk(about)


async def test_a_client_that_is_too_old_is_not_spoken_to() -> None:
    async def about(sim: VenueSim, client: Client) -> None:
        with pytest.raises(asyncio.IncompleteReadError):
            await client.greet("v100..200")

    await talk(about)


@settings(max_examples=8, deadline=None)
@given(
    said=st.lists(st.tuples(st.sampled_from([*REQUESTS, 999]), st.binary(max_size=30)), max_size=8)
)
def test_after_nonsense_the_next_client_is_served(said: Said) -> None:
    async def about(sim: VenueSim, client: Client) -> None:
        await client.greet()
        for number, raw in said:
            client.ask(number, raw)
        client.writer.close()
        other = Client(*await asyncio.open_connection("127.0.0.1", int(sim.urls["port"])))
        await other.greet()
        other.ask(71, encode("StartApi", {"client_id": 9}))
        await other.hear("NextValidId")
        asked = {"order_id": 1, "contract": {"sec_type": "STK", "symbol": "AAPL"},
                 "order": {"action": "BUY", "order_type": "LMT", "total_quantity": "1.5"}}  # fmt: skip
        other.ask(3, encode("PlaceOrder", asked))
        assert (await other.hear("Error"))["code"] == 201
        other.writer.close()

    asyncio.run(talk(about))
