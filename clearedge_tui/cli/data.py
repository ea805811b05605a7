"""`clearedge data`: bring bars into the catalog and see what is there."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clearedge_tui.cli import data_keep, data_pull
from clearedge_tui.cli.at_home import home, say_json
from clearedge_tui.core.errors import BadData, Refused, UsageError

if TYPE_CHECKING:
    from clearedge_tui.market.ingest import Imported, Request


@click.group("data")
def data() -> None:
    """Import, make and list market data."""


@data.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--market", required=True, help="BTC/USDT, GBP/USD, SP500 …")
@click.option("--timeframe", default="", help="length of the file's bars: 1m, 5m, 1h, 1d …")
@click.option(
    "--kind",
    type=click.Choice(["bars", "quotes", "trades", "depth"]),
    default=None,
    help="what the rows are, when the columns leave it open",
)
@click.option("--venue", default="", help="where the market trades (default: LOCAL)")
@click.option(
    "--tz", "zone", default="UTC", show_default=True, help="zone of times without an offset"
)
@click.option(
    "--stamp",
    type=click.Choice(["open", "close"]),
    default=None,
    help="which moment of the bar the time is",
)
@click.option("--asset-class", type=click.Choice(["crypto", "fx", "equity", "index"]), default=None)
@click.option(
    "--column", "chosen", multiple=True, metavar="FIELD=NAME", help="name a column: close=Last"
)
@click.option(
    "--ask",
    type=click.Path(path_type=Path),
    default=None,
    help="the asks of the same bars, when FILE has the bids",
)
@click.option("--adjusted", is_flag=True, help="scale the prices to the file's adjusted close")
@click.option("--yes", is_flag=True, help="write without asking")
@click.option(
    "--json", "as_json", is_flag=True, help="print one object and nothing else (needs --yes)"
)
def import_(file: Path, yes: bool, as_json: bool, **asked: Any) -> None:
    """Import a FILE of bars, quotes, trades or depth: CSV (packed too), Parquet or DBN.

    Shows what was understood before it writes.
    """
    from clearedge_tui.market import ingest

    where = home()
    with ingest.plan(where, _request(file, asked), _progress()) as plan:
        if not as_json:
            click.echo("\n".join(plan.lines()))
        if plan.refusal:
            raise BadData(plan.refusal)
        _agree(yes, as_json)
        done = ingest.run(where, plan)
    say_json(done) if as_json else click.echo(told(done))


def _progress() -> Callable[[int], None] | None:
    """Say on a terminal how far a long file is read."""
    if not sys.stderr.isatty():
        return None
    return lambda rows: click.echo(f"\r{rows:,} rows read \r", nl=False, err=True)


def _request(file: Path, asked: dict[str, Any]) -> "Request":
    from clearedge_tui.market.ingest import Request

    return Request(
        path=file,
        market=asked["market"],
        timeframe=asked["timeframe"],
        venue=asked["venue"],
        zone=asked["zone"],
        stamp=asked["stamp"] or "",
        asset_class=asked["asset_class"] or "",
        columns=_columns(asked["chosen"]),
        kind=asked["kind"] or "",
        ask=asked["ask"],
        adjusted=asked["adjusted"],
    )


def _agree(yes: bool, as_json: bool) -> None:
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        raise Refused("nothing was written: nobody can be asked here; say --yes to write")
    if not click.confirm("Write this?", default=True):
        raise Refused("nothing was written")


def _columns(pairs: tuple[str, ...]) -> dict[str, str]:
    from clearedge_tui.market.imports.names import FIELDS

    found = {}
    for pair in pairs:
        field, sign, name = pair.partition("=")
        if not sign or field not in FIELDS:
            raise UsageError(
                f"--column `{pair}`; write FIELD=NAME with FIELD one of: {', '.join(FIELDS)}"
            )
        found[field] = name
    return found


def told(done: "Imported") -> str:
    """Return what an import did, as one line."""
    name = f"{done.market} {done.timeframe or done.kind} ({done.market_id})"
    if not done.added:
        return f"{name}: all {done.rows:,} {_rows(done)} were there already; nothing added"
    there = f", {done.already:,} were there already" if done.already else ""
    return f"{name}: {done.added:,} {_rows(done)} added{there}"


def _rows(done: "Imported") -> str:
    return "books" if done.kind == "depth" else str(done.kind)


@data.command("sample")
@click.option(
    "--days",
    default=60,
    show_default=True,
    type=click.IntRange(1, 3650),
    help="of simulated minutes",
)
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def sample(days: int, as_json: bool) -> None:
    """Add the built-in data: real daily SP500 and NASDAQ bars, simulated SIM/USDT minutes."""
    from clearedge_tui.market.samples import write_samples

    done = write_samples(home(), days)
    if as_json:
        say_json({"imported": done})
        return
    for one in done:
        click.echo(told(one))


@data.command("list")
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def list_(as_json: bool) -> None:
    """List the stored series: what is missing, how old the newest row is, the last check."""
    import msgspec

    from clearedge_tui.core.clock import now_ns
    from clearedge_tui.supervisor import series_view

    found, now = series_view.rows(home()), now_ns()
    if as_json:
        say_json({"series": [one | {"age_s": _age_s(one, now)} for one in found]})
        return
    if not found:
        click.echo("no data yet; import some: clearedge data import FILE, or clearedge data sample")
        return
    from clearedge_tui.cli import data_table
    from clearedge_tui.ui.catalog import SeriesRow

    series = msgspec.convert(found, list[SeriesRow])
    click.echo("\n".join(data_table.lines(series, now, data_table.width())))
    for one in series:
        if one.error:
            click.echo(f"clearedge: {one.error}", err=True)


def _age_s(one: dict[str, object], now_ns: int) -> int | None:
    """Return how old the newest row is; None for a series without rows."""
    last = one["last_ns"]
    return (now_ns - last) // 1_000_000_000 if isinstance(last, int) and last else None


for verb in (data_pull.pull, data_pull.sync, data_pull.sources, *data_keep.VERBS):
    data.add_command(verb)
