"""The form of an account: its own fields, and the options of its venue as `core/venues.py` says them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from clearedge_tui.core.text import clean_text
from clearedge_tui.core.venues import VENUES
from clearedge_tui.ui import fields as schema_fields
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.form import FormField
from clearedge_tui.ui.grid import Line
from clearedge_tui.ui.values import as_text

if TYPE_CHECKING:
    from clearedge_tui.contract.schema import Schema
    from clearedge_tui.supervisor.protocol import Result
    from clearedge_tui.ui.console import Console

_OWN: Final = (
    ("currency", "of its money"),
    ("leverage", "gross notional at most this many times equity"),
    ("stale_s", "nothing is entered on an older price; 0 is never"),
    ("unanswered_s", "an order without an answer for longer is UNKNOWN"),
    ("audit_s", "between two looks of the second client at the venue"),
    ("orders_per_second", "by instance; exits always pass"),
)
_ORPHAN: Final = ("leave", "cancel", "flatten")
_WHOLE: Final = frozenset({"orders_per_second"})
_FLOAT: Final = frozenset({"stale_s", "unanswered_s", "audit_s"})


@dataclass(slots=True)
class AccountPlan:
    """`found` is the account's row of `account.list`."""

    found: Mapping[str, Any]
    title: str = field(init=False)

    def __post_init__(self) -> None:
        kind = "REAL MONEY" if self.found.get("kind") == "live" else "paper"
        venue = self.found.get("venue") or "no venue"
        self.title = f"Account {clean_text(self.found['name'])}: {kind}, {clean_text(venue)}"

    def schema(self) -> "Schema | None":
        venue = VENUES.get(str(self.found.get("venue") or ""))
        return schema_fields.load(venue.options) if venue else None

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        del raw
        rows = [FormField(name, as_text(self.found.get(name)), about=about) for name, about in _OWN]
        orphan = str(self.found.get("orphan_policy") or "cancel")
        rows.append(
            FormField("orphan_policy", orphan, _ORPHAN, about="without a supervisor for long")
        )
        schema = self.schema()
        options = self.found.get("options") or {}
        return rows + (schema_fields.form_fields(schema, options) if schema else [])

    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        errors: dict[str, str] = {}
        for name, _ in _OWN[1:]:
            try:
                if float(raw[name]) < 0:
                    errors[name] = "0 or more"
            except ValueError:
                errors[name] = "wanted a number"
        schema = self.schema()
        if schema:
            errors |= schema.check(schema_fields.to_raw(schema, raw))[1]
        return errors

    def _changed(self, raw: Mapping[str, str]) -> dict[str, str]:
        was = {row.name: row.value for row in self.fields({})}
        return {name: value for name, value in raw.items() if was.get(name) != value}

    def args(self, raw: Mapping[str, str]) -> dict[str, object]:
        """Return what `account.set` takes: only what changed, typed as the file wants it."""
        changed, schema = self._changed(raw), self.schema()
        options: dict[str, object] = {}
        if schema:
            checked = schema.check(schema_fields.to_raw(schema, raw))[0]
            options = {name: checked[name] for name in changed if name in schema.fields}
        own = {name: _typed(name, value) for name, value in changed.items() if name not in options}
        return {"account": str(self.found["name"]), "fields": own, "options": options}

    def difference(self, raw: Mapping[str, str]) -> list[Line]:
        was = {row.name: row.value for row in self.fields({})}
        lines: list[Line] = [
            (f"{name:<20} {was.get(name) or 'default'} → {value or 'default'}", p.TEXT)
            for name, value in self._changed(raw).items()
        ]
        if lines:
            lines.append(
                ("written into config/accounts.toml; engines take it at their next start", p.DIM)
            )
        return lines

    def apply(self, ui: "Console", raw: Mapping[str, str], done: Callable[[], None]) -> None:
        def told(result: "Result") -> None:
            if result.status == "done":
                done()

        ui.ask("account.set", self.args(raw), f"account {clean_text(self.found['name'])}", told)


def _typed(name: str, value: str) -> object:
    if name in _WHOLE:
        return int(float(value))
    return float(value) if name in _FLOAT else value


def open_account_form(ui: "Console", name: str) -> None:
    """Ask what an account is set to, then open its form."""
    from clearedge_tui.ui.screens.form_page import FormPage

    def told(result: "Result") -> None:
        found = result.data if isinstance(result.data, list) else []
        row = next(
            (one for one in found if isinstance(one, dict) and one.get("name") == name), None
        )
        if result.status == "done" and row is not None:
            ui.push_screen(FormPage(AccountPlan(row)))

    ui.ask("account.list", {}, f"account {clean_text(name)}", told, quiet=True)
