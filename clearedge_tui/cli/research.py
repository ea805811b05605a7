"""`clearedge research`: what a strategy is worth, by tests that try to show it is worth nothing."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
import msgspec

from clearedge_tui.cli.act import JSON
from clearedge_tui.cli.at_home import columns, home, say_json
from clearedge_tui.cli.research_basket import baskets, rebalance
from clearedge_tui.cli.research_multi import multi
from clearedge_tui.core.errors import NotFound, UsageError

if TYPE_CHECKING:
    from clearedge_tui.research.config import Executor
    from clearedge_tui.research.gauntlet import Ladder, Options
    from clearedge_tui.research.study import Step
    from clearedge_tui.runs.model import BacktestSpec
    from clearedge_tui.settings import Home

_MARKS = {"pass": "✓", "fail": "✗", "not_run": "–", "insufficient": "?", "stale": "~"}
_PRESETS = ("quick", "standard", "production")


@click.group("research")
def research() -> None:
    """Judge strategies: rule test, search, walk-forward, stress, one counted look at held-out data."""


research.add_command(multi)
research.add_command(baskets)
research.add_command(rebalance)


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that a single ladder and a sweep share."""
    for option in reversed(
        (
            click.option("--timeframe", default="", help="the shortest stored one by default"),
            click.option("--from", "start", default="", help="first bar opens at or after this (UTC)"),
            click.option("--to", "end", default="", help="last bar opens before this (UTC)"),
            click.option("--preset", type=click.Choice(_PRESETS), default="standard", show_default=True,
                         help="50, 200 or 1000 trials"),
            click.option("--trials", type=click.IntRange(1, 100_000), help="another number of trials"),
            click.option("--sampler", default="tpe", show_default=True,
                         help="tpe, random, grid, cmaes or nsga2"),
            click.option("--objective", default="sharpe", show_default=True, metavar="FIGURES",
                         help="a figure or a sum of some; several with commas"),
            click.option("--twins", type=click.IntRange(20, 100_000), default=200, show_default=True),
            click.option("--windows", type=click.IntRange(2, 100), default=6, show_default=True,
                         help="of the walk-forward"),
            click.option("--anchored", is_flag=True, help="training always begins at the start"),
            click.option("--held-out", type=click.FloatRange(0.05, 0.6), default=0.25,
                         show_default=True, help="share at the end that no search sees"),
            click.option("--top-held-out", is_flag=True,
                         help="show the held-out part to the best of the search too: a look each"),
            click.option("--as-is", is_flag=True, help="search nothing; judge the settings as they are"),
            click.option("--executor", default="", help="local or dask; config/research.toml by default"),
            click.option("--address", default="", help="of the Dask scheduler"),
            click.option("--engine", "engine_only", is_flag=True, help="use no light loop anywhere"),
            click.option("--seed", default=1, show_default=True, help="of all randomness"),
        )
    ):  # fmt: skip
        command = option(command)
    return command


@research.command("run")
@click.argument("strategy")
@click.option("--market", required=True, help="BTC/USDT, BTCUSDT or BTCUSDT.LOCAL")
@click.option(
    "--set", "sets", multiple=True, metavar="KEY=VALUE", help="a config value; repeatable"
)
@click.option("--only", default="", metavar="STEP", help="rule, search, walk or robust, alone")
@_options
@JSON
def run(
    strategy: str, market: str, sets: tuple[str, ...], only: str, as_json: bool, **asked: Any
) -> int:  # fmt: skip
    """Run the whole ladder of STRATEGY; 4 when it is not ready. Interrupted, it goes on the next time."""
    from clearedge_tui.research.judge import judge

    where = home()
    spec = _spec(where, strategy, market, sets, asked)
    if only:
        return _only(where, spec, only, asked, as_json)
    with _interruptible() as stop, _Line(quiet=as_json) as line:
        made = judge(
            where, spec, _wanted(asked), line.step, stop, asked["held_out"], line.say,
            _executor(where, asked),
        )  # fmt: skip
    if as_json:
        say_json(_plain(made))
    else:
        click.echo(_text(made) + _shown(where, made), nl=False)
    return 0 if made.readiness.ready else 4


