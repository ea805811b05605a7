"""After a crash: every run that nobody works on any more is finished, or marked with the reason."""

import contextlib
import fcntl
import os
from pathlib import Path

from clearedge_tui.core.errors import BadData, ClearEdgeError, NotFound, Refused
from clearedge_tui.runs import artifacts, drafts, events, journal, manifest, sessions
from clearedge_tui.runs.drafts import Asked
from clearedge_tui.runs.life import Status
from clearedge_tui.runs.listing import draft_folder, load_report, require_backtest, run_folder
from clearedge_tui.settings import Home

_GONE = "its supervisor and its engine are gone"
_WHY = "its process and who had started it are gone; take it up again with: clearedge run resume {}"


def recover(home: Home) -> list[str]:
    """Put every abandoned run in its place; returns their ids. Another process at it is enough."""
    if not home.runs.is_dir():
        return []
    drafts.sweep(home)
    left = drafts.abandoned(home)
    if not left:
        return []
    with contextlib.suppress(OSError):  # another is at it, or the disk is full: the next one does
        descriptor = os.open(home.runs / ".recover", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return [run_id for one in left if (run_id := _placed(home, one))]
        finally:
            os.close(descriptor)
    return []


def _placed(home: Home, draft: Path) -> str:
    """Put one in its place; empty when it cannot be, which keeps no other from its own."""
    if sessions.load(draft) is not None:
        from clearedge_tui.runs.session_record import interrupt  # late: brings Arrow along

        return interrupt(home, draft, _GONE)
    asked = drafts.asked(draft)
    with contextlib.suppress(OSError, ClearEdgeError):
        return "" if asked is None else _place(home, asked)
    return ""


def _place(home: Home, asked: Asked) -> str:
    run_id = asked.about.run_id
    draft, final = draft_folder(home, run_id), run_folder(home, run_id)
    try:
        whole = not manifest.damaged(draft, manifest.load(draft))
    except (NotFound, BadData):
        whole = False
    if whole and not final.exists():  # it was killed at the very last step
        with contextlib.suppress(FileNotFoundError):
            draft.rename(final)
            (final / drafts.PIDS).unlink(missing_ok=True)
    else:
        artifacts.record_end(home, asked, _WHY.format(run_id), Status.INTERRUPTED)
    return run_id


def take_up(home: Home, run_id: str) -> Asked:
    """Make an interrupted run a draft again. Raises Refused for one that has ended or is alive."""
    recover(home)
    folder, draft = run_folder(home, run_id), draft_folder(home, run_id)
    if draft.is_dir() and not folder.is_dir():
        raise Refused(f"{run_id} is being worked on; wait for its end, or cancel it")
    status = require_backtest(load_report(home, run_id), "resumed").summary.status
    asked = drafts.asked(folder)
    if status != Status.INTERRUPTED or asked is None:
        raise Refused(
            f"{run_id} is {status}: a finished run never changes; run its specification again with: "
            f"clearedge run again {run_id}"
        )
    drafts.own(folder)  # first: killed in between, it is nobody's
    try:
        folder.rename(draft)
    except FileNotFoundError:
        raise Refused(f"{run_id} is being taken up by another") from None
    (draft / manifest.MANIFEST).unlink(missing_ok=True)  # of an end that is no end any more
    journal.append(draft, asked.about, events.RUN_RESUMED, Status.RUNNING)
    return asked
