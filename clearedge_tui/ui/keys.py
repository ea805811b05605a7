"""Every key in one table: bindings, hints, help page and palette are made from it."""

from typing import Final, NamedTuple

from textual.binding import Binding


class Key(NamedTuple):
    """One action. `hint` orders it on the last line of its screens (0: not shown there)."""

    id: str
    keys: str  # as Textual names them, comma separated
    shown: str  # as a person reads it
    action: str
    label: str  # one or two words
    help: str
    scope: str  # global, list, act, or a screen's name
    hint: int = 0


TABLE: Final = (
    Key("go.board", "1", "1", "go('board')", "Board", "the board: one row an instance", "global"),
    Key("go.runs", "2", "2", "go('runs')", "Runs", "backtests, running and finished", "global"),
    Key("go.data", "3", "3", "go('data')", "Data", "the catalog", "global"),
    Key("go.strategies", "4", "4", "go('ladder')", "Ladder", "where every strategy stands: its gates, and what is missing; tab: the files", "global"),
    Key("go.risk", "5", "5", "go('risk')", "Risk", "limits with what is left of them, kills, approvals", "global"),
    Key("go.journal", "6", "6", "go('journal')", "Journal", "who did what, and why", "global"),
    Key("go.accounts", "7", "7", "go('accounts')", "Accounts", "accounts, their venues, and what differs there", "global"),
    Key("go.book", "8", "8", "go('book')", "Book", "orders, fills and positions of all instances", "global"),
    Key("palette", "colon,ctrl+p", ":", "palette", "Command", "type any command; arguments complete", "global", 90),
    Key("help", "question_mark", "?", "help", "Help", "this page", "global", 95),
    Key("back", "escape,h", "esc", "go_back", "Back", "back to where you came from", "global"),
    Key("last", "minus", "-", "last", "Last screen", "the screen before this one", "global"),
    Key("kill", "H", "H H", "kill", "Kill", "twice within two seconds: kill everything, cancel what rests; a sheet then offers more", "global", 92),
    Key("news", "exclamation_mark", "!", "news", "News", "the last news in full; a number follows the thread of one", "global"),
    Key("freeze", "p", "p", "freeze", "Freeze", "hold the display still; data goes on", "global"),
    Key("theme", "T", "T", "theme", "Theme", "next theme", "global"),
    Key("symbols", "B", "B", "symbols", "Symbols", "braille, block or ascii glyphs", "global"),
    Key("rate", "R", "R", "rate", "Rate", "1, 2, 5 or 10 frames a second", "global"),
    Key("money", "dollar_sign", "$", "money", "Hide money", "hide or show amounts", "global"),
    Key("leave", "q,ctrl+c", "q", "leave", "Leave", "leave; instances keep running, or stop everything", "global", 99),
    Key("down", "j,down", "j k", "move(1)", "Move", "next row (k, up: the one before)", "list"),
    Key("up", "k,up", "k", "move(-1)", "Up", "the row before", "list"),
    Key("first", "g,home", "g G", "jump(0)", "Ends", "first row (G, end: the last)", "list"),
    Key("final", "G,end", "G", "jump(-1)", "Last row", "last row", "list"),
    Key("page.down", "ctrl+d,pagedown", "^d ^u", "page(1)", "Page", "half a page down (ctrl+u: up)", "list"),
    Key("page.up", "ctrl+u,pageup", "^u", "page(-1)", "Page up", "half a page up", "list"),
    Key("open", "enter,l", "enter", "open", "Open", "open the selected row", "list", 10),
    Key("filter", "slash", "/", "screen.filter", "Filter", "show only rows that hold these words; esc clears", "list", 60),
    Key("sort", "S", "S", "screen.sort", "Sort", "then a column letter; again turns it round", "list", 0),
    Key("mode", "m", "m", "mode", "Mode", "off, observe or active", "act", 20),
    Key("start", "s", "s", "start_stop", "Start/stop", "start or stop", "act", 30),
    Key("config", "E", "E", "config", "Config", "edit the configuration", "act", 40),
    Key("backtest", "b", "b", "backtest", "Backtest", "backtest this strategy", "act", 50),
    Key("approve", "A", "A", "approve", "Approve", "let it trade real money as it is now (typed name)", "act"),
    Key("new", "n", "n", "app.new", "New", "declare a new instance", "board", 55),
    Key("clear", "c,C", "c", "app.clear_fault", "Clear", "clear a fault, so that it may start again", "board"),
    Key("mark", "space", "space", "mark", "Mark", "mark; m, s and c then act on all marks", "board", 0),
    Key("mark.all", "asterisk", "*", "mark_all", "Mark all", "mark every row shown", "board"),
    Key("mark.none", "backslash", "\\", "mark_none", "Unmark", "clear the marks", "board"),
    Key("wide", "w", "w", "wide", "Columns", "more or fewer columns", "board"),
    Key("errors", "e", "e", "errors", "Errors", "only rows with trouble", "board"),
    Key("preview", "v", "v", "preview", "Preview", "show or hide the chart below", "board"),
    Key("pane", "tab", "tab", "pane(1)", "Pane", "next pane", "detail", 15),
    Key("pane.back", "shift+tab", "⇧tab", "pane(-1)", "Pane back", "pane before", "detail"),
    Key("pane.orders", "o", "o", "show('orders')", "Orders", "open and past orders", "detail"),
    Key("pane.fills", "f", "f", "show('fills')", "Fills", "executions", "detail"),
    Key("pane.log", "L", "L", "show('log')", "Log", "what the strategy and its engine said", "detail"),
    Key("zoom.in", "plus,equals_sign", "+", "zoom(1)", "Zoom", "fewer, wider bars", "detail", 16),
    Key("zoom.out", "underscore", "_", "zoom(-1)", "Zoom out", "more, narrower bars", "detail"),
    Key("pan.left", "left,left_square_bracket", "←", "pan(1)", "Pan", "earlier bars", "detail"),
    Key("pan.right", "right,right_square_bracket", "→", "pan(-1)", "Later", "later bars", "detail"),
    Key("crosshair", "c", "c", "crosshair", "Crosshair", "read one bar: ← → move it, esc leaves", "detail", 17),
    Key("clear.detail", "C", "C", "app.clear_fault", "Clear", "clear a fault, so that it may start again", "detail"),
    Key("follow", "f", "f", "follow", "Follow", "in the log: stay on the newest line, or hold this one", "log"),
    Key("overlays", "i", "i", "overlays", "Overlays", "lines and markers on or off", "detail"),
    Key("copy", "y", "y", "copy", "Copy id", "copy the id to the terminal's clipboard", "detail"),
    Key("whatif.detail", "W", "W", "what_if", "What if", "change a setting and see what it would have made of the stored bars", "detail"),
    Key("mark.runs", "m,space", "m", "mark", "Mark", "mark; c compares the marked, * t N x S a R act on all", "runs", 20),
    Key("compare", "c", "c", "compare", "Compare", "lay the marked runs side by side", "runs", 22),
    Key("mark.none.runs", "backslash", "\\", "unmark", "Unmark", "clear the marks", "runs"),
    Key("star", "asterisk", "*", "star", "Star", "put a star on it, or take it off", "runs", 66),
    Key("tag", "t", "t", "tag", "Tags", "words to find it by", "runs", 68),
    Key("note", "N", "N", "note", "Note", "a line about it", "runs"),
    Key("sort.runs", "right,greater_than_sign", "→ ←", "sort_by(1)", "Sort", "sort by the next column; a click on its name does too", "runs", 62),
    Key("sort.runs.back", "left,less_than_sign", "←", "sort_by(-1)", "Sort back", "sort by the column before", "runs"),
    Key("turn", "o", "o", "turn", "Turn", "the other way round", "runs"),
    Key("job.cancel", "x", "x", "cancel_job", "Remove", "cancel the job at work / remove the run; U brings it back", "runs", 64),
    Key("undo", "U", "U", "undo", "Undo", "bring back what was removed last", "runs", 70),
    Key("again", "a", "a", "again", "Again", "run it once more, on the data and code of today", "runs"),
    Key("resume.run", "R", "R", "resume", "Resume", "take an interrupted run up again", "runs"),
    Key("save.run", "S", "S", "save", "Save", "write it down as a specification", "runs"),
    Key("refresh", "r", "r", "reload", "Reload", "ask again", "runs"),
    Key("check.data", "c", "c", "work('check')", "Check", "look for what is wrong with the marked series, or the selected one", "data", 20),
    Key("check.all", "C", "C", "work('check_all')", "Check all", "check every series", "data"),
    Key("pull.data", "u", "u", "pull", "Pull", "fetch what is missing from a source; a price is shown first", "data", 25),
    Key("sync.data", "U", "U", "work('sync')", "Up to now", "bring the marked series up to now from their source", "data"),
    Key("import.data", "i", "i", "bring", "Import", "bring a file of bars in; its reading is shown before anything is written", "data", 30),
    Key("test.data", "b", "b", "work('backtest')", "Backtest", "backtest on this market", "data", 35),
    Key("chart.data", "v", "v", "chart", "Chart", "the newest bars as a chart, or the coverage map", "data", 40),
    Key("year.before", "left_square_bracket,left", "[ ]", "year(-1)", "Year", "the year before in the coverage map (]: the year after)", "data"),
    Key("year.after", "right_square_bracket,right", "]", "year(1)", "Year after", "the year after in the coverage map", "data"),
    Key("delete.data", "d", "d", "work('delete')", "Delete", "delete a range; what would go is shown first", "data", 50),
    Key("compact.data", "K", "K", "work('compact')", "Compact", "join the files of a series; what would change is shown first", "data"),
    Key("dedupe.data", "D", "D", "work('dedupe')", "Dedupe", "leave out rows that repeat; what would change is shown first", "data"),
    Key("cancel.data", "x", "x", "cancel_job", "Cancel", "cancel the job at work", "data", 55),
    Key("jobs.data", "e", "e", "jobs", "Jobs", "all that the jobs said", "data"),
    Key("sources.data", "o", "o", "sources", "Sources", "where data can be pulled from, and who is left alone", "data"),
    Key("mark.data", "space", "space", "mark", "Mark", "mark; c, U, K and D then act on all marks", "series"),
    Key("mark.all.data", "asterisk", "*", "mark_all", "Mark all", "mark every series shown", "series"),
    Key("mark.none.data", "backslash", "\\", "mark_none", "Unmark", "clear the marks", "series"),
    Key("refresh.data", "r", "r", "reload", "Reload", "ask again", "data"),
    Key("pane.ladder", "tab,shift+tab", "tab", "pane(1)", "Files", "the strategy files", "ladder"),
    Key("judge", "r", "r", "judge", "Judge", "run what is missing of this ladder; what is done is taken as it is", "ladder", 20),
    Key("judge.cancel", "x", "x", "cancel_job", "Cancel", "cancel what is being judged; what is done is kept", "ladder", 25),
    Key("ladder.threshold", "t", "t", "threshold", "Thresholds", "move a threshold; easier ones want a reason, which is kept", "ladder", 30),
    Key("sort.ladder", "right,greater_than_sign", "→ ←", "sort_by(1)", "Sort", "sort by the next column; a click on its name does too", "ladder", 62),
    Key("sort.ladder.back", "left,less_than_sign", "←", "sort_by(-1)", "Sort back", "sort by the column before", "ladder"),
    Key("turn.ladder", "o", "o", "turn", "Turn", "the other way round", "ladder"),
    Key("gate.judge", "r", "r", "judge", "Judge", "run what is missing of this ladder; what is done is taken as it is", "gates", 20),
    Key("gate.cancel", "x", "x", "cancel_job", "Cancel", "cancel what is being judged; what is done is kept", "gates", 25),
    Key("gate.threshold", "t", "t", "threshold", "Threshold", "move this threshold; an easier one wants a reason, which is kept", "gates", 30),
    Key("gate.copy", "y", "y", "copy", "Copy run", "copy the id of the run that measured it", "gates"),
    Key("pane.study", "tab", "tab", "pane(1)", "Pane", "next pane: a search has overview, leaders, map and parallel", "study", 5),
    Key("pane.study.back", "shift+tab", "⇧tab", "pane(-1)", "Pane back", "pane before", "study"),
    Key("study.across", "x", "x y", "across(1)", "Axes", "another parameter across the map (y: down)", "study", 20),
    Key("study.down", "y", "y", "down(1)", "Axis down", "another parameter down the map", "study"),
    Key("study.report", "v", "v", "report", "As a run", "its report as a run: costs, data, files", "study", 30),
    Key("study.copy", "c", "c", "copy", "Copy id", "copy the run's id to the terminal's clipboard", "study"),
    Key("pane.files", "tab,shift+tab", "tab", "pane(1)", "Ladder", "where every strategy stands", "strategies"),
    Key("test.strategy", "b", "b", "backtest", "Backtest", "backtest this strategy", "strategies", 20),
    Key("new.strategy", "n", "n", "new", "Instance", "declare an instance of this strategy", "strategies", 30),
    Key("write.strategy", "N", "N", "write", "New file", "write a new strategy file from a template", "strategies", 40),
    Key("refresh.strategies", "r", "r", "reload", "Reload", "load every file anew", "strategies", 70),
    Key("errors.journal", "e", "e", "errors", "Errors", "only what went wrong", "journal", 20),
    Key("only", "o", "o", "only", "Only this", "only lines about the selected line's subject; again: all", "journal", 30),
    Key("trace", "t", "t", "trace", "Trace", "only the thread of the selected line: a job, its run and data; again: all", "journal", 40),
    Key("refresh.journal", "r", "r", "reload", "Reload", "ask again", "journal", 50),
    Key("errors.runs", "e", "e", "errors", "Show error", "the whole error of this run", "runs"),
    Key("pane.compare", "tab", "tab", "pane(1)", "Pane", "figures, settings, data, made from, code", "compare", 15),
    Key("pane.compare.back", "shift+tab", "⇧tab", "pane(-1)", "Pane back", "pane before", "compare"),
    Key("runs.right", "right", "→ ←", "runs(1)", "More runs", "the runs that have no room beside these", "compare"),
    Key("runs.left", "left", "←", "runs(-1)", "Runs back", "the runs before", "compare"),
    Key("equal", "e", "e", "equal", "Equal", "hide or show what is the same in all", "compare", 20),
    Key("pane.risk", "tab", "tab", "pane(1)", "Pane", "limits, approvals", "risk", 5),
    Key("pane.risk.back", "shift+tab", "⇧tab", "pane(-1)", "Pane back", "pane before", "risk"),
    Key("limit.new", "n", "n", "new", "New limit", "declare a limit; enter changes the selected one", "risk", 20),
    Key("limit.end", "c", "c", "end", "End hold", "end what this limit did: new risk is let in again", "risk", 25),
    Key("risk.approve", "a", "a", "approve", "Approve", "approve this instance (typed name)", "risk", 30),
    Key("risk.revoke", "R", "R", "revoke", "Revoke", "end this approval", "risk", 35),
    Key("risk.kill", "K", "K", "kill_row", "Kill row", "kill what this row is about", "risk", 40),
    Key("account.probe", "p", "p", "probe", "Probe", "ask its venue now: time, latency, rights of the key", "accounts", 20),
    Key("account.options", "E", "E", "options", "Options", "its settings and its venue's options as a form", "accounts", 25),
    Key("account.kill", "K", "K", "kill_row", "Kill", "kill this account", "accounts", 40),
    Key("pane.account", "tab", "tab", "pane(1)", "Pane", "checks, differences, decisions", "account", 5),
    Key("pane.account.back", "shift+tab", "⇧tab", "pane(-1)", "Pane back", "pane before", "account"),
    Key("account.one.probe", "p", "p", "probe", "Probe", "ask its venue now: time, latency, rights of the key", "account", 30),
    Key("account.one.options", "E", "E", "options", "Options", "its settings and its venue's options as a form", "account", 32),
    Key("account.one.kill", "K", "K", "kill_row", "Kill", "kill this account", "account", 40),
    Key("settle.adopt", "a", "a", "settle('adopt')", "Adopt", "write the difference into an instance's ledger", "account", 20),
    Key("settle.external", "x", "x", "settle('external')", "External", "mark it as somebody else's, for good", "account", 22),
    Key("settle.flatten", "F", "F", "settle('flatten')", "Flatten", "trade it away at the venue (typed account)", "account", 24),
    Key("pane.book", "tab", "tab", "pane(1)", "Pane", "orders, fills, positions", "book", 5),
    Key("pane.book.back", "shift+tab", "⇧tab", "pane(-1)", "Pane back", "pane before", "book"),
    Key("order.new", "n", "n", "order", "Order", "place an order by hand; what it would do is shown first", "book", 20),
    Key("order.cancel", "x", "x", "cancel", "Cancel", "cancel the selected order", "book", 25),
    Key("position.close", "F", "F", "close_position", "Close", "close the selected position at the market", "book", 30),
    Key("order.open", "o", "o", "open_only", "Open only", "only orders that work; again: all", "book", 35),
    Key("book.older", "greater_than_sign", "> <", "part(1)", "Older", "older rows (<: newer)", "book", 40),
    Key("book.newer", "less_than_sign", "<", "part(-1)", "Newer", "newer rows", "book"),
    Key("lift", "L", "L", "lift", "Lift", "lift this kill (typed name)", "kills", 20),
    Key("flatten", "f", "f", "flatten", "Flatten", "flatten too: close positions at the market", "kills", 25),
    Key("reason", "r", "r", "reason", "Reason", "say why it was killed", "kills", 30),
    Key("edit", "enter,i", "enter", "edit", "Edit", "edit the field; enter keeps, esc drops", "form", 5),
    Key("next.choice", "right,space,l", "→", "choose(1)", "Choose", "next choice", "form", 10),
    Key("prev.choice", "left", "←", "choose(-1)", "Choose back", "choice before", "form"),
    Key("apply", "w", "w", "apply", "Apply", "look at the difference, then send it", "form", 20),
    Key("revert", "z", "z", "revert", "Revert", "back to what it was", "form", 30),
    Key("pane.report", "tab", "tab", "pane(1)", "Pane", "next pane: overview, metrics, returns, timing, spread, trades, chart, about", "report", 5),
    Key("pane.report.back", "shift+tab", "⇧tab", "pane(-1)", "Pane back", "pane before", "report"),
    Key("trades", "t", "t", "show('trades')", "Trades", "every trade: / filters, o sorts, enter opens one", "report", 20),
    Key("chart.report", "v", "v", "show('chart')", "Chart", "the candles of the run with its trades", "report", 25),
    Key("save.report", "S", "S", "save_spec", "Save spec", "write this run down as a specification", "report", 40),
    Key("again.report", "r", "r", "again", "Run again", "run it once more, on the data and code of today", "report", 45),
    Key("whatif.report", "W", "W", "what_if", "What if", "change a setting and see the new equity over the old", "report", 30),
    Key("copy.report", "y", "y", "copy", "Copy id", "copy the run's id to the terminal's clipboard", "report"),
    Key("scroll.down", "j,down", "j k", "scroll(1)", "Scroll", "scroll a pane that is taller than the screen (k: back)", "sheet"),
    Key("scroll.up", "k,up", "k", "scroll(-1)", "Scroll up", "scroll back", "sheet"),
    Key("scroll.page", "ctrl+d,pagedown", "^d ^u", "page(1)", "Page", "half a page down (ctrl+u: up)", "sheet"),
    Key("scroll.page.up", "ctrl+u,pageup", "^u", "page(-1)", "Page up", "half a page up", "sheet"),
    Key("scroll.first", "g,home", "g G", "ends(0)", "Ends", "first row (G, end: the last)", "sheet"),
    Key("scroll.last", "G,end", "G", "ends(1)", "Last row", "last row", "sheet"),
    Key("sort.trades", "o", "o", "sort", "Sort", "then a column's letter; again turns it round", "trades", 12),
    Key("step.bars", "n", "n N", "screen.step(1)", "Next trade", "the next trade (N: the one before)", "bars", 11),
    Key("step.bars.back", "N", "N", "screen.step(-1)", "Trade before", "the trade before", "bars"),
    Key("open.bars", "enter", "enter", "screen.open_trade", "Open trade", "the chosen trade in full", "bars", 12),
    Key("zoom.bars", "plus,equals_sign", "+ _", "zoom(1)", "Zoom", "fewer, wider bars (_: more, up to the whole run)", "bars", 13),
    Key("zoom.bars.out", "underscore", "_", "zoom(-1)", "Zoom out", "more bars", "bars"),
    Key("pan.bars", "left,left_square_bracket", "← →", "pan(1)", "Pan", "earlier bars (→: later)", "bars", 14),
    Key("pan.bars.later", "right,right_square_bracket", "→", "pan(-1)", "Later", "later bars", "bars"),
    Key("cross.bars", "c", "c", "crosshair", "Crosshair", "read one bar: ← → move it, esc leaves", "bars", 15),
    Key("parts.down", "J", "J K", "screen.scroll_parts(1)", "Lists", "scroll a trade's orders, fills and log", "bars"),
    Key("parts.up", "K", "K", "screen.scroll_parts(-1)", "Lists up", "scroll them back", "bars"),
)  # fmt: skip

