"""The form that declares a risk limit. Letting more through than before is asked once more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.limits import Action, Resume, Scope
from clearedge_tui.core.limits_values import KINDS, canonical
from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.form import FormField

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console
    from clearedge_tui.ui.plan_risk import Limited

ALL: Final = "all"


@dataclass(slots=True)
class LimitPlan:
    """`keys` are the names that a scope may be about; `before` is the limit that is changed."""

    keys: Mapping[str, Sequence[str]]
    before: "Limited | None" = None
    title: str = "Risk limit   the strictest of all that apply decides; what only reduces passes"

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        before = self.before
        scope = raw.get("scope") or (before.scope if before else "account")
        known = (ALL, *self.keys.get(scope, ()))
        key = before.key if before and before.scope == scope and before.key in known else ALL
        name = raw.get("name") or (before.name if before else "daily_loss")
        kind = KINDS.get(name)
        same = before is not None and before.name == name
        warn = f"{before.warn * 100:.0f}%" if before else "80%"
        cooldown = str(before.cooldown_s) if before else "0"
        return [
            FormField("scope", scope, tuple(Scope), about="whose figures are summed"),
            FormField("key", key, known, about="the currency, account or instance; all is each"),
            FormField("name", name, tuple(KINDS), about=kind.about if kind else ""),
            FormField("value", before.value if before and same else "",
                      about=f"written like {kind.written}" if kind else ""),
            FormField("warn", warn, about="share of the limit from which on it is told"),
            FormField("action", before.action if before else "alert", tuple(Action),
                      about="what is done once when the figure is broken"),
            FormField("cooldown", cooldown, about="seconds before it is done again; 15m, 1h"),
            FormField("resume", before.resume if before else "person", tuple(Resume),
                      about="who ends what the action began"),
        ]  # fmt: skip

    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        errors: dict[str, str] = {}
        try:
            canonical(raw["name"], raw.get("value", ""))
        except UsageError as error:
            errors["value"] = clean_text(error)
        return errors

    def difference(self, raw: Mapping[str, str]) -> list[tuple[str, int]]:
        before = self.before
        if before is None or (before.scope, before.key, before.name) != (
            raw["scope"], raw["key"], raw["name"],
        ):  # fmt: skip
            return [(f"{name:<9} {value}", p.TEXT) for name, value in raw.items()]
        was = {field.name: field.value for field in self.fields({})}
        return [
            (f"{name:<9} {was[name]} → {value}", p.TEXT)
            for name, value in raw.items()
            if was.get(name) != value
        ]

    def apply(self, ui: "Console", raw: Mapping[str, str], done: Callable[[], None]) -> None:
        from clearedge_tui.ui.doing_trade import set_limit

        set_limit(ui, dict(raw), done)
