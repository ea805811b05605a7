"""A connection to TWS that is away is said, and at last that nothing more is tried."""

import pytest

from clearedge_tui.core.model import AccountKind
from clearedge_tui.engine import tws_line
from clearedge_tui.engine.tws_line import TwsLine
from clearedge_tui.settings import Account


def test_a_line_that_is_away_is_said_from_the_fifth_second_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(tws_line, "monotonic", lambda: now[0])
    sockets: dict[str, str] = {}
    said: list[str] = []
    account = Account(
        "ib", AccountKind.LIVE, "venue", venue="interactive_brokers", options={"port": 4001}
    )
    line = TwsLine(account, sockets, said.append)
    for at, there, words in (
        (0.0, True, ""),
        (4.0, False, ""),
        (6.0, False, "no connection to TWS 127.0.0.1:4001 for 6 s"),
        (444.0, False, "start it anew"),
        (445.0, True, ""),
        (446.0, False, ""),
    ):
        now[0] = 100.0 + at
        line.look(there)
        assert bool(said[-1]) == bool(words)
        assert words in said[-1]
        assert list(sockets.values()) == ["connected" if there else "disconnected"]
