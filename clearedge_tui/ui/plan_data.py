"""Forms about stored data: pull from a source, delete a range."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearedge_tui.core.text import clean_text
from clearedge_tui.ui import data_acts
from clearedge_tui.ui import format as f
from clearedge_tui.ui import palette as p
from clearedge_tui.ui.catalog import SeriesRow, Source
from clearedge_tui.ui.form import FormField
from clearedge_tui.ui.paint.catalog import light_words
from clearedge_tui.ui.plan_backtest import wrong_date
from clearedge_tui.ui.supply import show

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console

Lines = list[tuple[str, int]]
OTHER = "another"
TIMEFRAMES = ("1m", "5m", "15m", "1h", "4h", "1d", "1s")
KINDS = ("bars", "quotes", "trades")
_PADDING = "30"


@dataclass(slots=True)
class PullPlan:
    """Fetch what the catalog lacks of one or several markets."""

    sources: Sequence[Source]
    now_ns: int
    given: Mapping[str, str]
    title: str = "Pull   only what is missing is fetched"

    def _source(self, raw: Mapping[str, str]) -> Source | None:
        return next((one for one in self.sources if one.source == raw.get("source")), None)

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        names = (*(one.source for one in self.sources), OTHER)
        wanted = self.given.get("source", "")
        first = wanted if wanted in names else names[0]
        chosen = raw.get("source") or first
        rows = [FormField("source", first, names, about=self._about(chosen))]
        if chosen == OTHER:
            rows.append(FormField("exchange", "", about="its name in ccxt: bitstamp, gate …"))
        rows += [
            FormField(
                "market", self.given.get("market", ""), about="BTC/USDT; several: with commas"
            ),
            FormField("kind", "bars", KINDS, about="what is fetched"),
        ]
        if raw.get("kind", "bars") == "bars":
            length = self.given.get("timeframe", "")
            rows.append(
                FormField("timeframe", length if length in TIMEFRAMES else "1m", TIMEFRAMES)
            )
        return [
            *rows,
            FormField("from", self.given.get("from", ""), about="a day like 2024-01-31"),
            FormField("to", "", about="not included; empty: now"),
            FormField(
                "padding-days", _PADDING, about="fetched before it, for indicators to warm up"
            ),
        ]

    def _about(self, name: str) -> str:
        one = next((one for one in self.sources if one.source == name), None)
        if one is None:
            return "any exchange that ccxt knows"
        why = light_words(one, self.now_ns)
        needs = f"needs {one.needs}" if one.needs else ""
        paid = "paid: the price is asked first" if one.paid else ""
        return clean_text("; ".join(part for part in (why, needs, paid) if part) or one.about)

    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        errors = {key: told for key in ("from", "to") if (told := wrong_date(raw.get(key, "")))}
        if raw.get("source") == OTHER and not raw.get("exchange"):
            errors["exchange"] = "a name is needed"
        if not _markets(raw):
            errors["market"] = "needed, e.g. BTC/USDT"
        if not raw.get("from"):
            errors["from"] = "needed, e.g. 2024-01-01"
        if not errors and raw.get("to") and raw["from"] >= raw["to"]:
            errors["to"] = "not after from"
        if not raw.get("padding-days", "").isdigit() or int(raw["padding-days"]) > 3650:
            errors["padding-days"] = "wanted 0 to 3650"
        return errors

    def difference(self, raw: Mapping[str, str]) -> Lines:
        one = self._source(raw)
        what = f"{raw.get('timeframe', '')} {raw['kind']}".strip()
        lines: Lines = [
            (f"{what} of {', '.join(_markets(raw))} from {_name(raw)}", p.BRIGHT),
            (
                f"{raw['from']} to {raw.get('to') or 'now'}, and {raw['padding-days']} days before",
                p.TEXT,
            ),
        ]
        if one is not None and one.paid:
            lines.append(("it costs money: you see the price before anything is fetched", p.WARN))
        why = light_words(one, self.now_ns) if one is not None else ""
        return [*lines, (clean_text(f"this source is {why}"), p.WARN)] if why else lines

    def apply(self, ui: "Console", raw: Mapping[str, str], done: Callable[[], None]) -> None:
        args: dict[str, object] = {
            "source": _name(raw), "markets": _markets(raw), "start": raw["from"], "end": raw.get("to", ""),
            "kind": raw["kind"], "padding_days": raw["padding-days"],
        }  # fmt: skip
        if raw["kind"] == "bars":
            args["timeframe"] = raw["timeframe"]
        data_acts.pull(ui, args)
        done()


def _name(raw: Mapping[str, str]) -> str:
    return raw.get("exchange", "") if raw["source"] == OTHER else raw["source"]


def _markets(raw: Mapping[str, str]) -> list[str]:
    return [part.strip() for part in raw.get("market", "").split(",") if part.strip()]


@dataclass(slots=True)
class DeletePlan:
    """Delete a range of one series. Sending the form deletes nothing: what would go is shown first."""

    row: SeriesRow

    @property
    def title(self) -> str:
        name = clean_text(f"{self.row.market} {self.row.type}")
        return f"{name}: delete a range   nothing goes before you agree"

    def fields(self, raw: Mapping[str, str]) -> Sequence[FormField]:
        first, last = f.moment(self.row.first_ns or 0), f.moment(self.row.last_ns or 0)
        return [
            FormField("range", "some", ("some", "all"), about="all: the whole series goes"),
            FormField("from", "", about=f"first {first}; empty: from the first row"),
            FormField("to", "", about=f"last {last}; not included; empty: to the last row"),
        ]

    def check(self, raw: Mapping[str, str]) -> dict[str, str]:
        if raw.get("range") == "all":
            return {}
        errors = {key: told for key in ("from", "to") if (told := wrong_date(raw.get(key, "")))}
        if not raw.get("from") and not raw.get("to"):
            errors["from"] = "from or to is needed; or choose all"
        if not errors and raw.get("from") and raw.get("to") and raw["from"] >= raw["to"]:
            errors["to"] = "not after from"
        return errors

    def difference(self, raw: Mapping[str, str]) -> Lines:
        span = self._span(raw)
        told = f"{span.get('start') or 'the first row'} to {span.get('end') or 'the last row'}"
        return [
            (
                clean_text(f"{self.row.market} {self.row.type}: {told if span else 'all of it'}"),
                p.BRIGHT,
            ),
            ("nothing is deleted yet: what would go is shown first", p.TEXT),
        ]

    @staticmethod
    def _span(raw: Mapping[str, str]) -> dict[str, str]:
        if raw.get("range") == "all":
            return {}
        pairs = {"start": raw.get("from", ""), "end": raw.get("to", "")}
        return {key: value for key, value in pairs.items() if value}

    def apply(self, ui: "Console", raw: Mapping[str, str], done: Callable[[], None]) -> None:
        data_acts.delete(ui, self.row.key, self.row.market, self._span(raw))
        done()


def open_pull(ui: "Console", given: Mapping[str, str]) -> None:
    """Open the form of a pull, with what is known already."""
    from clearedge_tui.ui.screens.form_page import FormPage

    now = ui.model.wall_ns()
    data_acts.with_sources(ui, lambda found: show(ui, FormPage(PullPlan(found, now, given))))


def pull_like(ui: "Console", row: SeriesRow | None) -> None:
    """Open the form of a pull, filled from a series that came from a source."""
    given = {}
    if row is not None and row.syncs_from:
        given = {"source": row.syncs_from, "market": row.market, "timeframe": row.timeframe or ""}
        given["from"] = f.day(row.first_ns or 0)
    open_pull(ui, given)


def open_delete(ui: "Console", row: SeriesRow) -> None:
    from clearedge_tui.ui.screens.form_page import FormPage

    show(ui, FormPage(DeletePlan(row)))
