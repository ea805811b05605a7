"""The forms of research: judging a strategy, and moving the threshold of a gate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.text import clean_text
from clearedge_tui.research.gates import SPECS, THRESHOLDS
from clearedge_tui.research.search import PRESETS, SAMPLERS
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.form import FormField
from clearedge_tui.ui.ladder import Standing
from clearedge_tui.ui.plan_backtest import wrong_date
from clearedge_tui.ui.supply import Supply, about, show, with_supply

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

Lines = list[tuple[str, int]]
_YES_NO: Final = ("no", "yes")
_TERMS: Final = (
    FormField("preset", "standard", tuple(PRESETS), about="50, 200 or 1000 trials"),
    FormField("trials", "", about="another number of trials"),
    FormField("twins", "200", about="that enter at random; 20 or more"),
    FormField("windows", "6", about="of the walk-forward; 2 to 100"),
    FormField("held out", "0.25", about="share at the end that no search sees; each look counts"),
    FormField("sampler", "tpe", SAMPLERS, about="of the search"),
    FormField("objective", "sharpe", about="a figure or a sum of some; several with commas"),
    FormField("as is", "no", _YES_NO, about="search nothing; judge the settings as they are"),
    FormField("seed", "1", about="of all randomness"),
)  # fmt: skip
_SAME: Final = ("twins", "windows", "sampler", "objective", "seed")
_MARKS: Final = {  # options that no field asks for
    "anchored": "training always begins at the start",
    "top_held_out": "the best of the search look too",
}
_RANGES: Final = {"trials": (1, 100_000), "twins": (20, 100_000), "windows": (2, 100)}


@dataclass(slots=True)
class JudgePlan:
    """Judge one strategy on one market. What was found before is taken as it is."""

    supply: Supply
    standing: Standing | None = None
    title: str = "Judge   the whole ladder, for minutes; once cancelled it goes on"

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        names = tuple(self.supply.strategies)
        chosen = self.standing.strategy if self.standing else ""
        first = chosen if chosen in names else (names[0] if names else "")
        labels = self.supply.labels()
        own = self._own()
        label = raw.get("market") or own or (labels or ("",))[0]
        made = made_with(self.standing)
        begun, ended = map(_moment, self.standing.asked_ns if self.standing else (0, 0))
        return [
            FormField("strategy", first, names),
            FormField("market", own or label, labels, about=about(self.supply.market(label))),
            FormField("from", begun, about="empty: the first bar; like 2022-01-31"),
            FormField("to", ended, about="empty: the last bar; not included"),
            *(replace(one, value=made.get(one.name, one.value)) for one in _TERMS),
        ]

    def _own(self) -> str:
        """Return the market of the ladder as the form calls it."""
        one = self.standing
        if one is None or not one.market:
            return ""
        same = [m for m in self.supply.markets if m.get("market") == one.market]
        venue = [m for m in same if str(m.get("market_id", "")).endswith(f".{one.venue}")]
        frame = [m for m in venue or same if m.get("timeframe") == one.timeframe]
        return self.supply.label(frame[0]) if frame else ""

    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        errors = {key: wrong for key in ("from", "to") if (wrong := wrong_date(raw.get(key, "")))}
        for key in ("strategy", "market"):
            if not raw.get(key):
                errors[key] = f"there is no {key} to choose"
        for key, (least, most) in _RANGES.items():
            given = raw.get(key, "")
            if given and not (given.isdigit() and least <= int(given) <= most):
                errors[key] = f"wanted {least} to {most:,}"
        if not raw.get("seed", "1").isdigit():
            errors["seed"] = "wanted a whole number"
        try:
            good = 0.05 <= float(raw.get("held out", "0.25")) <= 0.6
        except ValueError:
            good = False
        return errors if good else {**errors, "held out": "wanted 0.05 to 0.6"}

    def difference(self, raw: Mapping[str, str]) -> Lines:
        lines: Lines = [(f"{raw['strategy']} on {raw['market']}", p.BRIGHT)]
        trials = f"{raw['trials']} trials" if raw.get("trials") else raw["preset"]
        search = "no search" if raw["as is"] == "yes" else f"{trials}, {raw['sampler']}"
        lines.append((f"{search}, {raw['twins']} twins, {raw['windows']} windows", p.TEXT))
        share = float(raw["held out"]) * 100
        lines.append((f"the last {share:g} % are looked at once; a look at the same settings "
                      "again is not counted again", p.WARN))  # fmt: skip
        if self._same(raw) and self.standing and self.standing.given:
            lines.append(("with the settings it was judged from before", p.DIM))
        kept = self._kept(raw)
        told = [words for name, words in _MARKS.items() if kept.get(name)]
        told += ["no light loop anywhere"] if kept.get("engine") else []
        return [*lines, (f"as before: {'; '.join(told)}", p.DIM)] if told else lines

    def _kept(self, raw: Mapping[str, str]) -> dict[str, object]:
        """Return the options that no field asks for, as the ladder was made with them."""
        made = self.standing.options if self.standing is not None and self._same(raw) else None
        if made is None:
            return {}
        names = ("wfo_trials", "permutations", *_MARKS)
        return {name: made.get(name) for name in names} | {"engine": made.get("quick") is False}

    def _same(self, raw: Mapping[str, str]) -> bool:
        return self.standing is not None and raw["strategy"] == self.standing.strategy

    def apply(self, ui: "Console", raw: Mapping[str, str], done: Callable[[], None]) -> None:
        market = self.supply.market(raw["market"])
        given = self.standing.given if self.standing and self._same(raw) else {}
        args: dict[str, object] = {
            "strategy": raw["strategy"], "market": str(market.get("market_id", "")),
            "timeframe": str(market.get("timeframe") or ""), "start": raw["from"], "end": raw["to"],
            "held_out": raw["held out"], "as_is": raw["as is"] == "yes", "config": given,
            **{name: raw[name] for name in ("preset", "trials", *_SAME)},
            **self._kept(raw),
        }  # fmt: skip
        send_judge(ui, args)
        done()


def made_with(one: Standing | None) -> dict[str, str]:
    """Return the options a ladder was made with, by the fields of the form; those not known are out."""
    if one is None or one.options is None:
        return {}
    made = {name: str(value) for name, value in one.options.items()}
    trials = made.pop("trials", "")
    preset = next((name for name, size in PRESETS.items() if str(size) == trials), "")
    found = {"preset": preset, "trials": ""} if preset else {"trials": trials}
    found |= {"as is": _YES_NO[one.options.get("as_is") is True], "held out": f"{one.held_out:g}"}
    return found | {name: made[name] for name in _SAME if name in made}


def _moment(ts_ns: int) -> str:
    """Return UTC nanoseconds as the form writes them; empty for an edge of the data."""
    return iso(ts_ns).removesuffix(" 00:00:00") if ts_ns else ""


def send_judge(ui: "Console", args: Mapping[str, object]) -> None:
    """Have a ladder run; its row and the line above the list tell how far it is."""
    given = {name: value for name, value in args.items() if value}
    ui.ask("research.run", given, f"judge {clean_text(args.get('strategy'))}")


def open_judge(ui: "Console", one: Standing | None) -> None:
    """Open the form, filled from a ladder when there is one."""
    from clearedge_tui.ui.screens.form_page import FormPage

    with_supply(ui, lambda supply: show(ui, FormPage(JudgePlan(supply, one))))


@dataclass(slots=True)
class ThresholdPlan:
    """Move one threshold. An easier one wants a reason, which is recorded."""

    known: Mapping[str, float] = field(default_factory=dict)
    name: str = ""
    title: str = "Threshold   stricter at any time; easier with a reason, which is kept"

    def _now(self, name: str) -> float:
        return self.known.get(name, THRESHOLDS.get(name, 0.0))

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        names = tuple(THRESHOLDS)
        first = self.name if self.name in names else names[0]
        name = raw.get("gate") or first
        spec = next((one for one in SPECS if one.name == name), None)
        told = f"{spec.title}; against {spec.protects}" if spec else "added by each look"
        usual = f"now {self._now(name):g}, built in {THRESHOLDS.get(name, 0.0):g}"
        return [
            FormField("gate", first, names, about=told),
            FormField("value", f"{self._now(name):g}", about=usual),
            FormField("reason", "", about="of ten letters or more, when it becomes easier"),
        ]

    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        from clearedge_tui.research.thresholds import changes

        try:
            value = float(raw["value"])
        except ValueError:
            return {"value": "wanted a number"}
        try:
            changes({raw["gate"]: value}, {raw["gate"]: raw["reason"]}, dict(self.known))
        except ClearEdgeError as error:
            eased = "reason" in str(error)
            return {"reason" if eased else "value": "this makes the gate easier: say why" if eased
                    else clean_text(error)}  # fmt: skip
        return {}

    def difference(self, raw: Mapping[str, str]) -> Lines:
        before = self._now(raw["gate"])
        if float(raw["value"]) == before:
            return []
        lines: Lines = [(f"{raw['gate']}: {before:g} → {raw['value']}", p.BRIGHT)]
        if raw["reason"]:
            lines.append((f"because: {clean_text(raw['reason'])}", p.TEXT))
        return [*lines, ("every ladder is judged by it from now on", p.DIM)]

    def apply(self, ui: "Console", raw: Mapping[str, str], done: Callable[[], None]) -> None:
        args: dict[str, object] = {
            "name": raw["gate"], "value": raw["value"], "reason": raw["reason"],
        }  # fmt: skip
        ui.ask(
            "research.threshold", args, f"threshold {raw['gate']}",
            lambda result: done() if result.status == "done" else None,
        )  # fmt: skip


def open_threshold(ui: "Console", known: Mapping[str, float], name: str = "") -> None:
    """Open the form for one threshold, or for the first."""
    from clearedge_tui.ui.screens.form_page import FormPage

    show(ui, FormPage(ThresholdPlan(known, name)))
