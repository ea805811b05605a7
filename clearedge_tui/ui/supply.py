"""What forms offer to choose from: strategies and markets, asked of the supervisor before they open."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clearedge_tui.core.text import clean_text
from clearedge_tui.supervisor.protocol import Result
from clearedge_tui.ui import fields as schema_fields

if TYPE_CHECKING:
    from clearedge_tui.contract.schema import Schema
    from clearedge_tui.ui.console import Console


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


def about(market: Mapping[str, object]) -> str:
    """Return what stands beside a market in a form."""
    kind = "simulated" if market.get("simulated") else "real data"
    return f"{clean_text(market.get('market_id', ''))}  {kind}" if market else ""


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


def show(ui: "Console", page: object) -> None:
    """Open a form over the screen."""
    from clearedge_tui.ui.frame import Page

    if isinstance(page, Page):
        ui.push_screen(page)
