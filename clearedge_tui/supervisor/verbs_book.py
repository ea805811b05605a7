"""`book.…`: orders, fills and positions over all instances, from the database and what is in memory."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.messages import LedgerRow
from clearedge_tui.core.model import Book, Instance, Order, OrderStatus
from clearedge_tui.settings import Account, load_accounts
from clearedge_tui.store import blotter
from clearedge_tui.store.db import open_reader
from clearedge_tui.store.reads import Reader
from clearedge_tui.supervisor.arguments import Args, number, plain, text

if TYPE_CHECKING:
    from clearedge_tui.supervisor.commands import Commands, Verb
    from clearedge_tui.supervisor.runtime import AccountRun

Answer = tuple[str, object]
_MOST = 500


async def orders(commands: "Commands", args: Args, who: str) -> Answer:
    """Return a page of orders, newest first; on the first one also what is not ours at venues."""
    del who
    limit, offset = _page(args)
    words = text(args, "words").split()
    _written(commands)
    only_open = args.get("open") is True
    found, total = await _read(
        commands, lambda r: blotter.orders(r, limit, offset, words, only_open)
    )
    runs = commands.supervisor.runs if commands.supervisor else {}
    known = _Known(commands)
    rows = []
    for one in found:
        run = runs.get(one.instance)
        newest = run.orders.get(one.id, one) if run is not None else one
        rows.append({**_plain(newest), **known.of(one.instance), "external": False})
    external = list(_external(commands)) if not offset else []
    external = [row for row in external if _holds(row, words)]
    return "", {"rows": external + rows, "total": total + len(external), "at_ns": now_ns()}


async def fills(commands: "Commands", args: Args, who: str) -> Answer:
    """Return a page of fills, newest first."""
    del who
    limit, offset = _page(args)
    _written(commands)
    words = text(args, "words").split()
    found, total = await _read(commands, lambda r: blotter.fills(r, limit, offset, words))
    known = _Known(commands)
    rows = [{**_plain(one), **known.of(one.instance)} for one in found]
    return "", {"rows": rows, "total": total, "at_ns": now_ns()}


async def positions(commands: "Commands", args: Args, who: str) -> Answer:
    """Return every position of every book, real money first, and what venues say without us."""
    del who
    words = text(args, "words").split()
    known = _Known(commands)
    rows = [_position(one, known) for one in _ledgers(commands) if one.position.size]
    rows += _at_venues(commands, rows)
    order = {"live": 0, "paper": 1, "shadow": 2}
    kept = [row for row in rows if _holds(row, words)]
    kept.sort(key=lambda row: (order.get(str(row["book"]), 3), str(row["instance"])))
    limit, offset = _page(args)
    page = kept[offset : offset + limit]
    return "", {"rows": page, "total": len(kept), "at_ns": now_ns()}


# ---- what is known of an instance -------------------------------------------------------------
class _Known:
    """Account and market of instances, also of those that were removed: their rows stay."""

    def __init__(self, commands: "Commands") -> None:
        self._instances: dict[str, Instance] = {i.id: i for i in commands.store.instances()}
        self._accounts: dict[str, Account] = load_accounts(commands.home)

    def of(self, instance: str) -> dict[str, object]:
        found = self._instances.get(instance)
        account = self._accounts.get(found.account) if found else None
        return {
            "account": found.account if found else "",
            "live": bool(account and account.live),
            "currency": account.currency if account else "",
        }

    def market(self, instance: str) -> str:
        found = self._instances.get(instance)
        return found.market if found else ""


def _ledgers(commands: "Commands") -> Iterable[LedgerRow]:
    if commands.supervisor is None:
        return commands.store.ledgers()
    return [row for run in commands.supervisor.runs.values() for row in run.ledgers.values()]


def _position(row: LedgerRow, known: _Known) -> dict[str, object]:
    held, price = row.position, row.price
    return {
        "instance": row.instance, "book": str(row.book), "market": known.market(row.instance),
        **known.of(row.instance), "size": str(held.size), "avg_price": str(held.avg_price),
        "price": str(price) if price is not None else None,
        "unrealised": str(held.unrealised(price)) if price is not None else None,
        "realised": str(held.realised), "fees": str(held.fees), "open_orders": row.open_orders,
        "at_ns": row.at_ns, "external": False,
    }  # fmt: skip


# ---- what venues say --------------------------------------------------------------------------
def _places(commands: "Commands") -> list["AccountRun"]:
    return list(commands.supervisor.places.places.values()) if commands.supervisor else []


def _external(commands: "Commands") -> Iterable[dict[str, object]]:
    """Yield orders at venues that no ledger of ours knows, as the last comparison told them."""
    for place in _places(commands):
        state, compared = place.venue, place.compared
        if state is None or compared is None:
            continue
        strange = {d.subject for d in compared.differences if d.kind == "order"}
        for raw in state.orders:
            if raw.venue_id in strange:
                order = Order(
                    raw.venue_id, "", Book.LIVE, raw.market, raw.side,
                    "limit" if raw.price else "market", raw.size, raw.price, raw.filled,
                    status=OrderStatus.OPEN, at_ns=state.answered_ns, updated_ns=state.answered_ns,
                )  # fmt: skip
                where: dict[str, object] = {"account": place.name, "live": True, "currency": ""}
                yield {**_plain(order), **where, "external": True}


def _at_venues(commands: "Commands", ours: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return what a venue holds beyond the sum of our ledgers, one row a market."""
    rows: list[dict[str, object]] = []
    for place in _places(commands):
        state = place.venue
        if state is None or state.error:
            continue
        for market in {one.market for one in state.positions}:
            mine = sum(
                (Decimal(str(row["size"])) for row in ours
                 if row["account"] == place.name and row["market"] == market and row["book"] == "live"),
                Decimal(0),
            )  # fmt: skip
            beyond = state.position(market) - mine
            if beyond:
                rows.append({
                    "instance": "", "book": "live", "market": market, "account": place.name, "live": True,
                    "currency": "", "size": str(beyond), "avg_price": "0", "price": None, "unrealised": None,
                    "realised": "0", "fees": "0", "open_orders": 0, "at_ns": state.answered_ns, "external": True,
                })  # fmt: skip
    return rows


def _written(commands: "Commands") -> None:
    """Have the newest orders in the database: what cannot be written now is shown a little later."""
    if commands.supervisor is not None:
        with contextlib.suppress(ClearEdgeError):
            commands.supervisor.record.flush()


async def _read[T](commands: "Commands", ask: Callable[[Reader], T]) -> T:
    """Read in a thread of its own: words are looked for in every row, and engines are not to wait."""

    def read() -> T:
        with open_reader(commands.store.path) as reader:
            return ask(reader)

    return await asyncio.to_thread(read)


def _page(args: Args) -> tuple[int, int]:
    return max(1, min(_MOST, number(args, "limit", 200))), max(0, number(args, "offset", 0))


def _holds(row: dict[str, object], words: list[str]) -> bool:
    said = " ".join(str(value) for value in row.values()).lower()
    said += " external" if row.get("external") else ""
    return all(
        (word[1:].lower() not in said) if word.startswith("!") else (word.lower() in said)
        for word in words
    )


def _plain(struct: object) -> dict[str, object]:
    found = plain(struct)
    assert isinstance(found, dict)  # noqa: S101  # a struct
    return found


VERBS: "dict[str, Verb]" = {
    "book.orders": orders,
    "book.fills": fills,
    "book.positions": positions,
}
