"""What is asked of a gateway is done in its order, also while it starts."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.engine.in_turn import InTurn


@given(st.lists(st.booleans(), max_size=12), st.integers(0, 12))
def test_nothing_overtakes_what_waits_or_takes_long(slow: list[bool], opened: int) -> None:
    """Each ask is quick or waits within; at some moment of it all the work begins."""

    async def run() -> list[int]:
        done: list[int] = []

        async def act(ask: object) -> None:
            assert isinstance(ask, int)
            if slow[ask]:
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            done.append(ask)

        turn = InTurn(act)
        tasks = []
        for n in range(len(slow)):
            if n == opened:
                tasks.append(asyncio.create_task(turn.open()))
            await turn.take(n)
            await asyncio.sleep(0)
        if opened >= len(slow):
            assert done == []
            tasks.append(asyncio.create_task(turn.open()))
        await asyncio.gather(*tasks)
        return done

    assert asyncio.run(run()) == list(range(len(slow)))


def test_after_an_error_the_next_one_is_done() -> None:
    async def run() -> list[object]:
        done: list[object] = []

        async def act(ask: object) -> None:
            if ask == "bad":
                raise ValueError("no")
            done.append(ask)

        turn = InTurn(act)
        await turn.open()
        with pytest.raises(ValueError, match="no"):
            await turn.take("bad")
        await turn.take("good")
        return done

    assert asyncio.run(run()) == ["good"]
