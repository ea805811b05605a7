"""The list of verbs: where each lives and its line of help. Help must not import them to be shown."""

from importlib import import_module

import click

# name: (module:attribute, help)
VERBS = {
    "account": ("clearedge_tui.cli.account:account", "List, write and probe accounts."),
    "approve": (
        "clearedge_tui.cli.approve:approve",
        "Let an instance trade real money, or stop it.",
    ),
    "backtest": (
        "clearedge_tui.cli.backtest:backtest",
        "Run a strategy over stored bars and report.",
    ),
    "data": ("clearedge_tui.cli.data:data", "Import, make and list market data."),
    "demo": ("clearedge_tui.cli.init:demo", "Run the sample without a terminal and sum it up."),
    "drill": ("clearedge_tui.cli.drill:drill", "Rehearse a kill on an account of its own."),
    "init": ("clearedge_tui.cli.init:init", "Make a home: config, accounts, folders."),
    "instance": ("clearedge_tui.cli.instance:instance", "Add, change, start and stop instances."),
    "journal": ("clearedge_tui.cli.journal:journal", "Show what was done, by whom and when."),
    "kill": ("clearedge_tui.cli.kill:kill", "Stop everything at once, or a part; with a receipt."),
    "limit": ("clearedge_tui.cli.limit:limit", "Declare and list risk limits."),
    "market": ("clearedge_tui.cli.market:market", "List and edit markets: steps, limits, fees."),
    "order": ("clearedge_tui.cli.order:order", "List, preview, place and cancel orders."),
    "position": ("clearedge_tui.cli.order:position", "List and close positions."),
    "reconcile": (
        "clearedge_tui.cli.reconcile:reconcile",
        "Compare ledgers with the venues, settle differences.",
    ),
    "research": (
        "clearedge_tui.cli.research:research",
        "Judge strategies by tests that try to show they are worth nothing.",
    ),
    "restart": ("clearedge_tui.cli.init:restart", "Replace the supervisor; engines live on."),
    "run": ("clearedge_tui.cli.run_cmds:run", "List, show and remove runs."),
    "secret": ("clearedge_tui.cli.secret:secret", "Set, list and remove keys of sources."),
    "spec": ("clearedge_tui.cli.spec:spec", "Check and save specifications of runs."),
    "stop": ("clearedge_tui.cli.init:stop", "End the headless supervisor; modes stay declared."),
    "strategy": ("clearedge_tui.cli.strategy:strategy", "List, check and write strategy files."),
    "venue": ("clearedge_tui.cli.venue:venue", "List venues and what may be set about them."),
    "venue-sim": (
        "clearedge_tui.cli.venue_sim:venue_sim",
        "Run a venue on this machine, to practise against.",
    ),
    "verify": ("clearedge_tui.cli.run_cmds:verify", "Run a run again, compare to the byte."),
}


class LazyGroup(click.Group):
    """A group whose verbs are imported when they are used, not when they are named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name][0].partition(":")
        found = getattr(import_module(module), name)
        return found if isinstance(found, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from clearedge_tui.contract.nearest import nearest

            raise click.UsageError(f"no verb `{args[0]}`{nearest(args[0], VERBS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Verbs"):
            formatter.write_dl([(name, text) for name, (_, text) in VERBS.items()])
