"""A person's orders through the whole product: previewed, placed, seen in the book, closed, killed."""

from decimal import Decimal
from typing import Any

from tests.live.box import Box

D = Decimal


def found(box: Box, verb: str, **args: object) -> Any:
    said = box.do(verb, **args)
    assert said.status == "done", said
    return said.data


def held(box: Box, name: str) -> Decimal:
    rows = found(box, "book.positions")["rows"]
    mine = [D(row["size"]) for row in rows if row["instance"] == name and row["book"] == "paper"]
    return mine[0] if mine else D(0)


def test_an_order_by_hand_is_previewed_placed_seen_closed_and_stopped_by_a_kill(
    shared_box: Box,
) -> None:
    box = shared_box
    box.add("one", mode="observe", fast=190, slow=400)  # too slow to trade by itself
    box.running("one")
    box.until(
        lambda: (
            box.do("order.preview", instance="one", side="buy", size="0.1").data
            and found(box, "order.preview", instance="one", side="buy", size="0.1")["price"]
        ),
        "a price was seen",
    )
    look = found(box, "order.preview", instance="one", side="buy", size="0.1")
    assert (look["position"], look["after"], look["refused"], look["live"]) == (
        "0",
        "0.1",
        "",
        False,
    )
    assert held(box, "one") == 0
    market = box.row("one").market_id
    found(box, "order.place", account="paper", market=market, side="buy", size="0.1")
    box.until(lambda: held(box, "one") == D("0.1"), "it is filled and held")
    (order,) = found(box, "book.orders", words="one paper")["rows"]
    assert (order["status"], order["tag"], order["account"]) == ("filled", "by hand", "paper")
    page = found(box, "book.fills", words="one !shadow", limit=1)
    assert (page["total"], page["rows"][0]["order"]) == (1, order["id"])
    resting = found(box, "order.place", instance="one", side="buy", size="0.1", price="0.1")["id"]
    box.until(lambda: found(box, "book.orders", open=True)["total"] == 1, "one rests")
    found(box, "order.cancel", id=resting)
    box.until(lambda: not found(box, "book.orders", open=True)["total"], "it is cancelled")
    found(box, "kill.on", scope="account", key="paper", action="cancel")
    box.until(lambda: box.snapshot().kills and box.snapshot().kills[0].answered, "it is answered")
    (kill,) = box.snapshot().kills
    assert (kill.what, kill.answered, kill.proven) == ("account paper", ("paper",), True)
    refused = box.do("order.place", instance="one", side="buy", size="0.1")
    assert refused.status == "refused" and "kill" in refused.message
    found(box, "position.close", instance="one")  # what only reduces passes
    box.until(lambda: held(box, "one") == 0, "it is closed")
    found(box, "kill.clear", kill="account.paper.cancel", confirm="paper")
    box.until(lambda: not box.snapshot().kills, "the kill is lifted")
    assert "order.by_hand" in box.story()
