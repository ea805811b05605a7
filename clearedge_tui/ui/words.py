"""The words of the palette: its verbs, what the command line calls them, and which have no place here."""

from dataclasses import dataclass
from typing import Final

from clearedge_tui.ui.palette import THEMES
from clearedge_tui.ui.symbols import SETS

PLACES: Final = {
    "board": "1", "runs": "2", "data": "3", "strategies": "4", "risk": "5", "journal": "6",
    "accounts": "7",
}  # fmt: skip
_BARS: Final = ("market", "timeframe")


@dataclass(frozen=True, slots=True)
class Verb:
    """One word. `options` may be written `name=value` or `--name value`; `free` takes any field."""

    name: str
    usage: str
    about: str
    least: int = 0  # words wanted at least
    most: int = 0  # at most
    options: tuple[str, ...] = ()
    free: bool = False
    flags: tuple[str, ...] = ()  # of the options, those that take no value on the command line
    filter: bool = False  # words may hold signs: `sharpe>=1`


VERBS: Final = {
    verb.name: verb
    for verb in (
        Verb("mode", "mode INSTANCE off|observe|active", "set what an instance may do", 2, 2),
        Verb("open", "open INSTANCE|RUN", "look at one", 1, 1),
        Verb("start", "start INSTANCE", "start what is off", 1, 1),
        Verb("stop", "stop [INSTANCE]", "stop it; alone: end the supervisor, modes stay declared", 0, 1),
        Verb("pause", "pause INSTANCE", "let it see no ticks; it stays loaded", 1, 1),
        Verb("resume", "resume INSTANCE", "let it see its ticks again", 1, 1),
        Verb("config", "config INSTANCE", "edit its configuration", 1, 1),
        Verb("set", "set INSTANCE field=value …", "change its configuration without the form", 1, 1,
             ("exit-policy", "observe-orders", "armed"), free=True),
        Verb("clear", "clear INSTANCE", "clear a fault", 1, 1),
        Verb("rm", "rm INSTANCE", "remove its declaration (typed name)", 1, 1),
        Verb("new", "new [STRATEGY] [market=… account=… timeframe=… id=… mode=… field=value]", "declare an instance",
             0, 1, (*_BARS, "account", "id", "mode", "observe-orders", "exit-policy"), free=True),
        Verb("backtest", "backtest STRATEGY [MARKET] [TIMEFRAME] [from=… to=… field=value]",
             "run a backtest; without a market: the form", 1, 3,
             (*_BARS, "from", "to", "balance", "maker-fee", "taker-fee", "fill", "fees", "slippage", "latency",
              "funding", "borrow", "seed", "tag", "note", "accept", "no-fetch", "again", "save"), free=True,
             flags=("no-fetch", "again")),
        Verb("run-spec", "run-spec FILE", "run what a specification asks for", 1, 1),
        Verb("save-spec", "save-spec RUN [FILE]", "write a run down as a specification", 1, 2),
        Verb("run-again", "run-again RUN", "run it once more, on the data and code of today", 1, 1),
        Verb("run-resume", "run-resume RUN", "take an interrupted run up again", 1, 1),
        Verb("check", "check STRATEGY", "load a strategy and say what is wrong", 1, 1),
        Verb("write", "write NAME [class|module|native]", "a new strategy file from a template", 1, 2, ("kind",)),
        Verb("import", "import [FILE market=…]", "bring a file in; shows how it reads them before it writes",
             0, 1, (*_BARS, "kind", "venue", "tz", "stamp", "asset-class", "column", "ask", "adjusted")),
        Verb("pull", "pull [SOURCE MARKET … from=… to=… timeframe=… kind=… padding-days=N]",
             "fetch what is missing; alone: the form; a price is shown first", 0, 50,
             ("from", "to", "timeframe", "kind", "padding-days")),
        Verb("sync", "sync [MARKET …]", "bring what came from a source up to now", 0, 50),
        Verb("sources", "sources [reset=SOURCE]", "where data can be pulled from", 0, 0, ("reset",)),
        Verb("check-data", "check-data ['SERIES' …]", "what is wrong with these series, or with all", 0, 50),
        Verb("coverage", "coverage 'SERIES'", "what there is of it, by year and day", 1, 2),
        Verb("fingerprint", "fingerprint 'SERIES' [from=… to=…]", "a name for its rows", 1, 2, ("from", "to")),
        Verb("compact", "compact ['SERIES' …]", "one file a series; shown first", 0, 50, ("dry-run",), flags=("dry-run",)),
        Verb("dedupe", "dedupe ['SERIES' …]", "leave out rows that repeat; shown first", 0, 50, ("dry-run",),
             flags=("dry-run",)),
        Verb("rm-data", "rm-data 'SERIES' [from=… to=…]", "delete a range or all of it (typed name)", 1, 2,
             ("from", "to", "dry-run"), flags=("dry-run",)),
        Verb("show-market", "show-market MARKET", "steps, limits, fees, margin, hours", 1, 1),
        Verb("set-market", "set-market MARKET field=value …", "change what is known of it", 1, 1, free=True),
        Verb("add-market", "add-market MARKET [field=value …]", "add one before there are data", 1, 1, free=True),
        Verb("rm-market", "rm-market MARKET", "take it out of the table", 1, 1),
        Verb("load-market", "load-market SOURCE MARKET …", "steps, limits and fees as a source tells them", 2, 50),
        Verb("sample", "sample [days=N]", "add the built-in data", 0, 0, ("days",)),
        Verb("cancel", "cancel JOB", "cancel a job", 1, 1),
        Verb("rm-run", "rm-run RUN …", "remove finished runs; for a week restore-run brings them back", 1, 50,
             ("for-good",), flags=("for-good",)),
        Verb("restore-run", "restore-run [RUN]", "bring a removed run back; alone: the last one", 0, 1),
        Verb("find", "find [words field:part figure>1 …] [sort=FIELD]", "the runs that are like that", 0, 30,
             ("sort", "limit", "offset"), filter=True),
        Verb("tag", "tag RUN word -word …", "put words on a run, or take them off", 2, 21),
        Verb("note", "note RUN 'a line'", "write a line on a run", 2, 2),
        Verb("star", "star RUN [off=yes]", "put a star on a run", 1, 1, ("off",), flags=("off",)),
        Verb("compare", "compare RUN RUN …", "lay two to eight runs side by side", 2, 8),
        Verb("limits", "limits [INSTANCE]", "risk limits: what is declared, or what holds for one", 0, 1),
        Verb("set-limit", "set-limit SCOPE KEY NAME VALUE [action=… warn=… cooldown=… resume=…]",
             "declare a risk limit; KEY `all` is each", 4, 4, ("action", "warn", "cooldown", "resume")),
        Verb("rm-limit", "rm-limit SCOPE KEY NAME", "take a risk limit away; asked once more", 3, 3),
        Verb("risks", "risks [ACCOUNT]", "every limit with its figure now, and what it holds back", 0, 1),
        Verb("clear-limit", "clear-limit SCOPE KEY NAME", "end what a limit did; it counts anew", 3, 3),
        Verb("approve", "approve INSTANCE [evidence=FIGURE>=N@RUN override=REASON reason=… expires=30d yes-i-am=NAME]",
             "let it trade real money as it is now (typed name)", 1, 1,
             ("evidence", "override", "reason", "expires", "yes-i-am", "confirm")),
        Verb("revoke", "revoke INSTANCE [yes-i-am=NAME]", "end its approval", 1, 1, ("yes-i-am",)),
        Verb("approvals", "approvals [INSTANCE]", "what was approved, and what differs since", 0, 1),
        Verb("kill", "kill [account|venue|strategy|instance NAME] [action=cancel|flatten|block reason=…]",
             "stop at once: everything, or a part", 0, 2, ("action", "reason", "flatten", "wait"), flags=("flatten",)),
        Verb("lift", "lift KILL [unconfirmed=yes]", "end a kill (typed name)", 1, 1, ("unconfirmed", "confirm")),
        Verb("kills", "kills", "what is killed, and what was confirmed of it"),
        Verb("differences", "differences", "the ledgers against the venues' own word"),
        Verb("settle", "settle ACCOUNT MARKET SUBJECT adopt|external|flatten [kind=order instance=ID]",
             "say what a difference is", 4, 4, ("kind", "instance", "confirm")),
        Verb("accounts", "accounts", "the accounts, their feeds and their money"),
        Verb("speed", "speed ACCOUNT N|max", "play a replay faster or slower", 2, 2),
        Verb("rewind", "rewind ACCOUNT", "play its replays from the beginning", 1, 1),
        Verb("go", f"go {'|'.join(PLACES)}", "go to a screen", 1, 1),
        Verb("journal", "journal [SUBJECT] [trace=ID]", "who did what, and why; a trace is one thread", 0, 1,
             ("subject", "limit", "trace")),
        Verb("theme", f"theme {'|'.join(THEMES)}", "colours", 1, 1),
        Verb("symbols", f"symbols {'|'.join(SETS)}", "glyphs of charts", 1, 1),
        Verb("rate", "rate 1|2|5|10", "frames a second", 1, 1),
        Verb("supervise", "supervise", "start a supervisor when none runs"),
        Verb("restart", "restart", "replace the supervisor; engines live on"),
        Verb("stop-all", "stop-all", "every instance off, supervisor ends (typed STOP)"),
        Verb("quit", "quit", "leave; instances keep running"),
        Verb("help", "help", "the keys of this screen"),
    )
}  # fmt: skip

