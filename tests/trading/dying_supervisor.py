"""`python -m tests.trading.dying_supervisor MOMENT …`: the product, and it is killed at a moment.

What a person changes is one transaction and then word to the gateway: it dies inside the first, in
between, or when the gateway has done it and the person has not heard.
"""

import os
import signal
import sys
from typing import Any

from clearedge_tui.cli.main import main
from clearedge_tui.store.db import Store
from clearedge_tui.supervisor import verbs_approve
from clearedge_tui.supervisor.instances import Instances

_ROWS = {"mode": ("instance.mode", "-> active"), "approval": ("approve", "")}


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_transaction(event: str, text: str) -> None:
    """Die when the row is written, and what belongs to it is not committed."""
    journal = Store.journal

    def note(store: Store, said: str, *words: Any, **named: Any) -> None:
        if said == event and text in str(words):
            die()
        journal(store, said, *words, **named)

    Store.journal = note  # type: ignore[assignment, method-assign]


def after_the_gateway() -> None:
    enforce = Instances.enforce

    async def done(instances: Instances, *words: Any) -> None:
        await enforce(instances, *words)
        die()

    Instances.enforce = done  # type: ignore[assignment, method-assign]


def trap(moment: str) -> None:
    what, _, when = moment.partition(":")
    match what, when:
        case _, "written":
            in_transaction(*_ROWS[what])
        case "mode", "committed":
            Instances.enforce = die  # type: ignore[assignment, method-assign]
        case "mode", "enforced":
            after_the_gateway()
        case "approval", "committed":
            verbs_approve._tell = die  # type: ignore[assignment]


if __name__ == "__main__":
    trap(sys.argv.pop(1))
    main()
