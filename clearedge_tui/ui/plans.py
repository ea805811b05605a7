"""What forms are for: changing a configuration, declaring an instance, asking for a backtest."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import Detail, InstanceRow, Result
from clearedge_tui.ui import fields as schema_fields
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.form import FormField

if TYPE_CHECKING:
    from clearedge_tui.contract.schema import Schema
    from clearedge_tui.ui.console import Console

Lines = list[tuple[str, int]]
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,38}[a-z0-9]")
TIMEFRAMES = ("1m", "5m", "15m", "1h", "4h", "1d")


@dataclass(slots=True)
class ConfigPlan:
    """Change the configuration of one instance: live fields in place, others by a reload."""

    row: InstanceRow
    detail: Detail
    schema: "Schema"

    @property
    def title(self) -> str:
        return f"{clean_text(self.row.id)}   config v{self.row.config_version}   {clean_text(self.row.strategy)}"

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        return schema_fields.form_fields(self.schema, self.detail.config, running=True)

    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        return self.schema.check(schema_fields.to_raw(self.schema, raw))[1]

    def _changed(self, raw: Mapping[str, str]) -> dict[str, object]:
        values, _ = self.schema.check(schema_fields.to_raw(self.schema, raw))
        before = self.detail.config
        return {name: value for name, value in values.items() if before.get(name) != value}

    def difference(self, raw: Mapping[str, str]) -> Lines:
        lines: Lines = []
        for name, value in self._changed(raw).items():
            live = self.schema.fields[name].live
            duration = str(self.schema.fields[name].type) == "duration"
            as_text = schema_fields.duration_text if duration else schema_fields.as_text
            old = as_text(self.detail.config.get(name))
            if self.schema.fields[name].secret:
                text = f"{name:<16} changed"
            else:
                text = f"{name:<16} {old or '–'}  →  {as_text(value)}"
            how = "live: in place" if live else "reload; keeps its state"
            lines.append((f"{text:<46} {how}", p.GOOD if live else p.WARN))
        return lines

    def apply(self, ui: "Console", raw: Mapping[str, str], done: Callable[[], None]) -> None:
        values = self._changed(raw)
        ui.ask(
            "instance.set", {"id": self.row.id, "config": values}, f"{clean_text(self.row.id)}: config",
            lambda result: done() if result.status == "done" else None,
        )  # fmt: skip


@dataclass(slots=True)
class Supply:
    """What the supervisor offers to choose from, asked for before a form opens."""

    strategies: dict[str, Mapping[str, object]] = field(default_factory=dict)  # name -> schema
    markets: list[Mapping[str, object]] = field(default_factory=list)

    def schema(self, strategy: str) -> "Schema | None":
        plain = self.strategies.get(strategy)
        return schema_fields.load(plain) if plain else None

    def labels(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.label(m) for m in self.markets))

    @staticmethod
    def label(market: Mapping[str, object]) -> str:
        return clean_text(f"{market.get('market')} {market.get('timeframe') or ''}".strip())

    def market(self, label: str) -> Mapping[str, object]:
        return next((m for m in self.markets if self.label(m) == label), {})


@dataclass(slots=True)
class NewPlan:
    """Declare a new instance; what cannot be changed later comes first."""

    supply: Supply
    accounts: tuple[str, ...]
    taken: frozenset[str]
    title: str = "New instance   id, strategy, account and market never change afterwards"
    _own = ("id", "strategy", "account", "market", "timeframe", "mode")

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        names = tuple(self.supply.strategies)
        strategy = raw.get("strategy") or (names[0] if names else "")
        label = raw.get("market") or (self.supply.labels() or ("",))[0]
        own_frame = clean_text(self.supply.market(label).get("timeframe") or "1m")
        frames = (own_frame, *(t for t in TIMEFRAMES if t != own_frame))
        rows = [
            FormField("id", "", about="a-z, 0-9 and -; empty: one is made"),
            FormField("strategy", strategy, names, about="from the strategies folder"),
            FormField(
                "account",
                self.accounts[0] if self.accounts else "",
                self.accounts,
                about="where orders go",
            ),
            FormField(
                "market", label, self.supply.labels(), about=_about(self.supply.market(label))
            ),
            FormField("timeframe", own_frame, frames, about="of its bars"),
            FormField("mode", "observe", ("off", "observe"), about="active comes later, with m"),
        ]
        schema = self.supply.schema(strategy)
        return rows + (schema_fields.form_fields(schema, {}) if schema else [])

    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        name = raw.get("id", "")
        errors: dict[str, str] = {}
        if name and not _ID.fullmatch(name):
            errors["id"] = "2 to 40 of a-z, 0-9 and -, none at an end"
        elif name in self.taken:
            errors["id"] = "this name is taken"
        for key in ("strategy", "account", "market"):
            if not raw.get(key):
                errors[key] = f"there is no {key} to choose"
        schema = self.supply.schema(raw.get("strategy", ""))
        if schema:
            errors |= schema.check(schema_fields.to_raw(schema, raw))[1]
        return errors

    def _args(self, raw: Mapping[str, str]) -> dict[str, object]:
        schema = self.supply.schema(raw["strategy"])
        config = schema.check(schema_fields.to_raw(schema, raw))[0] if schema else {}
        market = self.supply.market(raw["market"])
        args: dict[str, object] = {name: raw[name] for name in self._own}
        return args | {"market": str(market.get("market_id", "")), "config": config}

    def difference(self, raw: Mapping[str, str]) -> Lines:
        return [(f"{name:<16} {raw[name] or 'one is made'}", p.TEXT) for name in self._own]

    def apply(self, ui: "Console", raw: Mapping[str, str], done: Callable[[], None]) -> None:
        ui.ask(
            "instance.add", self._args(raw), f"{raw['id'] or raw['strategy']}: add",
            lambda result: done() if result.status == "done" else None,
        )  # fmt: skip


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
            FormField("market", own or label, self.supply.labels(), about=_about(market)),
            FormField("from", "", about=f"first {f.day(_ns(market, 'first_ns'))}; like 2022-01-31"),
            FormField("to", "", about=f"last {f.day(_ns(market, 'last_ns'))}; not included"),
        ]
        schema = self.supply.schema(strategy)
        config = self.config if strategy == self.strategy else {}
        return rows + (schema_fields.form_fields(schema, config) if schema else [])

    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        errors = {key: wrong for key in ("from", "to") if (wrong := _wrong_date(raw.get(key, "")))}
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
        send_backtest(
            ui, strategy=raw["strategy"], market=str(market.get("market_id", "")),
            timeframe=str(market.get("timeframe") or ""), start=raw.get("from", ""), end=raw.get("to", ""), config=config,
        )  # fmt: skip


def send_backtest(ui: "Console", **args: object) -> None:
    """Send a backtest and go where its progress is shown."""
    given = {key: value for key, value in args.items() if value}
    ui.ask("backtest.run", given, f"backtest {clean_text(args.get('strategy'))}")
    ui.visit("runs")


def _about(market: Mapping[str, object]) -> str:
    kind = "simulated" if market.get("simulated") else "real data"
    return f"{clean_text(market.get('market_id', ''))}  {kind}" if market else ""


def _ns(market: Mapping[str, object], key: str) -> int:
    value = market.get(key)
    return value if isinstance(value, int) else 0


def _wrong_date(text: str) -> str:
    from datetime import datetime

    if not text:
        return ""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return "wanted a date like 2022-01-31"
    return ""


def with_supply(ui: "Console", use: Callable[[Supply], None]) -> None:
    """Ask for strategies and markets, then go on; a refusal is shown and ends it."""
    supply = Supply()

    def strategies(result: Result) -> None:
        if result.status != "done":
            return
        for item in result.data if isinstance(result.data, list) else []:
            if isinstance(item, dict) and not item.get("error"):
                schema = item.get("schema")
                supply.strategies[str(item.get("strategy") or item.get("name"))] = (
                    schema if isinstance(schema, dict) else {}
                )
            elif isinstance(item, str):
                supply.strategies[item] = {}
        ui.ask("data.list", {}, "markets", markets, quiet=True)

    def markets(result: Result) -> None:
        if result.status != "done":
            return
        found = result.data if isinstance(result.data, list) else []
        supply.markets = [
            m for m in found if isinstance(m, dict) and m.get("kind", "bars") in ("bars", "bar")
        ]
        ui.model.notices.clear()
        use(supply)

    ui.model.say("asking for strategies and markets")
    ui.ask("strategy.list", {}, "strategies", strategies, quiet=True)


def open_new(ui: "Console") -> None:
    """Open the form for a new instance."""
    from clearedge_tui.ui.screens.form_page import FormPage

    accounts = tuple(ui.model.accounts)
    taken = frozenset(ui.model.instances)
    with_supply(ui, lambda supply: _push(ui, FormPage(NewPlan(supply, accounts, taken))))


def open_backtest(ui: "Console", instance: InstanceRow | None = None, market_id: str = "") -> None:
    """Open the backtest form, filled from an instance when there is one."""
    from clearedge_tui.ui.screens.form_page import FormPage

    detail = ui.model.detail
    config = detail.config if instance and detail and detail.id == instance.id else {}
    strategy = instance.strategy if instance else ""
    wanted = instance.market_id if instance else market_id
    with_supply(ui, lambda s: _push(ui, FormPage(BacktestPlan(s, strategy, wanted, config))))


def _push(ui: "Console", page: object) -> None:
    from clearedge_tui.ui.frame import Page

    if isinstance(page, Page):
        ui.push_screen(page)
