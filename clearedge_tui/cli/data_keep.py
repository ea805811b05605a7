"""`clearedge data check`, `coverage`, `fingerprint`, `compact`, `dedupe`, `rm` and `move`."""

import sys
from typing import TYPE_CHECKING

import click

from clearedge_tui.cli import which
from clearedge_tui.cli.at_home import home, say_json
from clearedge_tui.core.errors import BadData, ClearEdgeError, Refused, UsageError

if TYPE_CHECKING:
    from clearedge_tui.market.check import Report
    from clearedge_tui.market.task import Ended
    from clearedge_tui.market.upkeep import Upkeep
    from clearedge_tui.supervisor.series_view import Coverage

_SIGNS = {"full": "█", "most": "▓", "part": "▒", "missing": "×", "closed": "·", "unknown": "?"}
_WORDS = {
    "full": "all there",
    "most": "nearly",
    "part": "part",
    "missing": "missing",
    "closed": "closed",
    "unknown": "closed or missing",
}
_JSON = click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
_DRY = click.option("--dry-run", "dry", is_flag=True, help="say what would change, change nothing")
_FROM = click.option("--from", "start", default="", metavar="DATE", help="first moment")
_TO = click.option("--to", "end", default="", metavar="DATE", help="exclusive")
_SERIES = click.argument("series", nargs=-1, metavar="[SERIES…]")


@click.command("check")
@_SERIES
@_JSON
def check(series: tuple[str, ...], as_json: bool) -> int:
    """Look for what is wrong with SERIES (`BTC/USDT 1m`), or with all of them. Exit 1: something is bad."""
    import msgspec

    from clearedge_tui.market.check import Report
    from clearedge_tui.market.task import check as work

    where = home()
    names = [which.series(where, name) for name in series]
    done = work(where, {"series": names}, lambda step: None)
    reports = msgspec.convert(
        [{k: v for k, v in r.items() if k != "verdict"} for r in _rows(done)], list[Report]
    )
    if as_json:
        say_json({"checked": done.data, "error": done.error})
    else:
        for report in reports:
            click.echo("\n".join(_told(report)))
        click.echo(done.message)
    if done.error:
        raise ClearEdgeError(done.error)
    return 1 if any(report.verdict == "bad" for report in reports) else 0


def _rows(done: "Ended") -> list[dict[str, object]]:
    return done.data if isinstance(done.data, list) else []


def _told(report: "Report") -> list[str]:
    from clearedge_tui.core.clock import iso

    lines = [
        f"{report.series:<28}{report.verdict:<7}{report.rows:>12,} rows  "
        f"{iso(report.first_ns)[:16]} to {iso(report.last_ns)[:16]}, calendar {report.calendar}"
    ]
    for one in report.findings:
        lines.append(f"  {one.line()}")
        lines += [f"       {iso(at)}  {text}" for at, text in one.examples]
    return lines


@click.command("coverage")
@click.argument("series")
@_JSON
def coverage(series: str, as_json: bool) -> None:
    """Show what there is of SERIES, month by month: there, missing, or the market was closed."""
    import msgspec

    from clearedge_tui.market import catalog
    from clearedge_tui.market.task import find_series
    from clearedge_tui.supervisor import series_view

    where = home()
    key = find_series(where, which.series(where, series))
    seen = series_view.coverage(where, str(key))
    if as_json:
        spans = [{"from_ns": a, "to_ns": b} for a, b in catalog.covered(where, key)]
        say_json({**msgspec.to_builtins(seen), "covered": spans})
        return
    files = f"{len(seen.files)} file{'' if len(seen.files) == 1 else 's'}"
    click.echo(f"{key}: {seen.rows:,} rows in {files}" + _told_hours(seen))
    click.echo("\n".join(_map(seen)))
    for error in seen.errors:
        click.echo(f"clearedge: {error}", err=True)


def _told_hours(seen: "Coverage") -> str:
    if not seen.open_days:
        return ""
    lost = sum(count for _, _, count in seen.holes)
    more = " or more" if seen.holes_left_out else ""
    return f", calendar {seen.calendar}, {f'{lost:,}{more}' if lost else 'none'} missing"


def _map(seen: "Coverage") -> list[str]:
    """Return a line a year, a cell a month, and what the signs mean."""
    from clearedge_tui.core.day_map import laid_out

    days = laid_out(seen.days, seen.open_days, seen.unknown_days, ticks=not seen.timeframe)
    if not days.years:
        return ["nothing"]
    lines = ["      J F M A M J J A S O N D"]
    shown = set[str]()
    for year in days.years:
        states = [days.month(year, month) for month in range(1, 13)]
        shown.update(states)
        lines.append(f"{year}  " + "".join(_SIGNS.get(state, " ") * 2 for state in states))
    legend = [f"{sign} {_WORDS[state]}" for state, sign in _SIGNS.items() if state in shown]
    return [*lines, "      " + "   ".join(legend)]