@research.command("probe")
@click.argument("strategy")
@click.option("--market", required=True, help="BTC/USDT, BTCUSDT or BTCUSDT.LOCAL")
@click.option("--timeframe", default="", help="the shortest stored one by default")
@click.option("--from", "start", default="", help="first bar opens at or after this (UTC)")
@click.option("--to", "end", default="", help="last bar opens before this (UTC)")
@click.option(
    "--set", "sets", multiple=True, metavar="KEY=VALUE", help="a config value; repeatable"
)
@click.option("--seed", default=1, show_default=True, help="of the moments at which data are cut")
@JSON
def probe(strategy: str, market: str, sets: tuple[str, ...], as_json: bool, **asked: Any) -> int:
    """Does STRATEGY know the future, read files, or decide otherwise when run again? 4 when it does."""
    from clearedge_tui.research import probe as probing
    from clearedge_tui.research.gauntlet import schema_of
    from clearedge_tui.research.ground import ground

    where = home()
    spec = _spec(where, strategy, market, sets, asked)
    schema = schema_of(where, spec.strategy)
    config = {**schema.defaults(), **schema.validate(dict(spec.config))}
    with _interruptible() as stop, _Line(quiet=as_json) as line:
        stands = ground(where, msgspec.structs.replace(spec, config={}), line.say)
        one = probing.kept(stands, config, asked["seed"], told=line.step, stop=stop)
    found = probing.of(one)
    if as_json:
        say_json({"run": one.run_id, **msgspec.to_builtins(found)})
    else:
        click.echo(f"{one.strategy} on {one.market} {one.timeframe}: {one.verdict}")
        for touch in found.touches:
            click.echo(f"  {probing.touch_in_words(touch)}")
        click.echo(
            "".join(
                f"  {text}\n" for text in (probing.warm_up(found), f"run {one.run_id}") if text
            ),
            nl=False,
        )
    return 4 if found.alarm else 0


@research.command("sweep")
@click.argument("strategies", nargs=-1)
@click.option("--market", "markets", multiple=True, help="repeatable; all stored ones by default")
@_options
@JSON
def sweep(
    strategies: tuple[str, ...], markets: tuple[str, ...], as_json: bool, **asked: Any
) -> int:
    """Run the ladder of every strategy on every market; 4 when none is ready."""
    from clearedge_tui.research.judge import sweep as go

    where = home()
    specs = list(_basket(where, strategies, markets, asked))
    rows, ready = [], False
    with _interruptible() as stop, _Line(quiet=as_json) as line:
        for one in go(
            where,
            specs,
            _wanted(asked),
            line.step,
            stop,
            asked["held_out"],
            _executor(where, asked),
        ):
            rows.append(one)
            line.clear()
            if not as_json:
                click.echo(_row(one.strategy, one.market, one.timeframe, one.ladder, one.error))
    for one in rows:
        ready = ready or (one.ladder is not None and one.ladder.readiness.ready)
    if as_json:
        plain = [
            {"strategy": r.strategy, "market": r.market, "timeframe": r.timeframe, "error": r.error,
             "ladder": _plain(r.ladder) if r.ladder else None}
            for r in rows
        ]  # fmt: skip
        say_json({"ladders": plain})
    elif rows:
        done = [r.ladder for r in rows if r.ladder is not None]
        click.echo(f"\n{len(rows)} ladders, {sum(o.readiness.ready for o in done)} ready, "
                   f"{len(rows) - len(done)} could not be run")  # fmt: skip
    return 0 if ready else 4


@research.command("list")
@JSON
def list_(as_json: bool) -> int:
    """Show the ladder of every strategy, market and timeframe that was judged, best first."""
    from clearedge_tui.research.board import ladders

    found = ladders(home())
    if as_json:
        say_json({"ladders": [_plain(one) for one in found]})
        return 0
    if not found:
        click.echo("nothing was judged yet: clearedge research run STRATEGY --market MARKET")
    for one in found:
        click.echo(_row(one.strategy, one.market, one.timeframe, one))
    return 0


@research.command("show")
@click.argument("strategy")
@click.option("--market", default="", help="when it was judged on several")
@JSON
def show(strategy: str, market: str, as_json: bool) -> int:
    """Show the gates of a strategy's ladder: value, threshold, evidence and what to do next."""
    from clearedge_tui.research.board import ladders

    found = [one for one in ladders(home()) if one.strategy == strategy]
    found = [
        one for one in found if market.upper() in ("", one.market, f"{one.market}.{one.venue}")
    ]
    if not found:
        raise NotFound(
            f"no ladder of `{strategy}`; run one with: clearedge research run {strategy} --market MARKET"
        )
    if as_json:
        say_json({"ladders": [_plain(one) for one in found]})
    else:
        click.echo("\n".join(map(_text, found)), nl=False)
    return 0


