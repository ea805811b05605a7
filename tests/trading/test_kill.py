"""The kill switch of a gateway: what it stops, what it proves, and what it needs (nothing)."""

import os
import signal
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from clearedge_tui.core.kill import Kill, Scope, named
from clearedge_tui.kills import receipts, write
from clearedge_tui.settings import Home
from clearedge_tui.store.sqlite import connect_writer
from tests.trading.live import GatewayProcess, account
from tests.venue_sim.process import SimProcess

pytestmark = pytest.mark.slow
D = Decimal


@pytest.fixture
def gateway(sim: SimProcess, tmp_path: Path) -> Iterator[GatewayProcess]:
    with GatewayProcess(tmp_path, account(sim)) as found:
        for name in ("one", "two"):
            found.attach(name, strategy=f"s-{name}")
            found.order(name, f"{name}-in", "buy", "0.1")
            found.until_status(f"{name}-in", "filled")
            found.order(name, f"{name}-rest", "buy", "0.1", price="1000.0")
            found.until_status(f"{name}-rest", "open")
        yield found


def receipt(gateway: GatewayProcess, kill: str) -> Any:
    """Return the newest receipt of a kill that is confirmed."""
    found = [r for r in gateway.of("Receipt") if r["kill"] == kill]
    done = found and all(line["confirmed_ns"] for line in found[-1]["lines"])
    return found[-1] if done else None


def refused(gateway: GatewayProcess, name: str, key: str) -> str:
    gateway.order(name, key, "buy", "0.1")
    return str(gateway.until_status(key, "denied")["reason"])


def test_one_instance_is_flat_and_the_other_goes_on(
    sim: SimProcess, gateway: GatewayProcess, tmp_path: Path
) -> None:
    kill = named("instance.one.flatten")
    assert kill is not None
    write(Home(tmp_path), Kill(kill.scope, kill.key, kill.action, "wild", "ann"))
    done = gateway.until(lambda: receipt(gateway, "instance.one.flatten"), "the receipt")
    assert (done["reason"], done["who"]) == ("wild", "ann")
    assert {(line["what"], line["subject"]) for line in done["lines"]} == {
        ("order", "one-rest"),
        ("position", "one"),
    }
    assert 0 < done["flat_ns"] - done["seen_ns"] < 3e9
    assert refused(gateway, "one", "again") == "kill: instance one is killed (wild)"
    gateway.order("two", "two-more", "buy", "0.1")
    gateway.until_status("two-more", "filled")
    assert (gateway.position("one"), gateway.position("two")) == (D(0), D("0.2"))
    kept = receipts(Home(tmp_path))
    assert [(r.kill, r.confirmed, len(r.lines)) for r in kept] == [
        ("instance.one.flatten", True, 2)
    ]
    (tmp_path / "state" / "kill" / "instance.one.flatten").unlink()
    gateway.until(lambda: gateway.ask("state"), "a look")
    time.sleep(0.1)
    gateway.order("one", "one-back", "buy", "0.1")
    gateway.until_status("one-back", "filled")


def test_a_bare_file_kills_everything_also_after_a_restart(
    sim: SimProcess, gateway: GatewayProcess, tmp_path: Path
) -> None:
    (tmp_path / "state" / "KILL").touch()
    done = gateway.until(lambda: receipt(gateway, "global.cancel"), "the receipt")
    assert len(done["lines"]) == 2
    assert sim.call("open_orders") == []
    assert gateway.position("one") == D("0.1")  # cancelled, not closed
    gateway.kill()
    sent = sim.count("order.create")
    with GatewayProcess(tmp_path, account(sim)) as again:
        again.attach("one")
        assert refused(again, "one", "later").startswith("kill: everything is killed")
        again.order("one", "out", "sell", "0.1")  # not even an exit of a strategy
        again.until_status("out", "denied")
        assert sim.count("order.create") == sent


def test_a_signal_kills_with_a_full_disk_and_a_locked_database(
    sim: SimProcess, gateway: GatewayProcess, tmp_path: Path
) -> None:
    other = connect_writer(tmp_path / "state" / "accounts" / "main.db")
    other.execute("BEGIN IMMEDIATE")  # nothing can be written to the account's file
    state = tmp_path / "state"
    (state / "kill").write_text("a file where the folder should be: nothing can be written there")
    os.kill(gateway.process.pid, signal.SIGUSR2)
    done = gateway.until(lambda: receipt(gateway, "global.cancel"), "the receipt")
    assert not done["written"]
    assert sim.call("open_orders") == []
    assert refused(gateway, "one", "no").startswith("kill: everything is killed (a signal)")
    (state / "kill").unlink()  # the disk is well again: the kill is written down
    gateway.until(lambda: (state / "kill" / "global.cancel").exists(), "the kill is written")
    other.execute("ROLLBACK")


def test_what_the_venue_does_not_confirm_stays_unconfirmed(
    sim: SimProcess, gateway: GatewayProcess, tmp_path: Path
) -> None:
    """Fault 63: the venue is away while it is killed; the cancels are sent until it answers."""
    sim.call("silence", where="all")
    sim.call("silence", where="http")
    write(Home(tmp_path), Kill(Scope.ACCOUNT, "main"))
    gateway.until(lambda: gateway.of("Receipt"), "a receipt")
    assert refused(gateway, "one", "no").startswith("kill: account main is killed")
    time.sleep(1.5)
    assert receipt(gateway, "account.main.cancel") is None
    assert [r.open for r in receipts(Home(tmp_path))] == [2]
    sim.call("clear_faults")
    sim.call("silence", where="http", on=False)
    sim.call("disconnect")
    gateway.until(lambda: receipt(gateway, "account.main.cancel"), "the receipt", 45)
    assert sim.call("open_orders") == []
