"""`clearedge data pull`, `sync` and `sources`: market data from where it is sold or given away."""

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from clearedge_tui.cli.at_home import home, say_json

if TYPE_CHECKING:
    from clearedge_tui.market.fetch import Ways
    from clearedge_tui.market.pull_model import Progress, Pulled
    from clearedge_tui.market.sources.model import Cost

_BAR = 24


@click.command("pull")
@click.argument("source")
@click.argument("markets", nargs=-1, required=True, metavar="MARKET…")
@click.option(
    "--from", "start", required=True, metavar="DATE", help="2024-01-01 or 2024-01-01T12:30"
)
@click.option("--to", "end", default="", metavar="DATE", help="exclusive; default: now")
@click.option("--timeframe", default="", help="length of bars: 1m, 1h, 1d … (default 1m)")
@click.option("--kind", type=click.Choice(["bars", "quotes", "trades"]), default="bars")
@click.option(
    "--padding-days",
    type=click.IntRange(0, 3650),
    default=30,
    show_default=True,
    help="fetched before --from, for indicators to warm up",
)
@click.option("--yes", is_flag=True, help="agree to what it costs")
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def pull(
    source: str, markets: tuple[str, ...], yes: bool, as_json: bool, **asked: str | int
) -> int:
    """Fetch what the catalog lacks of MARKET… from SOURCE; what is there is not asked for again."""
    from clearedge_tui.market import fetch, moments
    from clearedge_tui.market.layout import Kind
    from clearedge_tui.market.pull import Rule
    from clearedge_tui.market.pull_model import Wanted

    start, end = moments.span_ns(str(asked["start"]), str(asked["end"]))
    kind = Kind(str(asked["kind"]))
    timeframe = str(asked["timeframe"]) or ("1m" if kind is Kind.BARS else "")
    wanted = [Wanted(market, timeframe, start, end, kind) for market in markets]
    rule = Rule(padding_days=int(asked["padding_days"]))
    return _told(
        asyncio.run(fetch.fetch(home(), source, wanted, rule, _ways(yes, as_json))), as_json
    )


@click.command("sync")
@click.argument("markets", nargs=-1, metavar="[MARKET…]")
@click.option("--yes", is_flag=True, help="agree to what it costs")
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def sync(markets: tuple[str, ...], yes: bool, as_json: bool) -> int:
    """Bring every series that came from a source from its end to now."""
    from clearedge_tui.market import fetch

    done = asyncio.run(fetch.sync(home(), markets, _ways(yes, as_json)))
    if not done and not as_json:
        click.echo("nothing to fetch: no series of a source ends before now")
        return 0
    return _told(done, as_json)


@click.command("sources")
@click.option("--reset", metavar="SOURCE", help="ask a source again that was left alone")
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def sources(reset: str | None, as_json: bool) -> None:
    """List where data can be pulled from, and how each is doing."""
    from clearedge_tui.core.clock import iso
    from clearedge_tui.supervisor import series_view

    rows = series_view.sources(home(), reset or "")
    if as_json:
        say_json({"sources": rows})
        return
    for one in rows:
        rest = f"  needs {one.needs}" if one.needs else ""
        if one.until_ns:
            rest += f"  {one.light} until {iso(one.until_ns)}: {one.reason}"
        click.echo(f"{'●' if one.light == 'closed' else '○'} {one.source:<16}{one.about}{rest}")
    click.echo("and any other exchange that ccxt knows, by its name there")


def _ways(yes: bool, as_json: bool) -> "Ways":
    from clearedge_tui.market.fetch import Ways

    async def confirm(cost: "Cost") -> bool:
        if yes:
            return True
        if as_json or not sys.stdin.isatty():
            return False
        question = f"This costs {cost.usd:.2f} USD for {cost.rows:,} rows ({cost.bytes / 1e6:,.1f} MB). Fetch?"
        return click.confirm(question, default=False, err=True)

    if as_json:
        return Ways(confirm=confirm)
    show = _show if sys.stderr.isatty() else (lambda progress: None)
    return Ways(show, lambda line: click.echo(f"\r{line}", err=True), confirm)


def _show(progress: "Progress") -> None:
    """Paint one line that is painted over by the next."""
    filled = int(progress.done * _BAR)
    eta = "" if progress.eta_s is None else f" {progress.eta_s:,.0f} s left"
    line = f"{'█' * filled}{'░' * (_BAR - filled)} {progress.done:4.0%} {progress.rows:,} rows {progress.rows_per_s:,.0f}/s{eta} {progress.market}"
    click.echo(f"\r\x1b[K{line}", err=True, nl=progress.done >= 1.0 and not progress.market)


def _told(done: "list[Pulled]", as_json: bool) -> int:
    """Print what became of each market; the exit code is that of the first that failed."""
    if as_json:
        say_json({"pulled": done})
    for one in [] if as_json else done:
        if one.error:
            click.echo(f"clearedge: {one.symbol}: {one.error}", err=True)
        if one.market_id:
            click.echo(_line(one))
    return next((one.exit_code for one in done if one.error), 0)


def _line(one: "Pulled") -> str:
    from clearedge_tui.core.clock import iso

    name = f"{one.market} {one.timeframe or one.kind} ({one.market_id})"
    if not one.fetched and not one.missing:
        return f"{name}: all there from {iso(one.start_ns)[:16]} to {iso(one.end_ns)[:16]}; nothing asked"
    lacks = "".join(
        f"; still missing {iso(low)[:16]} to {iso(high)[:16]}" for low, high in one.missing[:3]
    )
    more = f" and {len(one.missing) - 3} spans more" if len(one.missing) > 3 else ""
    return f"{name}: {one.rows:,} rows fetched{lacks}{more}"
