"""The form of a what-if: the settings of a run or an instance; `w` makes the answer a backtest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clearedge_tui.core.clock import iso
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import fields as schema_fields
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.form import FormField
from clearedge_tui.ui.plan_backtest import send_backtest
from clearedge_tui.ui.supply import show, with_supply

if TYPE_CHECKING:
    from clearedge_tui.contract.schema import Schema
    from clearedge_tui.runs.model import BacktestSpec
    from clearedge_tui.ui.console import Console


@dataclass(slots=True)
class WhatIfPlan:
    """Settings to try. `about` says whose, as `research.asked` takes it; `spec` is what `w` sends."""

    schema: "Schema"
    config: Mapping[str, object]
    about: Mapping[str, Any]
    spec: Mapping[str, object] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"What if   {clean_text(self.spec.get('strategy'))}: each change is run at once"

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        del raw
        return schema_fields.form_fields(self.schema, self.config)

    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        return self.schema.check(schema_fields.to_raw(self.schema, raw))[1]

    def values(self, raw: Mapping[str, str]) -> dict[str, Any]:
        """Return the settings as the strategy stores them."""
        return self.schema.check(schema_fields.to_raw(self.schema, raw))[0]

    def difference(self, raw: Mapping[str, str]) -> list[tuple[str, int]]:
        told = ", ".join(f"{name} {value}" for name, value in raw.items())
        return [("run it as a backtest that is kept", p.BRIGHT), (clean_text(told, 300), p.TEXT)]

    def apply(self, ui: "Console", raw: Mapping[str, str], done: Callable[[], None]) -> None:
        del done
        send_backtest(ui, **{**self.spec, "config": self.values(raw)})


def sent_as(spec: "BacktestSpec") -> dict[str, object]:
    """Return a backtest as the supervisor is asked for one, without its settings."""
    return {
        "strategy": spec.strategy,
        "market": spec.market,
        "timeframe": spec.timeframe,
        "start": iso(spec.start_ns) if spec.start_ns else "",
        "end": iso(spec.end_ns) if spec.end_ns else "",
        "balance": str(spec.balance),
        "fill_at": spec.fill_at,
        "slippage": spec.slippage,
        "latency": spec.latency,
        "funding": spec.funding,
        "borrow": spec.borrow,
        "fees": "" if spec.fees == "rates" else spec.fees,
    }


def open_whatif(
    ui: "Console",
    about: Mapping[str, Any],
    spec: Mapping[str, object],
    config: Mapping[str, object],
) -> None:
    """Open the screen; says so where the strategy has no settings or is gone."""
    from clearedge_tui.ui.screens.whatif import WhatIfPage

    strategy = str(spec.get("strategy"))

    def opened(supply: Any) -> None:
        schema = supply.schema(strategy)
        if schema is None:
            ui.model.say(f"{clean_text(strategy)} has no settings that can be tried", good=False)
            return
        show(ui, WhatIfPage(WhatIfPlan(schema, config, about, spec)))

    with_supply(ui, opened)
