"""`clearedge market`: the table of what can be traded, and every change of it."""

import sys
from pathlib import Path
from typing import Any

import click

from clearedge_tui.cli import which
from clearedge_tui.cli.act import JSON, act, tell
from clearedge_tui.cli.at_home import home, say_json
from clearedge_tui.core.errors import Refused, UsageError

_VALUES = "KEY=VALUE…"


@click.group("market")
def market() -> None:
    """List and edit markets: steps, limits, fees, margin, hours."""


@market.command("list")
@JSON
def list_(as_json: bool) -> None:
    """List the markets with what is known of each."""
    rows = act("market.list", {}).data or []
    if as_json:
        say_json({"markets": rows})
    elif not rows:
        click.echo("no markets yet; import data, or: clearedge market add BTC/USDT")
    else:
        click.echo(
            f"{'market':<22}{'class':<8}{'tick':>12}{'step':>12}{'least':>12}{'worth':>8}"
            f"{'maker':>9}{'taker':>9}  {'hours':<7}source"
        )
        for row in rows:
            click.echo(_line(row))


def _line(row: dict[str, Any]) -> str:
    maker, taker = (_known(row[name]) for name in ("maker_fee", "taker_fee"))
    mark = " · SIMULATED" if row["simulated"] else ""
    return (
        f"{row['market_id']:<22}{row['asset_class']:<8}{row['price_step']:>12}{row['size_step']:>12}"
        f"{row['min_size']:>12}{row['min_notional']:>8}{maker:>9}{taker:>9}  {row['calendar']:<7}"
        f"{row['source']}{mark}"
    )


def _known(value: object) -> str:
    return "–" if value in (None, "") else str(value)


@market.command("show")
@click.argument("name", metavar="MARKET")
@JSON
def show(name: str, as_json: bool) -> None:
    """Show all that is known of MARKET."""
    row = act("market.show", {"market": which.market(home(), name)}).data
    if as_json:
        say_json(row)
        return
    for key, value in row.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else _known(value)
        click.echo(f"{key.replace('_', ' '):<18}{shown or '–'}")


@market.command("set")
@click.argument("name", metavar="MARKET")
@click.argument("values", nargs=-1, metavar=_VALUES)
@JSON
def set_(name: str, values: tuple[str, ...], as_json: bool) -> None:
    """Change fields of MARKET, all or none of them; `taker_fee=` makes one unknown again."""
    asked = {"market": which.market(home(), name), "values": pairs(values)}
    tell("market.set", asked, as_json)


@market.command("add")
@click.argument("name", metavar="MARKET")
@click.argument("values", nargs=-1, metavar=_VALUES)
@JSON
def add(name: str, values: tuple[str, ...], as_json: bool) -> None:
    """Add MARKET (BTC/USDT.BINANCE, ES) before there are data of it."""
    tell("market.add", {"symbol": name, "values": pairs(values)}, as_json)


@market.command("rm")
@click.argument("name", metavar="MARKET")
@JSON
def remove(name: str, as_json: bool) -> None:
    """Take MARKET out of the table; refused while data or instances use it."""
    tell("market.rm", {"market": which.market(home(), name)}, as_json)


@market.command("load")
@click.argument("source")
@click.argument("symbols", nargs=-1, required=True, metavar="MARKET…")
@JSON
def load(source: str, symbols: tuple[str, ...], as_json: bool) -> None:
    """Ask SOURCE how it describes MARKET…: steps, limits, fees."""
    tell("market.load", {"source": source, "symbols": list(symbols)}, as_json)


@market.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="write without asking")
@JSON
def import_(file: Path, yes: bool, as_json: bool) -> None:
    """Take markets from FILE, a CSV or JSON table as `market export` writes it."""
    asked: dict[str, object] = {"path": str(file.expanduser().resolve())}
    seen = act("market.import", {**asked, "dry": True})
    if not as_json:
        click.echo(seen.message)
    if not seen.data["changed"] and not as_json:
        return
    if not yes:
        _agree(as_json)
    done = act("market.import", asked)
    changed = done.data["changed"]
    told = f"{len(changed)} of {len(done.data['markets'])} markets written"
    if as_json:
        say_json({"message": told, "data": done.data})
    else:
        click.echo(told)


def _agree(as_json: bool) -> None:
    if as_json or not sys.stdin.isatty():
        raise Refused("nothing was written: nobody can be asked here; say --yes to write")
    if not click.confirm("Write this?", default=True):
        raise Refused("nothing was written")


@market.command("export")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="a JSON table; so is a FILE named .json")
def export(file: Path | None, as_json: bool) -> None:
    """Write the table as CSV to FILE, or to standard output."""
    from clearedge_tui.market import table_file
    from clearedge_tui.market.markets import load_markets

    form = "json" if as_json or (file and file.suffix.lower() == ".json") else "csv"
    text = table_file.write(load_markets(home()).values(), form)
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None


def pairs(given: tuple[str, ...]) -> dict[str, str]:
    """Return `key=value` words by key; the rule for fields reads the values."""
    found: dict[str, str] = {}
    for pair in given:
        key, sign, value = pair.partition("=")
        if not sign or not key.strip():
            raise UsageError(f"`{pair}`; write it as KEY=VALUE, for example taker_fee=0.001")
        found[key.strip().replace("-", "_")] = value.strip()
    return found
