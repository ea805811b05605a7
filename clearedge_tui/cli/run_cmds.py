"""`clearedge run`: the runs on disk."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from clearedge_tui.cli.at_home import columns, home, say_json

if TYPE_CHECKING:
    from clearedge_tui.runs.index import Index, RunRow

JSON = click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
_SHOWN = ("total_return", "sharpe", "trades")


@click.group("run")
def run() -> None:
    """List, show, compare, mark and remove runs."""


@run.command("list")
@click.argument("words", nargs=-1, metavar="[FILTER]…")
@click.option("--sort", default="-created", show_default=True, help="a field; -field: downwards")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--offset", default=0, type=click.IntRange(0), help="leave out so many first")
@JSON
def list_(words: tuple[str, ...], sort: str, limit: int, offset: int, as_json: bool) -> None:
    """List runs, newest first. FILTER: words, strategy:ema, sharpe>1, tag:best, -status:failed …"""
    from clearedge_tui.runs import index
    from clearedge_tui.runs.search import search
    from clearedge_tui.runs.session_look import with_sessions

    where = home()
    everything = with_sessions(where, index.load(where))
    page = search(everything, " ".join(words), sort, offset, limit)
    if as_json:
        runs = [_plain(everything, row) for row in page.rows]
        say_json({"runs": runs, "found": page.found, "total": page.total, "bytes": page.size_bytes})
    elif page.rows:
        click.echo("\n".join(_table(everything, page.rows)))
        click.echo(
            f"{page.found:,} of {page.total:,} runs; all of them take {room(page.size_bytes)}"
        )
    elif page.total:
        click.echo(f"none of {page.total:,} runs is like that")
    else:
        click.echo("no runs yet; make one: clearedge backtest STRATEGY --market MARKET")


def _plain(everything: "Index", row: "RunRow") -> dict[str, object]:
    import msgspec

    run = msgspec.structs.asdict(everything.summary(row))
    return run | {"tags": row.tags, "note": row.note, "star": row.star, "bytes": row.size_bytes}


def room(size: int) -> str:
    """Return a size in bytes as people read it."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:,.0f} {unit}"
        size //= 1000
    return f"{size:,.0f} GB"


def _table(everything: "Index", rows: Sequence["RunRow"]) -> list[str]:
    from clearedge_tui.runs.text_report import value_text

    lines = [
        f"{'run':<40}{'status':<13}{'market':<14}{'bars':<6}{'return':>9}{'sharpe':>9}{'trades':>8}"
    ]
    for one in rows:
        market = f"{one.market}*" if one.simulated else one.market
        shown = {n: value_text(n, everything.figure(one, n)) for n in _SHOWN}
        star = "★ " if one.star else ""
        costs = ", ".join(stamp for stamp in one.stamps if stamp != "simulated")
        said = f"  {star}{' '.join(one.tags)}{f' ! {costs}' if costs else ''}".rstrip()
        lines.append(
            f"{one.run_id:<40}{one.phase or one.status:<13}{market:<14}{one.timeframe:<6}"
            f"{shown['total_return']:>9}{shown['sharpe']:>9}{shown['trades']:>8}{said}"
        )
    return [*lines, "* simulated market"] if any(one.simulated for one in rows) else lines


@run.command("show")
@click.argument("run_id")
@JSON
def show(run_id: str, as_json: bool) -> None:
    """Show the report of RUN_ID."""
    from clearedge_tui.cli.backtest import as_object
    from clearedge_tui.runs.data_used import dated
    from clearedge_tui.runs.session_look import load_any
    from clearedge_tui.runs.text_report import render

    where = home()
    report = dated(where, load_any(where, run_id))
    say_json(as_object(report)) if as_json else click.echo(
        render(report, min(columns(), 120)), nl=False
    )


@run.command("verify")
@click.argument("run_id")
@JSON
def verify(run_id: str, as_json: bool) -> int:
    """Run RUN_ID again and compare to the byte. Exit 1: it is not the same."""
    from clearedge_tui.research import repeat
    from clearedge_tui.runs.verify import verify as again

    where = home()
    several = repeat.kept(where, run_id)
    done = again(where, run_id) if several is None else repeat.verify(where, several)
    say_json(done) if as_json else click.echo(done.line())
    return 0 if done.same else 1


@run.command("export")
@click.argument("run_id")
@click.argument(
    "what",
    type=click.Choice(["report", "trades", "fills", "orders", "positions", "equity", "cashflows"]),
)
@click.argument("file")
@JSON
def export(run_id: str, what: str, file: str, as_json: bool) -> None:
    """Write a table to FILE (.csv, .json, .parquet), or the report (.html, .json)."""
    from pathlib import Path

    from clearedge_tui.runs.export import export as write

    path = write(home(), run_id, what, Path(file))
    say_json({"written": str(path)}) if as_json else click.echo(f"{path} written")