@research.command("what-if")
@click.argument("run_id", metavar="RUN")
@click.option("--set", "sets", multiple=True, required=True, metavar="KEY=VALUE", help="repeatable")
@JSON
def what_if(run_id: str, sets: tuple[str, ...], as_json: bool) -> int:
    """Show what RUN would have made with other settings; each question counts as a variant."""
    from clearedge_tui.cli.backtest import settings
    from clearedge_tui.research.whatif import WhatIf
    from clearedge_tui.runs.listing import load_report

    where = home()
    report = load_report(where, run_id)
    asked = WhatIf(where, report.spec)
    try:
        before, after = asked.ask({}), asked.ask(settings(sets))
    finally:
        asked.close()
    if as_json:
        import msgspec

        say_json({"before": msgspec.to_builtins(before), "after": msgspec.to_builtins(after)})
        return 0
    for name in ("total_return", "sharpe", "max_drawdown", "trades", "win_rate", "fees"):
        was, now = (one.metrics.get(name) for one in (before, after))
        shown = ("–" if v is None else f"{v:,.4g}" for v in (was, now))
        click.echo(f"{name:16s}" + "".join(f"{text:>14s}" for text in shown))
    click.echo(f"after {after.told}")
    return 0


@research.command("threshold")
@click.argument("name", required=False)
@click.argument("value", type=float, required=False)
@click.option("--reason", default="", help="why, when the gate becomes easier; it is recorded")
@JSON
def threshold(name: str | None, value: float | None, reason: str, as_json: bool) -> int:
    """Show the thresholds of the gates, or move one."""
    from clearedge_tui.research import board

    where = home()
    if name is not None and value is None:
        raise UsageError(f"wanted a value: clearedge research threshold {name} VALUE")
    if name is not None and value is not None:
        board.set_threshold(where, name, value, reason)
    found = board.read_thresholds(where)
    if as_json:
        say_json(found)
    else:
        for one, limit in found.items():
            click.echo(f"{one:20s} {limit:g}")
    return 0


def _only(
    where: "Home", spec: "BacktestSpec", step: str, asked: dict[str, Any], as_json: bool
) -> int:
    """Do one step, and say what it found."""
    import msgspec

    from clearedge_tui.research.finding import KINDS
    from clearedge_tui.research.judge import one_step
    from clearedge_tui.runs.listing import load_summary

    with _interruptible() as stop, _Line(quiet=as_json) as line:
        found = one_step(
            where, spec, _wanted(asked), step, line.step, stop, asked["held_out"],
            _executor(where, asked),
        )  # fmt: skip
    if as_json:
        say_json({"findings": [msgspec.to_builtins(one) for one in found]})
        return 0
    for one in found:
        click.echo(f"{KINDS[one.kind]}  {one.verdict}")
        for name, value in load_summary(where, one.run_id).metrics.items():
            click.echo(f"  {name:16s} {'–' if value is None else f'{value:,.4g}':>12s}")
        click.echo(f"  {one.run_id}")
    return 0


# ---- what was asked ---------------------------------------------------------------------------
def _wanted(asked: dict[str, Any]) -> "Options":
    from clearedge_tui.research.gauntlet import Options
    from clearedge_tui.research.objective import Objective
    from clearedge_tui.research.search import PRESETS

    Objective(asked["objective"])  # a mistyped one is told before anything is run
    return Options(
        trials=asked["trials"] or PRESETS[asked["preset"]],
        sampler=asked["sampler"],
        objective=asked["objective"],
        twins=asked["twins"],
        windows=asked["windows"],
        anchored=asked["anchored"],
        as_is=asked["as_is"],
        top_held_out=asked["top_held_out"],
        quick=not asked["engine_only"],
        seed=asked["seed"],
    )


def _executor(where: "Home", asked: dict[str, Any]) -> "Executor":
    from clearedge_tui.research import config

    found = config.read(where).executor
    if not asked["executor"] and not asked["address"]:
        return found
    name = asked["executor"] or ("dask" if asked["address"] else found.name)
    return config.checked(config.Executor(name, asked["address"] or found.address, found.workers))


def _spec(
    where: "Home", strategy: str, market: str, sets: tuple[str, ...], asked: dict[str, Any]
) -> "BacktestSpec":
    from clearedge_tui.cli import which
    from clearedge_tui.cli.backtest import settings
    from clearedge_tui.runs.spec.resolve import resolve
    from clearedge_tui.runs.spec.v2 import SpecV2

    wanted = SpecV2(
        strategy=strategy, market=which.market(where, market), timeframe=asked["timeframe"],
        start=asked["start"], end=asked["end"], seed=asked["seed"], config=settings(sets),
    )  # fmt: skip
    return resolve(where, wanted)


def _basket(
    where: "Home", strategies: tuple[str, ...], markets: tuple[str, ...], asked: dict[str, Any]
) -> "Iterator[BacktestSpec]":
    from clearedge_tui.market import catalog

    names = strategies or tuple(sorted(p.stem for p in where.strategies.glob("[!_]*.py")))
    over = markets or tuple(
        dict.fromkeys(
            key.market_id
            for key in catalog.keys(where)
            if catalog.timeframes_of(where, key.market_id)
        )
    )
    if not names or not over:
        raise UsageError("nothing to sweep: wanted at least one strategy and one market with bars")
    for name in names:
        for market in over:
            yield _spec(where, name, market, (), asked)


