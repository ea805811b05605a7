"""`clearedge research multi`: several markets, or several runs, judged as one."""

import os
from typing import TYPE_CHECKING, Any

import click
import msgspec

from clearedge_tui.cli.act import JSON, act
from clearedge_tui.cli.at_home import home, say_json
from clearedge_tui.core.errors import UsageError

if TYPE_CHECKING:
    from clearedge_tui.research.baskets import Basket
    from clearedge_tui.research.finding import Finding
    from clearedge_tui.research.jury import Judged
    from clearedge_tui.research.screening import Screened
    from clearedge_tui.research.several import Several
    from clearedge_tui.settings import Home

_KINDS = ("cross_sectional", "pairs", "pair_screen", "portfolio", "book", "intraday_relval")
_MARKS = {"pass": "✓", "fail": "✗", "not_run": "–", "insufficient": "?", "stale": "~"}


@click.command("multi")
@click.argument("kind", type=click.Choice(_KINDS))
@click.option("--market", "markets", multiple=True, help="repeatable, two or more")
@click.option(
    "--run",
    "runs",
    multiple=True,
    metavar="ID",
    help="portfolio and book: a run's equity, or a strategy's newest backtest; repeatable",
)
@click.option("--timeframe", default="", help="the shortest stored one of the first by default")
@click.option("--from", "start", default="", help="first bar opens at or after this (UTC)")
@click.option("--to", "end", default="", help="last bar opens before this (UTC)")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="a setting; repeatable")
@click.option("--twins", type=click.IntRange(20, 100_000), default=200, show_default=True)
@click.option(
    "--held-out",
    type=click.FloatRange(0.05, 0.6),
    default=0.25,
    show_default=True,
    help="share at the end that is looked at last",
)
@click.option("--accept", multiple=True, metavar="FINDING", help="accept a finding about the data")
@click.option("--seed", default=1, show_default=True, help="of all randomness")
@click.option(
    "--instances",
    "account",
    default="",
    metavar="ACCOUNT",
    help="declare what it holds now as instances that observe on this account",
)
@click.option("--capital", default=10_000.0, show_default=True, help="of all instances together")
@click.option("--basket", default="", metavar="NAME", help="with --instances: keep it as a basket")
@click.option("--every", default="", metavar="1d", help="with --basket: put it right by itself")
@JSON
def multi(
    kind: str, as_json: bool, account: str, capital: float, basket: str, every: str, **asked: Any
) -> int:
    """Judge KIND over several markets: it wants no strategy. 4 when it is not ready."""
    # many small regressions: threads of the algebra only wait for each other, ten times as long
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from clearedge_tui.cli.backtest import settings
    from clearedge_tui.cli.research import _Line
    from clearedge_tui.research import jury
    from clearedge_tui.research.screening import Screened

    where = home()
    if (basket and (not account or asked["runs"])) or (every and not basket):
        raise UsageError("--basket wants --instances ACCOUNT and --market; --every wants --basket")
    several = _several(where, kind, asked)
    kept = (
        _basket(several, kind, basket, account, capital, every, asked["sets"]) if basket else None
    )
    with _Line(quiet=as_json) as line:
        one = jury.judge(
            several, kind, settings(asked["sets"]), asked["twins"], asked["seed"], line.say
        )
    found = jury.of(one)
    made = []
    if kept is not None:
        made = _kept(where, basket, kept)
    elif account:
        made = _declared(several, found, account, capital)
    if not isinstance(found, Screened) and not account and not as_json:
        made = [_as_words(wanted) for wanted in _wanted(several, found, capital)]
    return _say(one, several, made, as_json)


def again(where: "Home", one: "Finding", *, as_json: bool) -> int:
    """Judge a run of several markets on the data of today and show it."""
    from clearedge_tui.cli.research import _Line
    from clearedge_tui.research import repeat

    with _Line(quiet=as_json) as line:
        made, several = repeat.again(where, one, line.say)
    return _say(made, several, [], as_json)


def _say(one: "Finding", several: "Several", made: list[str], as_json: bool) -> int:
    from clearedge_tui.research import jury
    from clearedge_tui.research.screening import Screened

    found = jury.of(one)
    if as_json:
        told = {"run": one.run_id, "kind": one.kind, **msgspec.to_builtins(found)}
        say_json({**told, "instances": made})
    else:
        click.echo("\n    ".join([_text(one, found, several), *made]))
    return 0 if isinstance(found, Screened) or found.readiness.ready else 4


def _several(where: "Home", kind: str, asked: dict[str, Any]) -> "Several":
    from clearedge_tui.cli import which
    from clearedge_tui.market.moments import span_ns
    from clearedge_tui.research import kinds, several

    if bool(asked["runs"]) == bool(asked["markets"]):
        raise UsageError("wanted --market, two or more of them (or --run, for portfolio and book)")
    if asked["runs"] and kind not in kinds.OF_RUNS:
        raise UsageError(f"{kind} is made of markets; only {' and '.join(kinds.OF_RUNS)} take runs")
    if asked["runs"]:
        return several.of_runs(where, kind, asked["runs"], asked["held_out"])
    names = [which.market(where, name) for name in asked["markets"]]
    span = span_ns(asked["start"], asked["end"])
    return several.of_markets(
        where, kind, names, asked["timeframe"], span, asked["held_out"], asked["accept"]
    )


