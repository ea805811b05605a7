"""`clearedge spec`, and `clearedge --run FILE`: runs as files."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clearedge_tui.cli.at_home import home, say_json

if TYPE_CHECKING:
    from clearedge_tui.runs.spec.v2 import SpecV2
    from clearedge_tui.settings import Home

JSON = click.option("--json", "as_json", is_flag=True, help="print one object and nothing else")


@click.group("spec")
def spec() -> None:
    """Check and save specifications of runs."""


@spec.command("check")
@click.argument("file")
@JSON
def check(file: str, as_json: bool) -> None:
    """Read FILE, look everything up, run nothing."""
    from clearedge_tui.core.clock import iso
    from clearedge_tui.runs.spec.resolve import read, resolve

    found = read(Path(file))
    ready = resolve(home(), found.spec)
    if as_json:
        say_json({"version": found.version, "config_sha256": found.config_sha256, "spec": ready})
        return
    begin = iso(ready.start_ns) if ready.start_ns else "first bar"
    end = iso(ready.end_ns) if ready.end_ns else "last bar"
    click.echo(f"{file}: version {found.version}, config sha256 {found.config_sha256}")
    click.echo(f"{ready.strategy} on {ready.market} {ready.timeframe}, {begin} to {end}")


@spec.command("save")
@click.argument("run_id")
@click.argument("file", required=False, default="")
@JSON
def save(run_id: str, file: str, as_json: bool) -> None:
    """Write the specification of RUN_ID to FILE (specs/RUN_ID.yaml when none is given)."""
    from clearedge_tui.runs.spec.saved import of_run

    where = home()
    path = write_new(file or str(where.specs / f"{run_id}.yaml"), of_run(where, run_id))
    say_json({"written": str(path)}) if as_json else click.echo(f"{path} written")


def write_new(file: str, wanted: "SpecV2") -> Path:
    """Write a specification to a file that is not there yet."""
    from clearedge_tui.runs.spec.saved import write

    return write(Path(file), wanted)


def run_file(where: "Home", file: str, *, again: bool, as_json: bool) -> int:
    """Run what a file asks for, say how it went, and return the exit code."""
    from clearedge_tui.cli.backtest import run_wanted
    from clearedge_tui.runs.spec.resolve import read

    found = read(Path(file))
    return run_wanted(
        where, found.spec, again=again, as_json=as_json, config_sha256=found.config_sha256
    )