@run.command("again")
@click.argument("run_id")
@JSON
def again(run_id: str, as_json: bool) -> int:
    """Run what RUN_ID was asked to be once more, on the data and code of today."""
    from clearedge_tui.cli.backtest import finish
    from clearedge_tui.cli.research_multi import again as judged
    from clearedge_tui.research import repeat
    from clearedge_tui.runs.launch import Launch
    from clearedge_tui.runs.listing import load_report, require_alone

    where = home()
    several = repeat.kept(where, run_id)
    if several is not None:
        return judged(where, several, as_json=as_json)
    report = require_alone(load_report(where, run_id), "run again")
    return finish(Launch(where, report.spec, again=True), as_json=as_json)


@run.command("resume")
@click.argument("run_id")
@JSON
def resume(run_id: str, as_json: bool) -> int:
    """Take an interrupted RUN_ID up again; what it had done by then is kept."""
    from clearedge_tui.cli.backtest import finish
    from clearedge_tui.runs.launch import Launch
    from clearedge_tui.runs.recover import take_up

    where = home()
    asked = take_up(where, run_id)
    return finish(Launch(where, asked.spec, taken_up=asked), as_json=as_json)


@run.command("journal")
@click.argument("run_id")
@JSON
def journal(run_id: str, as_json: bool) -> None:
    """Show what happened to RUN_ID. A journal that was changed is an error."""
    from clearedge_tui.runs import journal as told
    from clearedge_tui.runs.session_look import folder_of

    folder = folder_of(home(), run_id)
    ended = not folder.name.startswith(".")  # a session under way has no end to hold it against
    found = told.read_ended(folder) if ended else told.read(folder)
    if as_json:
        say_json({"run_id": run_id, "events": found})
        return
    for entry in found:
        more = "  ".join(f"{name} {_short(value)}" for name, value in entry.payload.items())
        click.echo(
            f"{entry.ts_utc[:23].replace('T', ' ')}  {entry.event:<20} {entry.status:<12} {more}"
        )


def _short(value: object) -> object:
    return f"{len(value)} values" if isinstance(value, dict | list) else value


@run.command("tag")
@click.argument("run_id")
@click.argument("tags", nargs=-1, required=True)
@JSON
def tag(run_id: str, tags: tuple[str, ...], as_json: bool) -> None:
    """Put TAGS on RUN_ID; `-word` takes one off."""
    _write(as_json, run_id=run_id, tags=list(tags))


@run.command("note")
@click.argument("run_id")
@click.argument("text")
@JSON
def note(run_id: str, text: str, as_json: bool) -> None:
    """Write a line on RUN_ID; an empty one takes it off."""
    _write(as_json, run_id=run_id, note=text)


@run.command("star")
@click.argument("run_id")
@click.option("--off", is_flag=True, help="take it off")
@JSON
def star(run_id: str, off: bool, as_json: bool) -> None:
    """Put a star on RUN_ID."""
    _write(as_json, run_id=run_id, star=not off)


def _write(as_json: bool, **asked: object) -> None:
    from clearedge_tui.runs.labels import change

    run_id = str(asked.pop("run_id"))
    kept = change(home(), run_id, **asked)  # type: ignore[arg-type]
    if as_json:
        say_json({"run_id": run_id, "tags": kept.tags, "note": kept.note, "star": kept.star})
    else:
        click.echo(
            f"{run_id}  {'★ ' if kept.star else ''}{' '.join(kept.tags)}  {kept.note}".rstrip()
        )


@run.command("compare")
@click.argument("run_ids", nargs=-1, required=True)
@JSON
def compare(run_ids: tuple[str, ...], as_json: bool) -> None:
    """Lay two to eight runs side by side: figures, settings, data, code."""
    from clearedge_tui.runs.compare import compare as side_by_side
    from clearedge_tui.runs.compare_text import render

    found = side_by_side(home(), run_ids)
    say_json(found) if as_json else click.echo(render(found, columns()), nl=False)


@run.command("rm")
@click.argument("run_ids", nargs=-1, required=True)
@click.option("--for-good", is_flag=True, help="at once, and with no way back")
@JSON
def rm(run_ids: tuple[str, ...], for_good: bool, as_json: bool) -> None:
    """Remove runs. For a week `clearedge run restore` brings them back."""
    from clearedge_tui.runs import trash
    from clearedge_tui.runs.listing import remove_run

    where = home()
    for run_id in run_ids:
        remove_run(where, run_id) if for_good else trash.remove(where, run_id)
    if as_json:
        say_json({"removed": run_ids})
        return
    back = "" if for_good else f"; for a week: clearedge run restore {run_ids[0]}"
    click.echo(f"removed {', '.join(run_ids)}{back}")


@run.command("restore")
@click.argument("run_ids", nargs=-1)
@JSON
def restore(run_ids: tuple[str, ...], as_json: bool) -> None:
    """Bring removed runs back; alone: list them."""
    from clearedge_tui.runs import trash

    where = home()
    for run_id in run_ids:
        trash.restore(where, run_id)
    left = trash.removed(where)
    if as_json:
        say_json({"restored": run_ids, "removed": left})
    elif run_ids:
        click.echo(f"{', '.join(run_ids)} is back")
    else:
        click.echo("\n".join(left) if left else "nothing was removed in the last week")