# The words of the command line, and what they are called here.
ALIASES: Final = {
    "instance": "go board",
    "instance list": "go board",
    "instance add": "new",
    "instance mode": "mode",
    "instance set": "set",
    "instance rm": "rm",
    "instance start": "start",
    "instance stop": "stop",
    "instance pause": "pause",
    "instance resume": "resume",
    "instance clear": "clear",
    "strategy": "go strategies",
    "strategy list": "go strategies",
    "strategy check": "check",
    "strategy new": "write",
    "run": "go runs",
    "run list": "find",
    "run show": "open",
    "run compare": "compare",
    "run rm": "rm-run",
    "run restore": "restore-run",
    "run tag": "tag",
    "run note": "note",
    "run star": "star",
    "run again": "run-again",
    "run resume": "run-resume",
    "spec": "go runs",
    "spec save": "save-spec",
    "data": "go data",
    "data list": "go data",
    "data import": "import",
    "data sample": "sample",
    "data pull": "pull",
    "data sync": "sync",
    "data sources": "sources",
    "data check": "check-data",
    "data coverage": "coverage",
    "data fingerprint": "fingerprint",
    "data compact": "compact",
    "data dedupe": "dedupe",
    "data rm": "rm-data",
    "market": "go data",
    "market list": "go data",
    "market show": "show-market",
    "market set": "set-market",
    "market add": "add-market",
    "market rm": "rm-market",
    "market load": "load-market",
    "limit": "limits",
    "limit list": "limits",
    "limit show": "limits",
    "limit set": "set-limit",
    "limit remove": "rm-limit",
    "limit clear": "clear-limit",
    "limit status": "risks",
    "approve give": "approve",
    "approve revoke": "revoke",
    "approve show": "approvals",
    "kill on": "kill",
    "kill status": "kills",
    "kill clear": "lift",
    "reconcile": "differences",
    "reconcile list": "differences",
    "reconcile resolve": "settle",
    "account": "accounts",
    "account list": "accounts",
    "account speed": "speed",
    "account rewind": "rewind",
}
GROUPS: Final = frozenset(said.partition(" ")[0] for said in ALIASES)

