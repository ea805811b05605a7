"""What the palette's words about stored data do; the same as the keys of the catalog screen."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from clearedge_tui.core.errors import UsageError
from clearedge_tui.ui.commands import Doing

if TYPE_CHECKING:
    from clearedge_tui.ui.console import Console


def _series(doing: Doing) -> str:
    """Return the one series that is meant; `BTC/USDT 1m` needs no quotes here."""
    return " ".join(doing.words)


def _span(doing: Doing) -> dict[str, str]:
    pairs = {"start": doing.options.get("from", ""), "end": doing.options.get("to", "")}
    return {key: value for key, value in pairs.items() if value}


def _pull(ui: "Console", doing: Doing) -> None:
    """Pull at once when enough was said, as the command line does; else the form."""
    from clearedge_tui.ui import data_acts
    from clearedge_tui.ui.plan_data import open_pull

    said = dict(doing.options)
    if len(doing.words) < 2 or not said.get("from"):
        given = dict(zip(("source", "market"), doing.words, strict=False))
        open_pull(ui, given | said)
        return
    args: dict[str, object] = {
        "source": doing.words[0],
        "markets": list(doing.words[1:]),
        **_span(doing),
    }
    plain = {"timeframe": "timeframe", "kind": "kind", "padding-days": "padding_days"}
    args |= {name: said[key] for key, name in plain.items() if key in said}
    data_acts.pull(ui, args)
    ui.visit("data")


def _sync(ui: "Console", doing: Doing) -> None:
    from clearedge_tui.ui import data_acts

    data_acts.sync(ui, doing.words)
    ui.visit("data")


def _sources(ui: "Console", doing: Doing) -> None:
    from clearedge_tui.ui import data_looks

    name = doing.options.get("reset", "")
    data_looks.reset(ui, name) if name else data_looks.show_sources(ui)


def _check(ui: "Console", doing: Doing) -> None:
    from clearedge_tui.ui import data_acts

    data_acts.check(ui, doing.words)
    ui.visit("data")


def _coverage(ui: "Console", doing: Doing) -> None:
    ui.visit("data", _series(doing))


def _fingerprint(ui: "Console", doing: Doing) -> None:
    from clearedge_tui.ui import data_acts

    data_acts.fingerprint(ui, _series(doing), _span(doing))


def _keep(ui: "Console", doing: Doing) -> None:
    from clearedge_tui.ui import data_acts

    data_acts.keep(ui, doing.name, doing.words, dry_only="dry-run" in doing.options)


def _delete(ui: "Console", doing: Doing) -> None:
    from clearedge_tui.ui import data_acts

    name, dry = _series(doing), "dry-run" in doing.options
    if not name.strip():
        raise UsageError("delete from which series? wanted: rm-data 'BTC/USDT 1m' [from=… to=…]")
    data_acts.delete(ui, name, doing.words[0].split(" ")[0], _span(doing), dry)


ACTS: Final[dict[str, Callable[["Console", Doing], None]]] = {
    "pull": _pull,
    "sync": _sync,
    "sources": _sources,
    "check-data": _check,
    "coverage": _coverage,
    "fingerprint": _fingerprint,
    "compact": _keep,
    "dedupe": _keep,
    "rm-data": _delete,
}