def _wanted(several: "Several", found: "Judged", capital: float) -> list[dict[str, Any]]:
    """Return the instance that each part held now would be: of a run's own strategy, else of `holder`."""
    made: list[dict[str, Any]] = []
    ids = several.spec.market.split("+")
    for name, weight in found.holds.items():
        at = several.names.index(name)
        one = {"strategy": "holder", "timeframe": several.spec.timeframe,
               "config": {"value": f"{weight * capital:.2f}"}}  # fmt: skip
        if several.sleeves:
            sleeve = several.sleeves[at]
            one = {
                "strategy": sleeve.strategy,
                "timeframe": sleeve.timeframe,
                "config": sleeve.config,
            }
        made.append({**one, "market": ids[at], "mode": "observe"})
    return made


def _declared(
    several: "Several", found: "Judged | Screened", account: str, capital: float
) -> list[str]:
    """Declare an instance for each part that is held; return what the supervisor said."""
    from clearedge_tui.research.screening import Screened

    if isinstance(found, Screened) or not found.holds:
        raise UsageError("it holds nothing now, so there is nothing to declare")
    wanted = _wanted(several, found, capital)
    return [str(act("instance.add", {**one, "account": account}).message) for one in wanted]


def _basket(
    several: "Several", kind: str, name: str, account: str, capital: float, every: str,
    sets: tuple[str, ...],
) -> "Basket":  # fmt: skip
    """Return what is to be kept; what cannot be is told before anything is judged."""
    from clearedge_tui.cli.backtest import settings
    from clearedge_tui.research import baskets

    made = baskets.Basket(
        kind, tuple(several.spec.market.split("+")), several.spec.timeframe, account, capital,
        {key: str(value) for key, value in settings(sets).items()}, every,
    )  # fmt: skip
    baskets.check(name, made)
    return made


def _kept(where: "Home", name: str, made: "Basket") -> list[str]:
    """Keep a basket, and tell its instances what is held now."""
    from clearedge_tui.research import baskets
    from clearedge_tui.supervisor.client import default_who
    from clearedge_tui.supervisor.rebalance import rebalance

    baskets.put(where, name, made)
    done = rebalance(where, name, default_who())
    return [*(one.said for one in done.changes if one.said), done.text]


def _as_words(one: dict[str, Any]) -> str:
    sets = "".join(f" --set {name}={value}" for name, value in one["config"].items())
    return (
        f"clearedge instance add {one['strategy']} --market {one['market']} --timeframe "
        f"{one['timeframe']} --mode observe{sets}"
    )


# ---- what is said -----------------------------------------------------------------------------
def _text(one: "Finding", found: "Judged | Screened", several: "Several") -> str:
    from clearedge_tui.core.clock import iso
    from clearedge_tui.research.screening import Screened

    lines = [
        f"{one.kind} of {', '.join(several.names)}, {one.timeframe}: {one.verdict}",
        f"  {iso(one.start_ns)[:10]} to {iso(one.end_ns)[:10]}, held out from "
        f"{iso(several.split_ns)[:10]}; run {one.run_id}",
    ]
    return "\n".join(lines + (_pairs(found) if isinstance(found, Screened) else _gates(found)))


def _pairs(found: "Screened") -> list[str]:
    lines = [f"  {'PAIR':32s}{'P':>10s}{'Q':>10s}{'BETA':>9s}{'HALF-LIFE':>11s}{'BARS':>9s}"]
    for row in found.pairs[:30]:
        figures = [_number(row[name], 3) for name in ("p", "q", "beta", "half_life")]
        name = f"{row['a']} {row['b']}"
        lines.append(
            f"  {name:32.32s}{figures[0]:>10s}{figures[1]:>10s}{figures[2]:>9s}{figures[3]:>11s}"
            f"{row['bars']:>9,}"
        )
    more = "" if len(found.pairs) <= 30 else f", {len(found.pairs) - 30} more in the JSON"
    lines.append(f"  screened on the training part alone: trade on what follows{more}")
    return lines


def _gates(found: "Judged") -> list[str]:
    from clearedge_tui.core.text import clean_text

    lines = [
        f"  settings: {', '.join(f'{k}={v}' for k, v in found.settings.items())}",
        f"  {found.variants:,} variants ever tried; held-out part looked at {found.looks} "
        f"{'time' if found.looks == 1 else 'times'}",
        f"  {'':2s}{'GATE':26s}{'VALUE':>10s}{'POINTS':>9s}  WHY",
    ]
    lines += [
        f"  {_MARKS[gate.state]}{'*' if gate.hard else ' '}{gate.title:26.26s}"
        f"{_number(gate.value, 4):>10s}{gate.earned:4d} / {gate.points:2d}  "
        f"{clean_text(gate.why, 120)}"
        for gate in found.gates
        if gate.state != "not_run"
    ]
    lines += [
        f"  – {gate.title:26.26s} not measured: {clean_text(gate.why, 120)}"
        for gate in found.gates
        if gate.state == "not_run"
    ]
    for row, name in zip(found.correlation, found.names, strict=False):
        lines.append(
            f"  {name:26.26s}" + "".join("      –" if v is None else f"{v:7.2f}" for v in row)
        )
    if found.diversification is not None:
        lines.append(f"  calmer than its parts by a factor of {found.diversification:.2f}")
    held = ", ".join(f"{name} {weight:+.1%}" for name, weight in found.holds.items()) or "nothing"
    lines.append(f"  holds now: {held}")
    return lines


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}g}"