# Words of the command line that mean nothing inside the console, and what to do instead.
NOT_HERE: Final = {  # by word, or by group and word
    "init": "init makes a home, and this console is in one; on the command line: clearedge init DIR",
    "demo": "demo is the sample for where there is no screen; on the command line: clearedge demo",
    "run export": "run export writes a file; on the command line: clearedge run export",
    "verify": "verify runs it once more and compares to the byte; on the command line: clearedge verify",
    "run verify": "run verify runs it once more and compares to the byte; on the command line: clearedge run verify",
    "run journal": "run journal prints every event of a run; on the command line: clearedge run journal",
    "spec check": "spec check reads a file and runs nothing; on the command line: clearedge spec check",
    "data move": "data move is for when nothing runs, for every engine reads the catalog; on the command line: clearedge data move",
    "data recordings": "data recordings shows what accounts received and keeps its folders; on the command line: clearedge data recordings",
    "market import": "market import shows a table of markets before it is written; on the command line: clearedge market import",
    "market export": "market export writes a file; on the command line: clearedge market export",
    "venue-sim": "venue-sim runs a venue until ctrl-c, in a terminal of its own; on the command line: clearedge venue-sim",
    "kill reason": "kill reason says afterwards why; on the command line: clearedge kill reason",
    "reconcile history": "reconcile history lists what was decided; on the command line: clearedge reconcile history",
    "reconcile check": "reconcile check compares two files; on the command line: clearedge reconcile check",
    "account add": "account add writes config/accounts.toml; on the command line: clearedge account add",
    "account set": "account set writes config/accounts.toml; on the command line: clearedge account set",
    "account rm": "account rm writes config/accounts.toml; on the command line: clearedge account rm",
    "account readiness": "account readiness shows whether it could trade; on the command line: clearedge account readiness",
    "account probe": "account probe asks its venue; on the command line: clearedge account probe",
    "venue": "venue lists what may be set about venues; on the command line: clearedge venue",
    "drill": "drill rehearses a kill in a throwaway home; on the command line: clearedge drill kill",
    "secret": "secret values are typed where nothing shows them; on the command line: clearedge secret",
}  # fmt: skip

# Options of the command line that a palette needs no word for: it has a screen, and asks itself.
DROPPED: Final = frozenset({"--json", "--yes"})
