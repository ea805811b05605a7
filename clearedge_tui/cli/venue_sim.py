"""`clearedge venue-sim`: a venue of our own on this machine, to practise against."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clearedge_tui.core import clock
from clearedge_tui.core.errors import RetryLater, UsageError
from clearedge_tui.core.venues import venue

if TYPE_CHECKING:
    from clearedge_tui.venue_sim.sim import VenueSim

VENUES = ("bybit", "binance", "okx", "interactive_brokers")


@click.command("venue-sim")
@click.option(
    "--venue",
    "venue_name",
    type=click.Choice(VENUES),
    default="bybit",
    help="whose protocol (bybit)",
)
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="where it listens (any)")
@click.option("--seed", type=int, help="the same seed, the same prices (another each time)")
@click.option("--walk", type=click.IntRange(0), default=3, help="price steps a beat at most (3)")
@click.option(
    "--fault",
    "faults",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="what goes wrong, as a JSON list of rules",
)
def venue_sim(venue_name: str, port: int, seed: int | None, walk: int, faults: Path | None) -> None:
    """Run a venue on loopback that speaks as a real one does, until ctrl-c.

    It prints what to write into config/accounts.toml to trade there.
    """
    if find_spec("aiohttp") is None:
        raise UsageError(
            "venue-sim: aiohttp is not installed; install it: pip install 'clearedge-tui[live]'"
        )
    import asyncio

    from clearedge_tui.venue_sim.serve import read_faults, until_told
    from clearedge_tui.venue_sim.sim import VenueSim

    sim = VenueSim(
        venue=venue_name,
        port=port,
        seed=clock.now_ns() % 1_000_000 if seed is None else seed,
        walk=walk,
        faults=read_faults(faults) if faults else (),
        check_keys=True,
    )
    try:
        asyncio.run(until_told(sim, _say))
    except OSError as error:
        raise RetryLater(f"venue-sim: port {port}: {error.strerror}; try another --port") from error


def _say(sim: "VenueSim") -> None:
    """Print where it is and how to trade there."""
    account = next(iter(sim.floor.accounts.values()))
    keys = venue(sim.venue).keys
    given = {"api_key": account.key, "api_secret": account.secret, "api_passphrase": "any"}
    lines = [
        f"# {sim.venue} on {sim.http_url.removeprefix('' if keys else 'http://')}, "
        f"seed {sim.seed}; ctrl-c ends it",
        "# into config/accounts.toml:",
    ]
    names = []
    for options in sim.options:
        names.append(f"practice_{options.get('product', 'paper')}")
        lines += [f"[{names[-1]}]", 'kind = "live"', 'feed = "venue"', f'venue = "{sim.venue}"']
        if "USD" in account.coins:
            lines.append('currency = "USD"')
        lines += ["", f"[{names[-1]}.options]"]
        lines += [f'{name} = "{value}"' for name, value in options.items()] + [""]
    lines.append("# its keys, and how to steer it:" if keys else "# how to steer it:")
    for name in names if keys else []:
        lines += [f"#   echo {given[key]} | clearedge secret set {name}_{key}" for key in keys]
    first = next(iter(sim.floor.exchange.markets.values()))
    price = f'{{"market": "{first.symbol}", "px": "{first.price + first.price / 40:f}"}}'
    lines.append(f"#   curl -d '{price}' {sim.http_url if keys else sim.control_url}/_sim/price")
    click.echo("\n".join(lines))
