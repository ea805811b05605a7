"""`clearedge run`: the runs on disk."""

from typing import TYPE_CHECKING

import click

from clearedge_tui.cli.at_home import columns, home, say_json

if TYPE_CHECKING:
    from clearedge_tui.runs.model import RunSummary


@click.group("run")
def run() -> None:
    """List, show and remove runs."""


@run.command("list")
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def list_(as_json: bool) -> None:
    """List runs, newest first."""
    from clearedge_tui.runs.listing import list_runs

    found = list_runs(home())
    if as_json:
        say_json({"runs": found})
    elif found:
        click.echo("\n".join(_table(found)))
    else:
        click.echo("no runs yet; make one: clearedge backtest STRATEGY --market MARKET")


def _table(found: list["RunSummary"]) -> list[str]:
    from clearedge_tui.runs.text_report import value_text

    lines = [
        f"{'run':<40}{'status':<11}{'market':<14}{'bars':<6}{'return':>9}{'sharpe':>9}{'trades':>8}"
    ]
    for one in found:
        figures = one.metrics
        market = f"{one.market}*" if one.simulated else one.market
        lines.append(
            f"{one.run_id:<40}{one.status:<11}{market:<14}{one.timeframe:<6}"
            f"{value_text('total_return', figures.get('total_return')):>9}"
            f"{value_text('sharpe', figures.get('sharpe')):>9}{value_text('trades', figures.get('trades')):>8}"
        )
    return [*lines, "* simulated market"] if any(one.simulated for one in found) else lines


@run.command("show")
@click.argument("run_id")
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def show(run_id: str, as_json: bool) -> None:
    """Show the report of RUN_ID."""
    from clearedge_tui.cli.backtest import as_object
    from clearedge_tui.runs.data_used import dated
    from clearedge_tui.runs.listing import load_report
    from clearedge_tui.runs.text_report import render

    where = home()
    report = dated(where, load_report(where, run_id))
    say_json(as_object(report)) if as_json else click.echo(
        render(report, min(columns(), 120)), nl=False
    )


@run.command("verify")
@click.argument("run_id")
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def verify(run_id: str, as_json: bool) -> int:
    """Run RUN_ID again and compare to the byte. Exit 1: it is not the same."""
    from clearedge_tui.runs.verify import verify as again

    done = again(home(), run_id)
    say_json(done) if as_json else click.echo(done.line())
    return 0 if done.same else 1


@run.command("again")
@click.argument("run_id")
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def again(run_id: str, as_json: bool) -> int:
    """Run what RUN_ID was asked to be once more, on the data and code of today."""
    from clearedge_tui.cli.backtest import finish
    from clearedge_tui.runs.launch import Launch
    from clearedge_tui.runs.listing import load_report

    where = home()
    return finish(Launch(where, load_report(where, run_id).spec, again=True), as_json=as_json)


@run.command("resume")
@click.argument("run_id")
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
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
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def journal(run_id: str, as_json: bool) -> None:
    """Show what happened to RUN_ID. A journal that was changed is an error."""
    from clearedge_tui.runs import journal as told
    from clearedge_tui.runs.listing import require_run

    found = told.read(require_run(home(), run_id))
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


@run.command("rm")
@click.argument("run_ids", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")
def rm(run_ids: tuple[str, ...], as_json: bool) -> None:
    """Remove runs for good."""
    from clearedge_tui.runs.listing import remove_run

    where = home()
    for run_id in run_ids:
        remove_run(where, run_id)
    say_json({"removed": run_ids}) if as_json else click.echo(f"removed {', '.join(run_ids)}")
