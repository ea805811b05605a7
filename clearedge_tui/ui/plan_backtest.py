"""The form of a backtest, and the sending of one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import InstanceRow
from clearedge_tui.ui import fields as schema_fields
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.form import FormField
from clearedge_tui.ui.supply import Supply, about, show, with_supply

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

Lines = list[tuple[str, int]]
SAVE = "save as"
_TERMS = (
    FormField("balance", "100000", about="money at the start"),
    FormField(
        "fill", "next_open", ("next_open", "same_close"), about="an order decided on a close"
    ),
    FormField("fees", "", about="empty: the market's own; rates, per_share:0.005, none"),
    FormField("slippage", "", about="empty: usual for its class; bps:1, ticks:1, none"),
    FormField("latency", "", about="empty: none; ms:250"),
    FormField("funding", "", about="empty: usual; rate:0.0001/8h, none"),
    FormField("borrow", "", about="empty: usual; rate:0.01, none"),
    FormField("tags", "", about="words to find it by, with commas"),
    FormField(SAVE, "", about="a file: the specification is written there too"),
)


@dataclass(slots=True)
class BacktestPlan:
    """Ask for a backtest; from and to may stay empty for all the data there is."""

    supply: Supply
    strategy: str = ""
    market_id: str = ""
    config: Mapping[str, object] = field(default_factory=dict)
    title: str = "Backtest   from and to may stay empty: all the data there is"

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        names = tuple(self.supply.strategies) or ((self.strategy,) if self.strategy else ())
        strategy = raw.get("strategy") or self.strategy or (names[0] if names else "")
        own = next(
            (Supply.label(m) for m in self.supply.markets if m.get("market_id") == self.market_id),
            "",
        )
        label = raw.get("market") or own or (self.supply.labels() or ("",))[0]
        market = self.supply.market(label)
        rows = [
            FormField("strategy", self.strategy or strategy, names),
            FormField("market", own or label, self.supply.labels(), about=about(market)),
            FormField("from", "", about=f"first {f.day(_ns(market, 'first_ns'))}; like 2022-01-31"),
            FormField("to", "", about=f"last {f.day(_ns(market, 'last_ns'))}; not included"),
        ]
        schema = self.supply.schema(strategy)
        config = self.config if strategy == self.strategy else {}
        own_rows = schema_fields.form_fields(schema, config) if schema else []
        taken = {row.name for row in (*rows, *own_rows)}
        return [*rows, *own_rows, *(row for row in _TERMS if row.name not in taken)]

    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        errors = {key: wrong for key in ("from", "to") if (wrong := wrong_date(raw.get(key, "")))}
        for key in ("strategy", "market"):
            if not raw.get(key):
                errors[key] = f"there is no {key} to choose"
        if not errors and raw.get("from") and raw.get("to") and raw["from"] >= raw["to"]:
            errors["to"] = "not after from"
        schema = self.supply.schema(raw.get("strategy", ""))
        if schema:
            errors |= schema.check(schema_fields.to_raw(schema, raw))[1]
        return errors

    def difference(self, raw: Mapping[str, str]) -> Lines:
        span = f"{raw.get('from') or 'first bar'} to {raw.get('to') or 'last bar'}"
        return [(f"{raw['strategy']} on {raw['market']}", p.BRIGHT), (span, p.TEXT)]

    def apply(self, ui: "Console", raw: Mapping[str, str], done: Callable[[], None]) -> None:
        schema = self.supply.schema(raw["strategy"])
        config = schema.check(schema_fields.to_raw(schema, raw))[0] if schema else {}
        market = self.supply.market(raw["market"])
        terms = {row.name: raw.get(row.name, "") for row in _TERMS if row.name not in config}
        file = terms.pop(SAVE, "")
        terms["fill_at"] = terms.pop("fill", "")
        args: dict[str, object] = {
            "strategy": raw["strategy"],
            "market": str(market.get("market_id", "")),
            "timeframe": str(market.get("timeframe") or ""),
            "start": raw.get("from", ""),
            "end": raw.get("to", ""),
            "config": config,
            **{name: value for name, value in terms.items() if value},
        }
        if file:
            ui.ask("spec.save", {**args, "file": file}, f"save {clean_text(file)}")
        send_backtest(ui, **args)


def send_backtest(ui: "Console", **args: object) -> None:
    """Send a backtest and go where its progress is shown."""
    given = {key: value for key, value in args.items() if value or value is False}
    ui.ask("backtest.run", given, f"backtest {clean_text(args.get('strategy'))}")
    ui.visit("runs")


def _ns(market: Mapping[str, object], key: str) -> int:
    value = market.get(key)
    return value if isinstance(value, int) else 0


def wrong_date(text: str) -> str:
    """Return what is wrong with a typed date; empty when nothing is."""
    from datetime import datetime

    if not text:
        return ""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return "wanted a date like 2022-01-31"
    return ""


def open_backtest(
    ui: "Console", instance: InstanceRow | None = None, market_id: str = "", strategy: str = ""
) -> None:
    """Open the backtest form, filled from an instance, a market or a strategy when there is one."""
    from clearedge_tui.ui.screens.form_page import FormPage

    detail = ui.model.detail
    config = detail.config if instance and detail and detail.id == instance.id else {}
    chosen = instance.strategy if instance else strategy
    wanted = instance.market_id if instance else market_id
    with_supply(ui, lambda s: show(ui, FormPage(BacktestPlan(s, chosen, wanted, config))))
