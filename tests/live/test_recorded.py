"""What an account received is kept, and plays again: the same ticks give the same fills."""

import re
from collections.abc import Callable

from clearedge_tui.core.messages import TickMsg
from clearedge_tui.core.model import Fill
from clearedge_tui.market import catalog, recordings, simulated
from clearedge_tui.market.markets import describe, save_market
from tests.live.box import Box

TEST = describe("TEST/USDT", price_precision=2)


def traded(box: Box) -> list[tuple[str, object, object, int]]:
    rows: list[Fill] = box.fills("same")[::-1]
    return [(one.side, one.size, one.price, one.at_ns) for one in rows]


def play(box: Box) -> None:
    added = box.do(
        "instance.add", id="same", strategy="ema_cross", account="paper", market="TEST/USDT",
        timeframe="1m", mode="active", config={"fast": 5, "slow": 15, "short": True},
    )  # fmt: skip
    assert added.status == "done", added
    box.until(lambda: box.account().done == 1.0, "it is played", 25.0)


def test_a_session_is_recorded_and_plays_again_with_the_same_fills(
    make_box: Callable[..., Box],
) -> None:
    box = make_box(speed=0)
    save_market(box.home, TEST)
    bars = simulated.bars(11, 28_000_000, 900)
    with catalog.locked(box.home):
        catalog.write_bars(box.home, TEST, "1m", [bars])
    box.start()
    play(box)
    name = box.account().recording
    box.until(lambda: box.row("same").fills == len(box.fills("same")) > 3, "its fills are written")
    first = traded(box)
    assert box.account().ticks.dropped == 0
    box.stop()
    (kept,) = recordings.recordings(box.home)
    assert kept.name == name
    assert kept.markets == (TEST.market_id,)

    again = make_box(speed=0, extra="record_mb = 0\n")
    save_market(again.home, TEST)  # and no bars at all: what is played comes from the recording
    recordings.root(again.home).parent.mkdir(exist_ok=True)
    recordings.root(box.home).rename(recordings.root(again.home))
    path = again.home.config / "accounts.toml"
    words = path.read_text().replace("'simulated'", f"'recording'\nrecording = '{name}'")
    path.write_text(re.sub("feed = 'replay'", "feed = 'recording'", words))
    again.start()
    play(again)
    again.until(lambda: len(again.fills("same")) >= len(first), "its fills are written")
    assert traded(again) == first
    again.stop()
    assert [one.name for one in recordings.recordings(again.home)] == [name], "0 keeps nothing"


def test_a_recording_that_is_not_there_is_said_on_the_account(make_box: Callable[..., Box]) -> None:
    box = make_box()
    path = box.home.config / "accounts.toml"
    path.write_text(
        path.read_text().replace("'simulated'", "'recording'\nrecording = 'paper/never'")
    )
    box.start()
    box.add("ema", mode="observe")
    box.until(lambda: "no recording `paper/never`" in box.account().error, "the account says so")


LEAPER = """
from clearedge_tui.contract import Strategy

class Leaper(Strategy):
    def on_tick(self, tick):
        if tick.price > 500 or self.context.get_position().is_flat:
            self.context.place_order("buy", 1, tag=f"{tick.price:.0f}")
"""


def test_nothing_is_entered_on_one_far_print(make_box: Callable[..., Box]) -> None:
    box = make_box(speed=0)
    save_market(box.home, TEST)
    recorder = recordings.Recorder(box.home, "paper", 10)
    minute, start = 60_000_000_000, 1_700_000_040_000_000_000
    for n in range(120):
        price = 1000.0 if n == 80 else 100 + 0.05 * (n % 4)
        at = start + n * minute
        recorder.take(TickMsg(TEST.market_id, "quote", at, 0, 0, 0, price, 0, price, price))
        recorder.take(
            TickMsg(TEST.market_id, "bar", at, price, price, price, price, 1, price, price)
        )
    recorder.close()
    path = box.home.config / "accounts.toml"
    played = f"'recording'\nrecording = '{recorder.name}'"
    path.write_text(path.read_text().replace("'simulated'", played))
    box.write("leaper", LEAPER)
    box.start()
    box.do(
        "instance.add", id="leap", strategy="leaper", account="paper", market="TEST/USDT",
        timeframe="1m", mode="active",
    )  # fmt: skip
    box.until(lambda: box.account().done == 1.0, "it is played", 25.0)
    box.until(lambda: any(o.tag == "1000" for o in box.orders("leap")), "it has tried")
    (tried,) = [one for one in box.orders("leap") if one.tag == "1000"]
    assert tried.status == "denied"
    assert tried.reason.startswith("data: the price 1000")
    assert any(one.status == "filled" for one in box.orders("leap")), "other orders pass"
    assert box.account().ticks.odd == 1