@click.command("fingerprint")
@click.argument("series")
@_FROM
@_TO
@_JSON
def fingerprint(series: str, start: str, end: str, as_json: bool) -> None:
    """Name the rows of SERIES: the same rows have the same name, in whatever files they lie."""
    from clearedge_tui.market import moments
    from clearedge_tui.market.fingerprint import fingerprint as name
    from clearedge_tui.market.task import find_series

    where = home()
    key = find_series(where, which.series(where, series))
    first, last = moments.span_ns(start, end)
    back = key.step_ns if key.timeframe else 0
    done = name(where, key, first + back if first else None, last + back - 1 if last else None)
    say_json(done) if as_json else click.echo(f"{done.sha256}  {done.series}, {done.rows:,} rows")


def _tell(done: "list[Upkeep]", as_json: bool) -> None:
    if as_json:
        say_json({"series": done})
    else:
        click.echo("\n".join(one.line() for one in done) or "nothing to do")


def _each(series: tuple[str, ...], what: str, dry: bool, as_json: bool) -> None:
    """Do it to each series, or to all; one that cannot be read fails by name, the others are done."""
    import msgspec

    from clearedge_tui.market.task import keep
    from clearedge_tui.market.upkeep import Upkeep

    where = home()
    names = [which.series(where, name) for name in series]
    done = keep(where, {"series": names, "dry": dry}, lambda step: None, what)
    _tell(msgspec.convert(done.data, list[Upkeep]), as_json)
    if done.error:
        raise (Refused if done.code == Refused.exit_code else BadData)(done.error)


@click.command("compact")
@_SERIES
@_DRY
@_JSON
def compact(series: tuple[str, ...], dry: bool, as_json: bool) -> None:
    """Join the files of SERIES (of all series) into one each."""
    _each(series, "compact", dry, as_json)


@click.command("dedupe")
@_SERIES
@_DRY
@_JSON
def dedupe(series: tuple[str, ...], dry: bool, as_json: bool) -> None:
    """Leave out rows that repeat in SERIES (in all series)."""
    _each(series, "dedupe", dry, as_json)


@click.command("rm")
@click.argument("series")
@_FROM
@_TO
@_DRY
@click.option("--yes", is_flag=True, help="delete without asking")
@_JSON
def remove(series: str, start: str, end: str, dry: bool, yes: bool, as_json: bool) -> None:
    """Delete a range of SERIES; all of it without --from and --to."""
    from clearedge_tui.market import moments, upkeep
    from clearedge_tui.market.task import find_series

    where = home()
    key = find_series(where, which.series(where, series))
    first, last = moments.span_ns(start, end)
    shown = upkeep.delete_range(where, key, first, last, True)
    if dry:
        _tell([shown], as_json)
        return
    if not yes:
        if as_json or not sys.stdin.isatty():
            raise Refused(f"nothing was deleted: {shown.line()}; say --yes to delete")
        click.confirm(f"{shown.line()}. Delete?", abort=True)
    _tell([upkeep.delete_range(where, key, first, last, False)], as_json)


@click.command("move")
@click.argument("target")
@_DRY
@click.option("--keep", is_flag=True, help="copy only: the home stays with the old catalog")
@click.option("--take-over", is_flag=True, help="write a bucket that another home wrote until now")
@_JSON
def move(target: str, dry: bool, keep: bool, take_over: bool, as_json: bool) -> None:
    """Copy the catalog to TARGET (s3://bucket/prefix, or `local`), prove it, and use it from now on.

    The old files stay where they are until you delete them.
    """
    from clearedge_tui.market import upkeep
    from clearedge_tui.market.place import at
    from clearedge_tui.settings import load_options

    where = home()
    line = "" if target == "local" else target
    if take_over and line and not dry:
        at(where, line).hold(take_over=True)
    if line == load_options(where).catalog:
        if take_over:
            told = f"{target} is written by this home"
            say_json({"series": [], "message": told}) if as_json else click.echo(told)
            return
        raise UsageError(f"the catalog is at {target} already")
    done = upkeep.copy_catalog(where, at(where, line), dry)
    if not dry and not keep:
        upkeep.retarget(where, line)
    _tell(done, as_json)


@click.command("recordings")
@click.option("--rm", "gone", metavar="NAME", help="delete one")
@_JSON
def recordings(gone: str | None, as_json: bool) -> None:
    """List what accounts received and kept. An account plays one with feed = "recording"."""
    from clearedge_tui.core.clock import iso
    from clearedge_tui.market import recordings as kept

    where = home()
    if gone:
        kept.remove(where, gone)
    found = kept.recordings(where)
    if as_json:
        say_json({"recordings": found})
        return
    for one in found:
        click.echo(
            f"{one.name:<36}{one.bytes / 1e6:>9.2f} MB  {iso(one.first_ns)[:16]} to "
            f"{iso(one.last_ns)[:16]}  {', '.join(one.markets)}"
        )
    if not found:
        click.echo(
            "nothing recorded yet; accounts keep what they receive (record_mb in accounts.toml)"
        )


VERBS = (recordings, check, coverage, fingerprint, compact, dedupe, remove, move)
