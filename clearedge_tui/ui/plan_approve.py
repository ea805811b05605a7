"""The approval of an instance as a form: what it is bound to is shown, grounds and a name are typed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.form import FormField
from clearedge_tui.ui.grid import Line

if TYPE_CHECKING:
    from clearedge_tui.supervisor.protocol import Result
    from clearedge_tui.ui.console import Console

_PARTS = ("instance", "code", "config", "account", "market", "limits")


def bound(parts: Mapping[str, Any]) -> list[Line]:
    """Return everything that an approval would be bound to, a part at a time."""
    lines: list[Line] = []
    for part in _PARTS:
        found = parts.get(part) or {}
        lines.append((part, p.ACCENT))
        for name, value in sorted(found.items()):
            said = str(value)[:12] + "…" if part == "code" else _said(value)
            lines.append((clean_text(f"  {name:<24} {said}", 200), p.TEXT))
        if not found:
            lines.append(("  none", p.WARN if part == "limits" else p.DIM))
    return lines


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        return "  ".join(f"{key} {one}" for key, one in value.items())
    return str(value)


@dataclass(slots=True)
class ApprovePlan:
    """`found` is the answer of `approve.check`: the parts now, what counts, and what differs."""

    name: str
    live: bool
    found: Mapping[str, Any]
    title: str = field(init=False)

    def __post_init__(self) -> None:
        where = "REAL MONEY" if self.live else "a paper account, which needs no approval"
        self.title = f"Approve {clean_text(self.name)}: {where}"

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        del raw
        return [
            FormField("person", "", about="your name; a login without a name is nobody"),
            FormField("evidence", "", about="sharpe>=1@RUN, several with commas; looked up in the run"),
            FormField("override", "", about="without evidence: why it is given all the same"),
            FormField("reason", "", about="stays in the record"),
            FormField("expires", "30d", about="at most 365d"),
        ]  # fmt: skip

    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        errors: dict[str, str] = {}
        if not raw.get("person", "").strip():
            errors["person"] = "who approves it"
        if not raw.get("evidence", "").strip() and not raw.get("override", "").strip():
            errors["evidence"] = "a figure of a run, or an override below"
        return errors

    def difference(self, raw: Mapping[str, str]) -> list[Line]:
        evidence, override = raw.get("evidence", ""), raw.get("override", "")
        lines: list[Line] = [
            (f"by {raw.get('person', '')}, for {raw.get('expires', '')}", p.BRIGHT)
        ]
        lines.append(
            (f"OVERRIDE, without evidence that passes: {override}", p.WARN | p.BOLD)
            if override
            else (f"evidence: {evidence}", p.GOOD)
        )
        why = list(self.found.get("why_not") or [])
        if why:
            lines += [("", p.TEXT), ("the approval that counts now does not hold:", p.DIM)]
            lines += [(f"  {clean_text(one)}", p.BAD) for one in why]
        return [*lines, ("", p.TEXT), ("it is bound to all of this:", p.BRIGHT | p.BOLD),
                *bound(self.found.get("parts") or {})]  # fmt: skip

    def apply(self, ui: "Console", raw: Mapping[str, str], done: Callable[[], None]) -> None:
        from clearedge_tui.ui.screens.dialogs import Typed

        args: dict[str, object] = {
            "id": self.name, "confirm": self.name, "name": raw["person"].strip(),
            "evidence": raw["evidence"].strip(), "override": raw["override"].strip(),
            "reason": raw["reason"].strip(), "expires": raw["expires"].strip(),
        }  # fmt: skip

        def told(result: "Result") -> None:
            if result.status == "done":
                done()

        def answered(yes: bool | None) -> None:
            if yes:
                ui.ask("approve.give", args, f"{clean_text(self.name)}: approve", told)

        what = "may trade REAL MONEY as it is now" if self.live else "is approved as it is now"
        ui.push_screen(
            Typed(((f"{clean_text(self.name)} {what}", p.LIVE | p.BOLD),), self.name), answered
        )


def open_approve(ui: "Console", name: str) -> None:
    """Ask what an approval would be bound to, then open the form."""
    from clearedge_tui.ui.screens.approve import BoundView
    from clearedge_tui.ui.screens.form_page import FormPage

    row = ui.model.instances.get(name)

    def told(result: "Result") -> None:
        if result.status == "done" and isinstance(result.data, dict):
            live = row is not None and row.account_kind == "live"
            below = BoundView(bound(result.data.get("parts") or {}))
            ui.push_screen(FormPage(ApprovePlan(name, live, result.data), below=below))

    ui.ask("approve.check", {"id": name}, f"{clean_text(name)}: approval", told, quiet=True)
