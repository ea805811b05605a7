"""An account's venue looked at before anything trades: each state of a probe, by name."""

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from clearedge_tui.core.model import AccountKind
from clearedge_tui.core.probe import ProbeState, latency_check, rights_check, skew_check
from clearedge_tui.engine.audit import tws
from clearedge_tui.engine.audit.probe import probe
from clearedge_tui.engine.audit.raw import RawVenue
from clearedge_tui.settings import Account
from clearedge_tui.venue_sim.sim import VenueSim
from tests.trading.live import account
from tests.venue_sim.process import SimProcess

KEYS = {"api_key": "sim-key", "api_secret": "sim-secret"}


@pytest.fixture(scope="module")
def sim() -> Iterator[SimProcess]:
    with SimProcess() as found:
        yield found


@pytest.fixture
def main(sim: SimProcess, monkeypatch: pytest.MonkeyPatch) -> Account:
    sim.call("clear_faults")
    made = RawVenue.__init__

    def short(self: RawVenue, *args: Any) -> None:
        made(self, *args)
        self._client.timeout = 400  # nobody waits five seconds in a test

    monkeypatch.setattr(RawVenue, "__init__", short)
    return msgspec.convert(account(sim), Account, strict=False)


async def test_a_venue_that_answers_tells_its_time_and_the_keys_rights(
    sim: SimProcess, main: Account
) -> None:
    found = await probe(main, KEYS)
    assert (found.state, found.error) == (ProbeState.OK, "")
    assert len(found.latencies_ms) == 5
    assert found.skew_ms is not None
    assert abs(found.skew_ms) < 500
    assert found.rights is not None
    assert rights_check(found.rights, 1).state == "ok"
    assert found.balances["USDT"] > 0
    sim.call("skew", seconds=3)  # within what the venue takes
    late = await probe(main, {})
    assert late.skew_ms is not None
    assert skew_check(late.skew_ms, 1).state == "bad"
    assert late.rights is None


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ({"what": "lose_request", "times": 0}, ProbeState.TIMEOUT),
        ({"what": "ban", "times": 0}, ProbeState.HTTP_ERROR),
        ({"what": "refuse", "times": 0, "code": 10016, "text": "no"}, ProbeState.HTTP_ERROR),
    ],
)
async def test_what_goes_wrong_has_a_name(
    sim: SimProcess, main: Account, fault: dict[str, Any], state: ProbeState
) -> None:
    sim.call("fault", **fault)
    found = await probe(main, KEYS)
    assert found.state is state, found.error
    assert found.error


async def test_a_venue_that_is_not_there_is_unreachable(main: Account) -> None:
    away = {**main.options, "base_url_http": "http://127.0.0.1:9"}
    found = await probe(msgspec.structs.replace(main, options=away), KEYS)
    assert found.state is ProbeState.UNREACHABLE, found.error


async def test_a_revoked_key_is_told_apart_from_a_silent_venue(
    sim: SimProcess, main: Account
) -> None:
    """Fault 60."""
    sim.call("revoke")
    found = await probe(main, KEYS)
    assert found.state is ProbeState.HTTP_ERROR
    assert "10003" in found.error
    assert "sim-secret" not in found.error


async def _heard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(4)
    writer.close()


async def _ignored(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


@pytest.mark.parametrize(
    ("answer", "state"), [(_heard, ProbeState.HTTP_ERROR), (_ignored, ProbeState.TIMEOUT)]
)
async def test_a_tws_is_greeted_and_what_it_does_about_it_has_a_name(
    answer: Any, state: ProbeState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tws, "_LIMIT_S", 0.2)
    other = VenueSim(venue="interactive_brokers")
    await other.start()
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    options: dict[str, Any] = dict(other.urls)
    main = Account("ib", AccountKind.LIVE, "venue", venue="interactive_brokers", options=options)
    found = await probe(main, {})
    assert (found.state, found.error, len(found.latencies_ms)) == (ProbeState.OK, "", 3)
    assert other.count("login") == 0  # a greeting, and nothing that takes a client's number
    await other.stop()
    assert (await probe(main, {})).state is ProbeState.UNREACHABLE
    options["port"] = server.sockets[0].getsockname()[1]
    async with server:
        found = await probe(main, {})
    assert found.state is state, found.error
    assert found.error


def test_the_right_to_withdraw_is_bad_and_silence_is_unknown() -> None:
    assert rights_check(("read", "withdraw"), 1).state == "bad"
    assert rights_check(None, 1).state == "unknown"
    assert skew_check(None, 0).state == "unknown"
    assert latency_check([], 0).state == "unknown"
    assert latency_check([float(n) for n in range(1, 101)], 1).text == "p50 51 ms, p95 96 ms of 100"
