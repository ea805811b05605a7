"""The verbs: one table for the console, the command line and the palette.

With a running supervisor they act through it and wait for engines to acknowledge; without one the
same code changes the declarations under the lock (`clearedge instance add` on a quiet box).
"""

import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from clearedge_tui.core.clock import iso, monotonic, now_ns
from clearedge_tui.core.errors import Bug, ClearEdgeError, UsageError, of_machine
from clearedge_tui.core.model import ConfigVersion
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.farm import Farm
from clearedge_tui.runs.index import Kept
from clearedge_tui.settings import Home
from clearedge_tui.store.db import Store
from clearedge_tui.supervisor import (
    verbs_account,
    verbs_approve,
    verbs_approve_look,
    verbs_book,
    verbs_data,
    verbs_instance,
    verbs_kill,
    verbs_limit,
    verbs_market,
    verbs_order,
    verbs_recon,
    verbs_report,
    verbs_research,
    verbs_run,
    verbs_strategy,
)
from clearedge_tui.supervisor.jobs import Jobs
from clearedge_tui.supervisor.protocol import Command, JobRow, Result
from clearedge_tui.supervisor.strategies import StrategyFiles

if TYPE_CHECKING:
    from clearedge_tui.supervisor.supervisor import Supervisor

Args = Mapping[str, object]
Verb = Callable[["Commands", Args, str], Awaitable[tuple[str, object]]]
_NOT_KEPT = (
    "list", "show", "tail", "check", "search", "compare", "status", "history", "readiness",
    "orders", "fills", "positions", "preview",
)  # fmt: skip

VERBS: dict[str, Verb] = {
    **verbs_instance.VERBS,
    **verbs_strategy.VERBS,
    **verbs_run.VERBS,
    **verbs_report.VERBS,
    **verbs_research.VERBS,
    **verbs_data.VERBS,
    **verbs_market.VERBS,
    **verbs_limit.VERBS,
    **verbs_account.VERBS,
    **verbs_approve.VERBS,
    **verbs_approve_look.VERBS,
    **verbs_kill.VERBS,
    **verbs_recon.VERBS,
    **verbs_book.VERBS,
    **verbs_order.VERBS,
}


class Commands:
    """Runs verbs one after the other per caller; `supervisor` is None when nothing runs."""

    def __init__(self, home: Home, store: Store, supervisor: "Supervisor | None") -> None:
        self.home = home
        self.store = store
        self.supervisor = supervisor
        self.files = supervisor.files if supervisor else StrategyFiles(home)
        self.jobs = Jobs(self._ended)
        self.farm = Farm()
        self.ended = Kept(home)
        self._versions: dict[str, tuple[int, tuple[ConfigVersion, ...]]] = {}

    async def run(
        self, command: Command, pending: Callable[[str], None] = lambda text: None
    ) -> Result:
        """Do one command; every error of ours becomes a refusal with its exit code."""
        verb = VERBS.get(command.verb)
        started = monotonic()
        keep = command.verb.rpartition(".")[2] not in _NOT_KEPT
        keep = keep and command.verb not in verbs_report.VERBS
        try:
            if verb is None:
                raise UsageError(f"no verb `{command.verb}`; known: {', '.join(sorted(VERBS))}")
            if keep:
                pending("")
                self.store.command_begin(
                    command.id, command.verb, command.args, command.who, now_ns()
                )
            message, data = await verb(self, command.args, command.who or "unknown")
            result = Result(command.id, "done", message, data)
        except ClearEdgeError as error:
            result = Result(command.id, "refused", str(error), code=error.exit_code)
        except Exception as error:  # noqa: BLE001  # verb border: whoever asked must have an answer
            sys.stderr.write(f"{iso(now_ns())} {command.verb}: {traceback.format_exc()}\n")
            why = of_machine(error) or Bug(f"a bug of ours: {type(error).__name__}: {error}")
            result = Result(command.id, "refused", clean_text(why), code=why.exit_code)
        if keep and verb is not None:
            took = f" ({(monotonic() - started) * 1000:.0f} ms)"
            self.store.command_end(command.id, result.status, result.message + took, now_ns())
        return result

    def versions(self, instance: str) -> tuple[ConfigVersion, ...]:
        """Return an instance's config history, newest first, read again only after a change."""
        run = self.supervisor.runs.get(instance) if self.supervisor else None
        newest = run.instance.config_version if run else -1
        known = self._versions.get(instance)
        if known is None or known[0] != newest:
            known = (newest, tuple(self.store.config_versions(instance)))
            self._versions[instance] = known
        return known[1]

    def _ended(self, row: JobRow) -> None:
        said = f"{row.title}: {row.message}" if row.message else row.title
        trace = {"trace_id": row.trace_id}
        self.event(f"job.{row.state}", row.run_id or row.id, said, "supervisor", trace)

    def event(
        self,
        event: str,
        subject: str,
        text: str,
        who: str,
        payload: Mapping[str, object] | None = None,
    ) -> None:
        self.store.journal(event, subject, who, text, payload or {}, now_ns())
