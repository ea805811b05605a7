"""Orders, fills and positions of all instances as rows, newest first; doubt and strangers stand out."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.grid import Cell, Col, Line, Row
from clearedge_tui.ui.look import Look
from clearedge_tui.ui.paint import words

ORDERS: Final = (
    Col("AGE", 6, right=True),
    Col("STATE", 11),
    Col("BOOK", 6),
    Col("INSTANCE", 15, grow=True),
    Col("MARKET", 20, least=86),
    Col("SIDE", 4),
    Col("SIZE", 10, right=True),
    Col("FILLED", 10, right=True, least=100),
    Col("PRICE", 12, right=True),
    Col("KIND", 6, least=112),
    Col("TAG", 10, least=140),
    Col("REASON", 24, least=124, grow=True),
)
FILLS: Final = (
    Col("AGE", 6, right=True),
    Col("BOOK", 6),
    Col("INSTANCE", 16, grow=True),
    Col("MARKET", 20, least=76),
    Col("SIDE", 4),
    Col("SIZE", 10, right=True),
    Col("PRICE", 12, right=True),
    Col("FEE", 9, right=True, least=92),
    Col("REALISED", 11, right=True),
    Col("ORDER", 26, least=124, grow=True),
)
POSITIONS: Final = (
    Col("BOOK", 6),
    Col("INSTANCE", 12, grow=True),
    Col("ACCOUNT", 10, least=92),
    Col("MARKET", 20, least=80),
    Col("SIZE", 9, right=True),
    Col("ENTRY", 12, right=True, least=104),
    Col("PRICE", 9, right=True),
    Col("UNREALISED", 10, right=True),
    Col("REALISED", 11, right=True, least=116),
    Col("FEES", 9, right=True, least=128),
    Col("AGE", 6, right=True),
)
_STATUS: Final = {
    "unknown": p.BAD | p.BOLD, "rejected": p.BAD, "denied": p.WARN, "sent": p.ACCENT, "open": p.ACCENT,
    "partial": p.ACCENT, "filled": p.GOOD, "cancelled": p.DIM,
}  # fmt: skip
_BOOK: Final = {"live": p.LIVE | p.BOLD, "paper": p.PAPER, "shadow": p.SHADOW}
OPEN: Final = ("sent", "open", "partial", "unknown")


class Page(msgspec.Struct, frozen=True):
    """One page of a blotter as it is answered."""

    rows: list[dict[str, Any]] = []
    total: int = 0
    at_ns: int = 0


class Held(msgspec.Struct, frozen=True):
    """A position as it is answered, for what a key does to it."""

    instance: str
    book: str
    market: str
    size: Decimal
    live: bool = False
    external: bool = False


Clock = Callable[
    [Mapping[str, Any]], int
]  # the time that a row's own times are to be compared with


def order_rows(found: Iterable[Mapping[str, Any]], look: Look, clock: Clock) -> list[Row]:
    return [_order(one, look, clock(one)) for one in found]


def _order(one: Mapping[str, Any], look: Look, now_ns: int) -> Row:
    status, strange = str(one["status"]), bool(one.get("external"))
    open_ = status in OPEN
    ink = _STATUS.get(status, p.WARN)
    said = status.upper() if status == "unknown" else status
    plain = p.TEXT if open_ else p.DIM
    who: Cell = (
        ("EXTERNAL", p.WARN | p.BOLD)
        if strange
        else (str(one["instance"]), p.BRIGHT if open_ else p.DIM)
    )
    price = one.get("price") or one.get("trigger")
    at = "market" if price is None else _number(price)
    reason = str(one.get("reason") or "")
    about: list[Line] = [
        (f"{one['side']} {_number(one['size'])} {one['market']} at {at}, {one['kind']}: {said}"
         f"{f', filled {_number(one['filled'])} at {_number(one.get('avg_price'))}' if Decimal(str(one['filled'])) else ''}", ink),
    ]  # fmt: skip
    if status == "unknown":
        about.append(
            ("WHAT BECAME OF IT IS NOT KNOWN: nothing is entered on its market", p.BAD | p.BOLD)
        )
    if strange:
        about.append(
            ("the venue has it and no ledger of ours knows it: 7, enter, tab settles it", p.WARN)
        )
    if reason:
        about.append((reason, p.TEXT))
    about.append(
        (f"{one['id']}   decided {f.moment(int(one['at_ns']))}   {one.get('tag') or ''}", p.DIM)
    )
    cells: tuple[Cell, ...] = (
        (_age(one.get("updated_ns") or one["at_ns"], now_ns), p.DIM), (said, ink),
        (str(one["book"]).upper() if one["book"] == "live" else str(one["book"]), _BOOK.get(str(one["book"]), p.DIM)),
        who, (str(one["market"]), plain), (str(one["side"]), p.UP if one["side"] == "buy" else p.DOWN),
        (_number(one["size"]), plain), (_number(one["filled"]), plain), (at, plain), (str(one["kind"]), p.DIM),
        (str(one.get("tag") or ""), p.DIM), (reason, p.WARN if reason else p.DIM),
    )  # fmt: skip
    return Row(str(one["id"]), cells, tuple(about), words=f"{one.get('account')} {one['id']}")


def fill_rows(found: Iterable[Mapping[str, Any]], look: Look, clock: Clock) -> list[Row]:
    return [_fill(one, look, clock(one)) for one in found]


def _fill(one: Mapping[str, Any], look: Look, now_ns: int) -> Row:
    realised = Decimal(str(one["realised"]))
    book = str(one["book"])
    cells: tuple[Cell, ...] = (
        (_age(one["at_ns"], now_ns), p.DIM), (book.upper() if book == "live" else book, _BOOK.get(book, p.DIM)),
        (str(one["instance"]), p.BRIGHT), (str(one["market"]), p.TEXT),
        (str(one["side"]), p.UP if one["side"] == "buy" else p.DOWN), (_number(one["size"]), p.TEXT),
        (_number(one["price"]), p.TEXT), (f.amount(Decimal(str(one["fee"])), look.hide_money), p.DIM),
        (f.money(realised, look.hide_money) if realised else "–", words.money_ink(realised)), (str(one["order"]), p.DIM),
    )  # fmt: skip
    told = f"{one['side']} {_number(one['size'])} {one['market']} @ {_number(one['price'])}, {f.moment(int(one['at_ns']))} UTC"
    about = (
        (told, p.TEXT),
        (f"order {one['order']}   fill {one['id']}   account {one.get('account') or '–'}", p.DIM),
    )
    return Row(f"{one['instance']} {book} {one['id']}", cells, about, words=str(one.get("account")))


def position_rows(found: Iterable[Mapping[str, Any]], look: Look, clock: Clock) -> list[Row]:
    return [_position(one, look, clock(one)) for one in found]


def position_key(one: Mapping[str, Any]) -> str:
    return f"{one['instance']} {one['book']} {one['account']} {one['market']}"


def _position(one: Mapping[str, Any], look: Look, now_ns: int) -> Row:
    book, strange = str(one["book"]), bool(one.get("external"))
    size = Decimal(str(one["size"]))
    gain = Decimal(str(one["unrealised"])) if one.get("unrealised") is not None else None
    realised = Decimal(str(one["realised"])) if not strange else None
    who: Cell = ("EXTERNAL", p.WARN | p.BOLD) if strange else (str(one["instance"]), p.BRIGHT)
    held = f.HIDDEN if look.hide_money else f.size(size)
    entry = _number(one["avg_price"]) if not strange else "unknown"
    about: list[Line] = [
        (f"{one['market']} on {one['account'] or '–'}: {held} from {entry}", words.money_ink(size))
    ]
    if strange:
        about.append(
            ("the venue holds it and no ledger of ours does: 7, enter, tab settles it", p.WARN)
        )
    elif book == "shadow":
        about.append(("a shadow book: no money, nothing of it is at a venue", p.SHADOW))
    elif gain is None:
        about.append(("no price has been seen: what it is worth is not known", p.WARN))
    cells: tuple[Cell, ...] = (
        (book.upper() if book == "live" else book, _BOOK.get(book, p.DIM)), who, (str(one["account"] or "–"), p.DIM),
        (str(one["market"]), p.TEXT), (held, words.money_ink(size)), (entry, p.TEXT),
        (_number(one.get("price")) if one.get("price") is not None else "unknown", p.TEXT),
        (f.money(gain, look.hide_money) if gain is not None else "unknown", words.money_ink(gain)),
        (f.money(realised, look.hide_money), words.money_ink(realised)),
        (f.amount(Decimal(str(one["fees"])) if not strange else None, look.hide_money), p.DIM),
        (_age(one["at_ns"], now_ns), p.DIM),
    )  # fmt: skip
    return Row(position_key(one), cells, tuple(about), words="external" if strange else "")


def _age(at_ns: object, now_ns: int) -> str:
    at = int(str(at_ns or 0))
    return _short((now_ns - at) / 1e9) if at else "–"


def _short(seconds: float) -> str:
    return clean_text(f.duration(seconds), 6)


def _number(value: object) -> str:
    if value is None:
        return "–"
    return f.number(Decimal(str(value)))
