"""What a venue does wrong, through a real gateway and the unmodified adapter, by fault number."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from tests.trading.live import BTC, GatewayProcess, account
from tests.venue_sim.process import SimProcess

pytestmark = pytest.mark.slow
D = Decimal


@pytest.fixture(scope="module")
def sim() -> Iterator[SimProcess]:
    with SimProcess() as found:
        yield found


@pytest.fixture(scope="module")
def shared(sim: SimProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    root = tmp_path_factory.mktemp("gateway")
    with GatewayProcess(root, account(sim, unanswered_s=1.0)) as found:
        found.attach("one")
        yield found


@pytest.fixture
def gateway(sim: SimProcess, shared: GatewayProcess) -> Iterator[GatewayProcess]:
    """The same gateway for every test: what one leaves behind must not disturb the next."""
    yield shared
    sim.call("clear_faults")
    sim.call("silence", where="http", on=False)
    shared.ask("cancel_all", name="one")
    shared.until(lambda: not sim.call("open_orders"), "nothing rests")
    shared.until(lambda: not shared.differences(), "the ledger is the venue's")


def venue_size(sim: SimProcess) -> Decimal:
    return sum((D(p["size"]) for p in sim.call("positions")), D(0))


def up(gateway: GatewayProcess) -> dict[str, str]:
    return dict.fromkeys(gateway.of("FeedStatus")[-1]["sockets"], "connected")


def traded(gateway: GatewayProcess, key: str) -> bool:
    """Buy a little under the next name that is free; say whether it was filled."""
    name = f"{key}-{len(gateway.said)}"
    gateway.order("one", name, "buy", "0.1")
    return str(gateway.until_status(name, "filled", "denied", "rejected")["status"]) == "filled"


def looked(gateway: GatewayProcess, good: Callable[[], object], what: str) -> None:
    """Have the venue compared again and again until something holds."""
    gateway.until(lambda: gateway.ask("look") == {} and good(), what)


def rest(gateway: GatewayProcess, key: str, size: str) -> None:
    """Place an order that nothing fills."""
    gateway.order("one", key, "buy", size, price="1000.0")
    gateway.until_status(key, "open")


def fault(sim: SimProcess, what: str, **words: Any) -> None:
    sim.call("fault", what=what, **words)


def test_a_lost_acknowledgement_is_unknown_and_blocks_entries_until_the_venue_has_answered(
    sim: SimProcess, gateway: GatewayProcess
) -> None:
    """Fault 51. The order did reach the venue, which says so when it is asked."""
    sent = sim.count("order.create")
    fault(sim, "drop_push", on="push.order", times=1)
    fault(sim, "lose_ack", on="order.create")
    fault(sim, "silence", where="http")  # and it cannot be asked for now
    gateway.order("one", "lost", "buy", "0.1", price="1000.0")
    unknown = gateway.until_status("lost", "unknown")
    assert "has not answered" in unknown["reason"]
    gateway.order("one", "next", "buy", "0.1")
    refused = gateway.until_status("next", "denied")
    assert refused["reason"].startswith("unknown: what became of order lost is not known")
    sim.call("silence", where="http", on=False)
    gateway.until_status("lost", "open")
    gateway.order("one", "after", "buy", "0.1")
    gateway.until_status("after", "filled")
    assert sim.count("order.create") == sent + 2


def test_a_venue_that_takes_connections_and_never_answers_leaves_an_order_unknown(
    sim: SimProcess, gateway: GatewayProcess
) -> None:
    """Fault 50: it is never guessed, and everything goes on when the venue speaks again.

    The engine itself asks to be let in once a connection: those it waits on for ever are cut.
    """
    before, sent = gateway.position("one"), sim.count("order.create")
    for where in ("all", "http"):
        sim.call("silence", where=where)
    sim.call("disconnect")
    gateway.until(lambda: gateway.of("FeedStatus")[-1]["sockets"] != up(gateway), "it is cut off")
    gateway.until(lambda: gateway.of("FeedStatus")[-1]["sockets"] == up(gateway), "it is taken")
    for key in ("mute", "mute-too"):
        gateway.order("one", key, "buy", "0.1", price="1000.0")
        gateway.until_status(key, "unknown", "denied", "rejected")
    assert gateway.statuses("mute")[:2] == ["sent", "unknown"]
    gateway.ask("look")
    gateway.until(lambda: gateway.of("Compared")[-1]["error"], "the second client sees it as well")
    for where in ("all", "http"):
        sim.call("silence", where=where, on=False)
    looked(gateway, lambda: not gateway.of("Compared")[-1]["error"], "it speaks")
    ends = (
        "cancelled",
        "rejected",
        "denied",
        "open",
    )  # open: its line came back in time to send it
    found = [gateway.until_status(key, *ends)["status"] for key in ("mute", "mute-too")]
    assert sim.count("order.create") == sent + found.count("open")
    gateway.until(partial(traded, gateway, "mute-after"), "it trades again")
    assert gateway.position("one") == venue_size(sim) == before + D("0.1")


def test_an_order_that_was_refused_and_is_there_all_the_same_is_taken_back(
    sim: SimProcess, gateway: GatewayProcess
) -> None:
    """Fault 52: the engine takes it for ended, so its fills and its cancel go past the engine."""
    before = gateway.position("one")
    fault(sim, "deny_ack", on="order.create", code=110007, text="ab not enough")
    gateway.order("one", "guess", "buy", "0.1", price="1000.0")
    gateway.until_status("guess", "rejected")
    gateway.ask("look")
    gateway.until_status("guess", "open")
    alarms = [n["text"] for n in gateway.of("Noted") if n["event"] == "order.alarm"]
    said = "guess: the venue has order guess, which was taken for rejected"
    assert any(one.startswith(said) for one in alarms)
    sim.call("fill", size="0.04")
    looked(gateway, lambda: "partial" in gateway.statuses("guess"), "a fill")
    gateway.ask("cancel", name="one", key="guess")
    looked(gateway, lambda: gateway.statuses("guess")[-1] == "cancelled", "its end")
    assert sim.call("open_orders") == []
    assert gateway.position("one") == venue_size(sim) == before + D("0.04")


def test_a_fill_that_is_told_under_two_ids_is_seen_and_settled_by_the_venues_number(
    sim: SimProcess, gateway: GatewayProcess
) -> None:
    """Fault 55."""
    before = gateway.position("one")
    rest(gateway, "twice", "0.3")
    fault(sim, "second_id", on="push.fill")
    sim.call("fill", size="0.1")
    looked(gateway, lambda: len(gateway.differences()) == 2, "it differs")
    found = {d["kind"]: (d["ours"], d["theirs"]) for d in gateway.differences()}
    assert found["order"] == ("filled 0.200", "filled 0.1")
    assert [D(n) for n in found["position"]] == [before + D("0.2"), before + D("0.1")]
    gateway.order("one", "twice-no", "buy", "0.1")
    assert gateway.until_status("twice-no", "denied")["reason"].startswith("reconciliation: ")
    gateway.ask("resolve", market=BTC, kind="order", subject="twice", how="flatten")
    assert "its number is taken" in gateway.of("Done")[-1]["error"]
    gateway.ask("resolve", market=BTC, kind="order", subject="twice", how="adopt")
    looked(gateway, lambda: not gateway.differences(), "it is settled")
    sim.call("fill")
    gateway.until_status("twice", "filled")
    assert gateway.position("one") == venue_size(sim) == before + D("0.3")


def test_partial_fills_duplicates_and_races_count_once(
    sim: SimProcess, gateway: GatewayProcess
) -> None:
    """Faults 53, 54 and 56: partial then cancel, the same fill twice, the fill before the answer."""
    before = gateway.position("one")
    rest(gateway, "part", "0.3")
    fault(sim, "double_push", on="push.fill")
    sim.call("fill", size="0.1")
    gateway.until_status("part", "partial")
    gateway.ask("cancel", name="one", key="part")
    done = gateway.until_status("part", "cancelled")
    assert D(done["filled"]) == D("0.1")
    fault(sim, "late_ack", on="order.create", delay_s=0.3)
    gateway.order("one", "race", "buy", "0.2")
    gateway.until_status("race", "filled")
    fault(sim, "swap_push", on="push.*", times=3)
    gateway.order("one", "swap", "buy", "0.2")
    gateway.until_status("swap", "filled")
    assert gateway.position("one") == venue_size(sim) == before + D("0.5")


def test_odd_words_of_a_reject_stay_words(sim: SimProcess, gateway: GatewayProcess) -> None:
    """Fault 61."""
    fault(
        sim, "refuse", on="order.create", text="\x1b[2J[/red][@click=app.quit]no\x07", code=110007
    )
    gateway.order("one", "odd", "buy", "0.1")
    refused = gateway.until_status("odd", "rejected")
    assert "no" in refused["reason"]
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in refused["reason"])
    gateway.order("one", "even", "buy", "0.1")
    gateway.until_status("even", "filled")


def test_a_disconnect_is_shown_and_everything_goes_on_after_it(
    sim: SimProcess, gateway: GatewayProcess
) -> None:
    """Fault 49."""
    before = gateway.position("one")
    rest(gateway, "rest", "0.1")
    sim.call("reachable", on=False)
    sim.call("disconnect")

    def states() -> set[str]:
        feeds = gateway.of("FeedStatus")
        return set(feeds[-1]["sockets"].values()) if feeds else set()

    gateway.until(lambda: states() - {"connected"}, "a connection is down")
    sim.call("fill")
    sim.call("reachable")
    gateway.until(lambda: states() == {"connected"}, "all connections are up")
    gateway.until_status("rest", "filled")
    gateway.order("one", "more", "buy", "0.1")
    gateway.until_status("more", "filled")
    assert gateway.position("one") == venue_size(sim) == before + D("0.2")


def test_orders_of_others_are_seen_and_belong_to_nobody(
    sim: SimProcess, gateway: GatewayProcess
) -> None:
    """Fault 58."""
    before = gateway.position("one")
    sim.call("external", market=BTC.partition("-")[0], side="buy", size="0.2", price="900.0")
    gateway.until(lambda: gateway.ask("strangers"), "a stranger's order")
    sim.call("external", market=BTC.partition("-")[0], side="sell", size="0.4")
    looked(gateway, lambda: gateway.differences(), "it is a difference")
    gateway.order("one", "own", "buy", "0.1")
    refused = gateway.until_status("own", "denied")
    assert refused["reason"].startswith("reconciliation: ")
    assert gateway.position("one") == before
    assert set(gateway.ask("state")) == {"one"}
    sim.call("external", market=BTC.partition("-")[0], side="buy", size="0.4")
    sim.call("cancel")  # they are gone again: so is the difference
    looked(gateway, lambda: not gateway.differences(), "it is settled")
    gateway.order("one", "again", "buy", "0.1")
    gateway.until_status("again", "filled")


def test_a_storm_of_429_refuses_and_ends(sim: SimProcess, gateway: GatewayProcess) -> None:
    """Fault 59."""
    before = gateway.position("one")
    fault(sim, "rate_limit", on="order.create", times=3)
    for n in range(4):
        gateway.order("one", f"o{n}", "buy", "0.1")
    ends = [gateway.until_status(f"o{n}", "rejected", "filled")["status"] for n in range(4)]
    assert ends.count("rejected") == 3
    assert gateway.position("one") == venue_size(sim) == before + D("0.1")


def test_a_venue_that_lies_about_a_position_blocks_entries_and_shows_both_numbers(
    sim: SimProcess, gateway: GatewayProcess
) -> None:
    """Fault 62."""
    gateway.order("one", "lie-held", "buy", "0.1")
    gateway.until_status("lie-held", "filled")
    ours = gateway.position("one")
    fault(sim, "lie", on="positions", values={"size": "0.9"}, times=0)
    looked(gateway, lambda: gateway.differences(), "it differs")
    (one,) = gateway.differences()
    assert (one["kind"], D(one["ours"]), D(one["theirs"])) == ("position", ours, D("0.9"))
    gateway.order("one", "lie-more", "buy", "0.1")
    refused = gateway.until_status("lie-more", "denied")
    assert f"ours {one['ours']}, the venue's 0.9" in refused["reason"]
    gateway.order("one", "lie-exit", "sell", "0.1")  # what only reduces passes
    gateway.until_status("lie-exit", "filled")
    sim.call("clear_faults")
    looked(gateway, lambda: not gateway.differences(), "it is settled")
    gateway.order("one", "lie-again", "buy", "0.1")
    gateway.until_status("lie-again", "filled")


def test_a_balance_is_what_fills_and_the_venues_log_make_of_it_or_it_blocks(
    sim: SimProcess, gateway: GatewayProcess
) -> None:
    gateway.order("one", "paid", "buy", "0.1")
    gateway.until_status("paid", "filled")
    agreed(gateway)
    sim.call("fund", market="BTCUSDT", rate="0.001")
    sim.call("deposit", coin="USDT", amount="-250")
    sim.call("external", market="BTCUSDT", side="sell", size="0.05")  # a stranger realises some
    sim.call("external", market="BTCUSDT", side="buy", size="0.05")
    agreed(gateway)
    sim.call("deposit", coin="USDT", amount="-3.5", logged=False)
    looked(gateway, lambda: gateway.differences(), "it differs")
    (one,) = gateway.differences()
    assert (one["market"], one["kind"], one["subject"]) == ("USDT", "balance", "USDT")
    there = next(D(b["total"]) for b in sim.call("balances") if b["coin"] == "USDT")
    assert D(one["theirs"]) == there
    assert abs(D(one["ours"]) - there - D("3.5")) < D("0.2")  # and what rounding was let pass
    gateway.order("one", "paid-more", "buy", "0.1")
    refused = gateway.until_status("paid-more", "denied")
    assert f"ours {one['ours']}, the venue's {one['theirs']}" in refused["reason"]
    words = {"market": "USDT", "kind": "balance", "subject": "USDT"}
    gateway.ask("resolve", how="flatten", **words)
    assert "can be adopted" in gateway.of("Done")[-1]["error"]
    gateway.ask("resolve", how="adopt", reason="a bonus taken back", **words)
    agreed(gateway)
    fault(sim, "refuse", on="log", text="no", times=0)
    looked(
        gateway,
        lambda: "UNKNOWN" in gateway.of("Compared")[-1]["wallet"],
        "a log that is not given is not known, and no difference",
    )
    assert gateway.differences() == []
    assert not gateway.of("Compared")[-1]["error"], "everything else is compared all the same"


def agreed(gateway: GatewayProcess) -> None:
    """Wait until a look that begins now agrees."""
    before = len(gateway.of("Compared"))

    def seen() -> bool:
        looks = gateway.of("Compared")[before:]
        gateway.ask("look")
        return len(looks) > 2 and bool(looks[-1]["wallet"] == "balance agreed")

    gateway.until(seen, "the balance is agreed on")
    assert gateway.differences() == []
