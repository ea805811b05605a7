"""The form of an order by hand. What it would do is asked before it is sent; real money is typed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from clearedge_tui.core.model import AccountKind
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.form import FormField
from clearedge_tui.ui.grid import Line
from clearedge_tui.ui.screens.dialogs import Reading, Typed

if TYPE_CHECKING:
    from clearedge_tui.supervisor.protocol import InstanceRow, Result
    from clearedge_tui.ui.console import Console

_KINDS: Final = ("market", "limit", "stop")


@dataclass(slots=True)
class OrderPlan:
    """`rows` are the instances that an order may belong to, the chosen one first."""

    rows: Sequence["InstanceRow"]
    title: str = field(
        default="Order by hand   it goes to the account's own book, whatever the mode is"
    )

    def chosen(self, raw: Mapping[str, str]) -> "InstanceRow":
        name = raw.get("instance", "")
        return next((row for row in self.rows if row.id == name), self.rows[0])

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        row = self.chosen(raw)
        kind = raw.get("kind") or "market"
        live = row.account_kind is AccountKind.LIVE
        money = "REAL MONEY" if live else "paper"
        priced = {
            "limit": [FormField("price", "", about="the limit")],
            "stop": [FormField("stop", "", about="the price that sets it off; then at the market")],
        }.get(kind, [])
        return [
            FormField("instance", row.id, tuple(one.id for one in self.rows), about=f"{row.account}: {money}"),
            FormField("side", "buy", ("buy", "sell"), about=f"{row.market}, now {f.size(row.position)} held"),
            FormField("size", "", about=f"newest price {f.price(row.price)}"),
            FormField("kind", "market", _KINDS),
            *priced,
            FormField("reduce_only", "no", ("no", "yes"), about="never more than the position"),
        ]  # fmt: skip

    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        errors = {}
        for name in ("size", "price", "stop"):
            if name in raw and not _positive(raw[name]):
                errors[name] = "a number above 0"
        return errors

    def args(self, raw: Mapping[str, str]) -> dict[str, object]:
        found: dict[str, object] = {name: raw[name] for name in ("instance", "side", "size")}
        found |= {name: raw[name] for name in ("price", "stop") if name in raw}
        return found | {"reduce_only": raw["reduce_only"] == "yes"}

    def difference(self, raw: Mapping[str, str]) -> list[Line]:
        row = self.chosen(raw)
        at = raw.get("price") or raw.get("stop") or "the market"
        live = row.account_kind is AccountKind.LIVE
        ink = p.LIVE | p.BOLD if live else p.BRIGHT
        what = f"{raw['side']} {raw['size']} {row.market} at {at}, for {row.id} on {row.account}"
        return [
            (clean_text(what), ink),
            ("enter asks what it would do; nothing is placed yet", p.DIM),
        ]

    def apply(self, ui: "Console", raw: Mapping[str, str], done: Callable[[], None]) -> None:
        args = self.args(raw)

        def told(result: "Result") -> None:
            if result.status == "done" and isinstance(result.data, dict):
                confirm(ui, args, result.data, done)

        ui.ask("order.preview", args, "preview", told, quiet=True)


def _positive(said: str) -> bool:
    try:
        number = Decimal(said)
    except InvalidOperation:
        return False
    return number.is_finite() and number > 0


def told(args: Mapping[str, object], data: Mapping[str, Any], hide: bool) -> list[Line]:
    """Return what an order would do, the rule that would refuse it first."""
    money = AccountKind.LIVE if data.get("live") else AccountKind.PAPER
    what = f"{args['side']} {args['size']} {data['market']} {data['kind']} at {_say(data.get('price'))}"
    head = p.LIVE if money is AccountKind.LIVE else p.BRIGHT
    lines: list[Line] = [(clean_text(what), head | p.BOLD)]
    if data.get("refused"):
        lines.append((f"IT WOULD BE REFUSED: {clean_text(data['refused'], 300)}", p.BAD | p.BOLD))
    if data.get("killed"):
        lines.append((clean_text(data["killed"]), p.BAD | p.BOLD))
    worth = f.HIDDEN if hide else _say(data.get("worth"))
    lines += [
        (f"position   {_say(data['position'])} → {_say(data['after'])}", p.TEXT),
        (f"worth      {worth}", p.TEXT),
    ]
    if data.get("gross_then") is not None:
        gross = f.HIDDEN if hide else f"{_say(data['gross'])} → {_say(data['gross_then'])}"
        lines.append((f"exposure   {gross} gross on its account", p.TEXT))
    lines += [("", p.TEXT), ("limits, what is left of each before and with it", p.DIM)]
    limits = sorted(
        data.get("limits") or [], key=lambda one: str(one["state"]) not in ("breach", "warn")
    )
    for one in limits:
        ink = {"breach": p.BAD, "warn": p.WARN, "unknown": p.WARN}.get(str(one["state"]), p.TEXT)
        left = (
            "asked of each order"
            if one["left"] is None
            else f"{_say(one['left'])} → {_say(one['left_then'])}"
        )
        lines.append((clean_text(f"  {one['scope']} {one['key']}  {one['name']:<18} {left}"), ink))
    return lines


def _say(value: object) -> str:
    return "unknown" if value is None else f.number(Decimal(str(value)))


def confirm(
    ui: "Console", args: Mapping[str, object], data: Mapping[str, Any], done: Callable[[], None]
) -> None:
    """Show the preview; then enter places it, and on real money the instance's name."""
    lines = told(args, data, ui.look.hide_money)
    name, live = str(data["instance"]), bool(data.get("live"))

    def send(more: dict[str, object]) -> None:
        ui.ask("order.place", {**args, **more}, f"{clean_text(name)}: order", lambda result: (
            done() if result.status == "done" else None
        ))  # fmt: skip

    def typed(yes: bool | None) -> None:
        if yes:
            send({"confirm": name})

    def read(yes: bool | None) -> None:
        if not yes:
            return
        if live:
            first = (lines[0], ("a real order, real money", p.LIVE | p.BOLD))
            ui.push_screen(Typed(first, name), typed)
        else:
            send({})

    end: list[Line] = [("", p.TEXT), ("enter places it, esc goes back to the form", p.DIM)]
    ui.push_screen(Reading([*lines, *end]), read)


def open_order(ui: "Console", names: Sequence[str] = ()) -> None:
    """Open the form, for these instances first."""
    from clearedge_tui.ui.screens.form_page import FormPage

    rows = sorted(ui.model.instances.values(), key=lambda row: (row.id not in names, row.id))
    if not rows:
        ui.model.say("an order belongs to an instance, and there is none yet")
        ui.paint_now()
        return
    ui.push_screen(FormPage(OrderPlan(rows)))
