"""What forms are for: changing a configuration, declaring an instance."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import Detail, InstanceRow
from clearedge_tui.ui import fields as schema_fields
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.form import FormField
from clearedge_tui.ui.supply import Supply, about, show, with_supply
from clearedge_tui.ui.values import as_text, duration_text

if TYPE_CHECKING:
    from clearedge_tui.contract.schema import Schema
    from clearedge_tui.ui.console import Console

Lines = list[tuple[str, int]]
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,38}[a-z0-9]")
TIMEFRAMES = ("1m", "5m", "15m", "1h", "4h", "1d", "1w", "1M")


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
            shown = duration_text if duration else as_text
            old = shown(self.detail.config.get(name))
            if self.schema.fields[name].secret:
                text = f"{name:<16} changed"
            else:
                text = f"{name:<16} {old or '–'}  →  {shown(value)}"
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
class NewPlan:
    """Declare a new instance; what cannot be changed later comes first."""

    supply: Supply
    accounts: tuple[str, ...]
    taken: frozenset[str]
    strategy: str = ""
    title: str = "New instance   id, strategy, account and market never change afterwards"
    _own = ("id", "strategy", "account", "market", "timeframe", "mode")

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        names = tuple(self.supply.strategies)
        chosen = self.strategy if self.strategy in names else ""
        first = chosen or (names[0] if names else "")
        strategy = raw.get("strategy") or first
        label = raw.get("market") or (self.supply.labels() or ("",))[0]
        own_frame = clean_text(self.supply.market(label).get("timeframe") or "1m")
        frames = (own_frame, *(t for t in TIMEFRAMES if t != own_frame))
        rows = [
            FormField("id", "", about="a-z, 0-9 and -; empty: one is made"),
            FormField("strategy", first, names, about="from the strategies folder"),
            FormField(
                "account",
                self.accounts[0] if self.accounts else "",
                self.accounts,
                about="where orders go",
            ),
            FormField(
                "market", label, self.supply.labels(), about=about(self.supply.market(label))
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


def open_new(ui: "Console", strategy: str = "") -> None:
    """Open the form for a new instance, of this strategy when there is one."""
    from clearedge_tui.ui.screens.form_page import FormPage

    accounts = tuple(ui.model.accounts)
    taken = frozenset(ui.model.instances)
    with_supply(ui, lambda s: show(ui, FormPage(NewPlan(s, accounts, taken, strategy))))