# ---- what is said -----------------------------------------------------------------------------
@contextmanager
def _interruptible() -> "Iterator[Callable[[], bool]]":
    """Stop in good order at the first Ctrl-C: what is done is kept."""
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: asked.append(number))
    terminated = signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)
        signal.signal(signal.SIGTERM, terminated)


class _Line:
    """One line of progress on a terminal; nothing elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self._on = sys.stderr.isatty() and not quiet

    def __enter__(self) -> "_Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def say(self, text: str) -> None:
        if self._on:
            self.clear()
            click.echo(text, err=True)

    def step(self, step: "Step") -> None:
        if not self._on:
            return
        left = step.took_s / step.done * (step.total - step.done) if step.done else 0.0
        best = "" if step.best is None else f", best {step.best:.2f}"
        text = f"{step.what}: {step.done:,} of {step.total:,}{best}, {left:.0f} s left"
        click.echo(f"\r\x1b[K{text[: columns() - 1]}", nl=False, err=True)

    def clear(self) -> None:
        if self._on:
            click.echo("\r\x1b[K", nl=False, err=True)


def _plain(made: "Ladder") -> Any:
    return msgspec.to_builtins(made)


def _row(strategy: str, market: str, timeframe: str, one: "Ladder | None", error: str = "") -> str:
    name = f"{strategy:20.20s} {market:12.12s} {timeframe:4s}"
    if one is None:
        return f"{name}  could not be run: {error}"
    marks = "".join(_MARKS[gate.state] for gate in one.gates)
    ready = one.readiness
    word = "READY" if ready.ready else f"{ready.hard_passed} of {ready.hard} hard"
    return f"{name} {ready.score:4d} of {ready.possible:3d}  {marks}  {word}"


def _shown(where: "Home", made: "Ladder") -> str:
    """Return what the best of the search did on the held-out part, when they were shown it."""
    from clearedge_tui.research import finding

    run_id = made.runs.get("held_out")
    found = finding.load(where, run_id) if run_id else None
    rows = found.result.get("others") or [] if found is not None else []
    lines = ["  the best of the search on the held-out part:"] if rows else []
    for row in rows:
        figures = (row["sharpe"], row["total_return"], row["trades"])
        shown = "".join(f"{'–' if v is None else f'{v:,.4g}':>12s}" for v in figures)
        settings = ", ".join(f"{k}={v}" for k, v in row["config"].items())
        lines.append(f"  {shown}  {settings}")
    return "\n".join([*lines, ""]) if lines else ""


def _text(one: "Ladder") -> str:
    from clearedge_tui.core.clock import iso
    from clearedge_tui.core.text import clean_text

    ready = one.readiness
    lines = [
        f"{one.strategy} on {one.market} {one.timeframe}: readiness {ready.score} of {ready.possible} "
        f"possible, {'READY' if ready.ready else f'{ready.hard_passed} of {ready.hard} hard gates'}",
        f"  {iso(one.start_ns)[:10]} to {iso(one.end_ns)[:10]}, held out from {iso(one.split_ns)[:10]}, "
        f"looked at {one.looks} {'time' if one.looks == 1 else 'times'}; {one.variants:,} variants "
        f"tried in {one.revisions} versions of the file",
        f"  settings: {clean_text(', '.join(f'{k}={v}' for k, v in one.config.items()), 200)}",
        f"  {clean_text(one.why_config, 300)}",
    ]
    if one.why_engine:
        lines.append(f"  every trial ran on the engine: {clean_text(one.why_engine, 120)}")
    if one.simulated:
        lines.append("  SIMULATED market: nothing here is evidence about a real one")
    if one.probed:
        lines.append(f"  look-ahead probe: {clean_text(one.probed, 240)}")
    lines.append(f"  {'':2s}{'GATE':26s}{'VALUE':>10s}{'WANTED':>12s}{'POINTS':>9s}  WHY")
    signs = {"above": ">", "at_least": ">=", "below": "<"}
    for gate in one.gates:
        value = "–" if gate.value is None else f"{gate.value:,.4g}"
        wanted = f"{signs[gate.direction]} {gate.threshold:.4g}"
        hard = "*" if gate.hard else " "
        lines.append(
            f"  {_MARKS[gate.state]}{hard}{gate.title:26.26s}{value:>10s}{wanted:>12s}"
            f"{gate.earned:4d} / {gate.points:2d}  {clean_text(gate.why, 120)}"
        )
    lines.append("  * hard gate; ✓ passed  ✗ failed  – not run  ? too little data  ~ out of date")
    if ready.next_gate:
        lines.append(f"  next: {ready.next_gate}: {ready.next_action}")
    return "\n".join(lines) + "\n"
