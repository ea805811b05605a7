"""The one entry: the console, `--run`, and a verb for everything the console can do."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from clearedge_tui import __version__
from clearedge_tui.cli.verbs import VERBS, LazyGroup
from clearedge_tui.core.errors import ClearEdgeError, UsageError, of_machine

_ALONE = "\0"  # --run without a file
EPILOG = """\b
Exit codes: 0 done, 1 error, 2 wrong usage, 3 refused, 4 try again later,
5 the strategy failed, 70 a bug of ours, 130 interrupted.

Verbs take --json, but for init, demo, stop, restart and venue-sim: one object on
standard output and nothing else."""


@click.group(cls=LazyGroup, invoke_without_command=True, epilog=EPILOG)
@click.option(
    "--home", metavar="DIR", help="the home to work in (else CLEAREDGE_HOME, else the folder's own)"
)
@click.option(
    "--run",
    is_flag=False,
    flag_value=_ALONE,
    metavar="[FILE]",
    help="supervise without a screen until SIGTERM; with a specification: run it",
)
@click.option("--again", is_flag=True, help="with --run FILE: run although the same was run before")
@click.option("--json", "as_json", is_flag=True, help="with --run FILE: print one object")
@click.option(
    "--inside", is_flag=True, help="supervise from within this console; leaving it hands over"
)
@click.option("--no-mouse", is_flag=True, help="leave the mouse to the terminal")
@click.option(
    "--colour",
    "--color",
    type=click.Choice(["auto", "truecolor", "256", "16", "none"]),
    default="auto",
    help="colours of the terminal",
)
@click.option("--rate", type=click.FloatRange(0.5, 30), default=5.0, help="updates a second (5)")
@click.option("--theme", metavar="NAME", help="colour theme")
@click.version_option(__version__, prog_name="clearedge")
@click.pass_context
def cli(
    ctx: click.Context,
    home: str | None,
    run: str | None,
    again: bool,
    as_json: bool,
    inside: bool,
    no_mouse: bool,
    colour: str,
    rate: float,
    theme: str | None,
) -> int:
    """See every strategy, let some of them act. Without a verb: the console."""
    ctx.ensure_object(dict)["home"] = home
    verb = ctx.invoked_subcommand or (run if run in VERBS else None)
    if run is not None and verb is not None:
        raise UsageError(f"--run and `{verb}` do not go together")
    if verb is not None:
        return 0
    from clearedge_tui.cli import supervise
    from clearedge_tui.settings import find_home

    found = find_home(home)
    if run == _ALONE:
        return supervise.run_headless(found)
    if run is not None:
        from clearedge_tui.cli.spec import run_file

        return run_file(found, run, again=again, as_json=as_json)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the console needs a terminal; without one: clearedge --run, or clearedge demo"
        )
    return supervise.console(
        found, mouse=not no_mouse, colour=colour, rate_hz=rate, theme=theme, inside=inside
    )


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say and return the exit code; every error ends here as one line."""
    chosen: dict[str, str | None] = {}  # the commands write here which home they work in
    try:
        done = cli.main(list(arguments), prog_name="clearedge", standalone_mode=False, obj=chosen)
        sys.stdout.flush()
        return done if isinstance(done, int) else 0
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        _mute_stdout()
        return 0
    except ClearEdgeError as error:
        click.echo(f"clearedge: {error}", err=True)
        return error.exit_code
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except Exception as error:  # noqa: BLE001  # process main: recorded in a file, told in a line
        outside = of_machine(error)
        if outside is not None:
            click.echo(f"clearedge: {outside}", err=True)
            return outside.exit_code
        from clearedge_tui.cli.crash import record

        click.echo(f"clearedge: {record(error, chosen.get('home'))}", err=True)
        return 70


def _mute_stdout() -> None:
    """The reader has gone: nothing may be written at exit either."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def main() -> NoReturn:
    """Entry of the `clearedge` script."""
    sys.exit(run(sys.argv[1:]))