SCOPES: Final = {
    "board": ("board", "act", "list", "global"),
    "detail": ("detail", "log", "act", "list", "global"),
    "runs": ("runs", "list", "global"),
    "compare": ("compare", "list", "global"),
    "report": ("report", "trades", "bars", "sheet", "list", "global"),
    "report.trades": ("trades", "report", "list", "global"),
    "report.chart": ("bars", "report", "global"),
    "data": ("data", "series", "list", "global"),
    "strategies": ("strategies", "list", "global"),
    "ladder": ("ladder", "list", "global"),
    "gates": ("gates", "list", "global"),
    "study": ("study", "sheet", "global"),
    "journal": ("journal", "list", "global"),
    "risk": ("risk", "list", "global"),
    "accounts": ("accounts", "list", "global"),
    "account": ("account", "list", "global"),
    "book": ("book", "list", "global"),
    "kills": ("kills", "list", "global"),
    "form": ("form", "list", "global"),
}

PANES: Final = ("trades", "bars", "sheet")  # of a report: their keys are told while they are shown


def bindings(scope: str) -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """Return the bindings of one scope of the table; ids make them changeable by a keymap."""
    return [
        Binding(
            key.keys, key.action, key.label, show=bool(key.hint), key_display=key.shown, id=key.id
        )
        for key in TABLE
        if key.scope == scope
    ]


def keys_of(screen: str) -> list[Key]:
    """Return every key that works on a screen, its own first."""
    order = SCOPES.get(screen, ("global",))
    own = {name for key in TABLE if key.scope == order[0] for name in key.keys.split(",")}
    usual = [key for scope in order[1:] for key in TABLE if key.scope == scope]
    mine = [key for key in TABLE if key.scope == order[0]]
    return [*mine, *(key for key in usual if not own.issuperset(key.keys.split(",")))]


def hints(screen: str, most: int = 9) -> list[Key]:
    """Return the keys worth a place on the last line, in order."""
    no_list = ("open", "filter") if screen in ("detail", "report", "compare", "form") else ()
    own = [key for key in keys_of(screen) if screen != "report" or key.scope not in PANES]
    found = (key for key in own if key.hint and key.id not in no_list)
    shown = sorted(found, key=lambda key: key.hint)
    return shown[:most]
