"""Puts a basket's instances right: each is told the worth that it is to hold, in the journal too.

As a process (`python -m clearedge_tui.supervisor.rebalance FD`) it is the job that a schedule starts;
it acts through the supervisor as a person at the command line does.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from clearedge_tui.core.clock import iso, now_ns
from clearedge_tui.core.errors import ClearEdgeError, Refused
from clearedge_tui.core.job_process import serve
from clearedge_tui.market.task import Ended
from clearedge_tui.research import baskets
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.client import call

KIND = "rebalance"


class RebalanceTask(msgspec.Struct, frozen=True):
    root: str
    name: str


_decode = msgspec.msgpack.Decoder(RebalanceTask).decode


class Change(msgspec.Struct, frozen=True):
    """One instance of a basket: what it held to, what it holds to from now on."""

    instance: str
    market: str
    before: float | None  # None: it was not declared
    value: float
    said: str = ""


class Balanced(msgspec.Struct, frozen=True):
    name: str
    at_ns: int  # close of the newest bar that was known; 0: none
    changes: tuple[Change, ...]

    @property
    def text(self) -> str:
        moved = sum(one.before != one.value for one in self.changes)
        known = f"by bars up to {iso(self.at_ns)}" if self.at_ns else "nothing has been played yet"
        return f"{self.name}: {moved} of {len(self.changes)} changed, {known}"


def rebalance(home: Home, name: str, who: str = "", dry: bool = False) -> Balanced:
    """Compute what a basket holds now and tell its instances; those that are missing are declared.

    Of stored data that an account replays, "now" is where the replay has got to.
    """
    basket = baskets.named(home, name)
    as_of_ns = _as_of_ns(home, basket)
    found = baskets.wanted(home, basket, as_of_ns) if as_of_ns else baskets.nothing(basket)
    known = {row["id"]: row for row in _do(home, "instance.list", {}, who)}
    changes = []
    for market, value in found.values.items():
        change = _change(known, baskets.instance_id(name, market), market, value)
        if not dry and change.before != value:
            change = msgspec.structs.replace(change, said=_tell(home, basket, change, who))
        changes.append(change)
    return Balanced(name, found.at_ns, tuple(changes))


def _as_of_ns(home: Home, basket: baskets.Basket) -> int:
    """Return the basket's now in UTC ns; 0 while its account's replay has not begun."""
    name = basket.account
    row = next((a for a in _do(home, "account.list", {}, "") if a["name"] == name), None)
    if row is None:
        raise Refused(f"no account is called `{name}`; see: clearedge account list")
    if row["venue"]:
        return now_ns()
    if row["feed"] != "replay":
        raise Refused(
            f"account `{name}` plays {row['feed']} data; wanted one that hears a venue or replays "
            "the catalog, whose bars a basket is chosen by"
        )
    played = [at for market, at in row["clocks"].items() if market in basket.markets]
    return int(min(played, default=0))


def _change(
    known: Mapping[str, Mapping[str, Any]], instance: str, market: str, value: float
) -> Change:
    row = known.get(instance)
    if row is None:
        return Change(instance, market, None, value)
    if row["strategy"] != baskets.HOLDER or row["market"] != market:
        raise Refused(
            f"instance `{instance}` is a {row['strategy']} on {row['market']}, none of this basket's; "
            "remove it, or give the basket another name"
        )
    return Change(instance, market, float(str(row["config"].get("value", 0))), value)


def _tell(home: Home, basket: baskets.Basket, change: Change, who: str) -> str:
    config = {"value": f"{change.value:.2f}"}
    if change.before is not None:
        ask: dict[str, object] = {"id": change.instance, "config": config}
        return str(_message(home, "instance.set", ask, who))
    ask = {
        "id": change.instance, "strategy": baskets.HOLDER, "account": basket.account,
        "market": change.market, "timeframe": basket.timeframe, "mode": "observe", "config": config,
    }  # fmt: skip
    return str(_message(home, "instance.add", ask, who))


def _do(home: Home, verb: str, args: Mapping[str, object], who: str) -> list[dict[str, Any]]:
    result = call(home, verb, args, who)
    if result.status == "refused":
        raise Refused(result.message)
    found = result.data
    return list(found) if isinstance(found, list | tuple) else []


def _message(home: Home, verb: str, args: Mapping[str, object], who: str) -> str:
    result = call(home, verb, args, who)
    if result.status == "refused":
        raise Refused(f"{args['id']}: {result.message}")
    return result.message


def run(task: RebalanceTask) -> Ended:
    """Do it and say how it ended; every error becomes words."""
    try:
        return Ended(rebalance(Home(Path(task.root)), task.name, "schedule").text)
    except ClearEdgeError as error:
        return Ended(error=str(error), code=error.exit_code)


def main() -> int:
    """Entry of the job's process; the descriptor to answer on is the only argument."""
    return serve(int(sys.argv[1]), _decode, lambda task, _send: run(task))


if __name__ == "__main__":
    raise SystemExit(main())
