"""What an engine tells its supervisor: in its order, some of it with what comes next."""

import asyncio
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.messages import Done
from clearedge_tui.engine.lease import LeaseKeeper


class Told(LeaseKeeper):
    def __init__(self) -> None:
        super().__init__(Path("lock"), lambda _held: None)
        self.said: list[str] = []

    def _send(self, message: msgspec.Struct) -> bool:
        assert isinstance(message, Done)
        self.said.append(message.command)
        return True


@given(st.lists(st.sampled_from(["now", "soon", "wait"]), max_size=12))
def test_nothing_overtakes_what_is_told_soon_and_it_is_told_though_nothing_follows(
    acts: list[str],
) -> None:
    async def run() -> list[str]:
        keeper = Told()
        for n, act in enumerate(acts):
            before = len(keeper.said)
            if act == "wait":
                await asyncio.sleep(0)
            elif act == "now":
                keeper.tell(Done(str(n)))
            else:
                keeper.tell_soon(Done(str(n)))
                assert len(keeper.said) == before
        async with asyncio.timeout(5):
            while len(keeper.said) < sum(act != "wait" for act in acts):  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        return keeper.said

    assert asyncio.run(run()) == [str(n) for n, act in enumerate(acts) if act != "wait"]
