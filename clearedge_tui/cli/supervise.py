"""`clearedge`, `clearedge --run`, `clearedge stop`: the console, the supervisor, and their ends."""

import asyncio
import contextlib
import signal
import sys
from typing import TYPE_CHECKING

from clearedge_tui.settings import Home

if TYPE_CHECKING:
    from clearedge_tui.supervisor.inside import Inside


def run_headless(home: Home) -> int:
    """Run the supervisor until SIGTERM or SIGINT: in good order, or at once by a second one."""
    import uvloop

    from clearedge_tui.supervisor.serving import serve
    from clearedge_tui.supervisor.supervisor import Supervisor

    supervisor = Supervisor(home)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, supervisor.ending.signal)
        supervisor.ending.say = say
        loop.add_signal_handler(signal.SIGHUP, lambda: None)  # a closed terminal is not our end
        await serve(supervisor, lambda: say(f"supervising {home.root}, epoch {supervisor.epoch}"))
        say("stopped at once" if supervisor.ending.forced.is_set() else "stopped clean")

    uvloop.run(main())
    return 0


def say(text: str) -> None:
    """Write one line for a person or a log; a reader that is gone is no reason to stop."""
    with contextlib.suppress(BrokenPipeError, OSError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def console(
    home: Home,
    mouse: bool = True,
    colour: str | None = None,
    rate_hz: float = 5.0,
    theme: str | None = None,
    inside: bool = False,
) -> int:
    """Open the console. It attaches to the supervisor that runs, or starts one.

    The supervisor is a process of its own from the first moment, so that nothing that happens to
    a console, kill -9 included, reaches it; `inside` runs it on a thread of this process and hands
    over to a headless one at the end.
    """
    from clearedge_tui.ui.app import run_console

    within: list[Inside] = []

    def ensure() -> None:
        from clearedge_tui.supervisor import client

        if inside and not within and not client.is_running(home):
            from clearedge_tui.supervisor.inside import Inside

            within.append(Inside(home))
            within[0].start()
            return
        client.ensure(home)

    try:
        return run_console(
            home, mouse=mouse, colour=colour, rate_hz=rate_hz, theme=theme, ensure=ensure
        )
    finally:
        for one in within:
            one.leave()


def restart(home: Home) -> int:
    """Replace the supervisor by a new one; the engines live on and are adopted."""
    from clearedge_tui.core.clock import monotonic
    from clearedge_tui.core.errors import Refused, RetryLater
    from clearedge_tui.supervisor import client

    answer = client.call(home, "supervisor.hand_over", {})
    if answer.status == "refused":  # an older version that does not know the word
        raise Refused(f"{answer.message}. Stop it with `clearedge stop`, then start it again")
    end = monotonic() + 20.0
    while client.is_running(home):
        if monotonic() > end:
            raise RetryLater("the supervisor has not let go within 20 s; see state/logs")
        client.pause()
    client.ensure(home)
    say("a new supervisor runs; the engines lived on")
    return 0


def stop(home: Home, policy: str | None = None) -> int:
    """Ask the supervisor to end, wait until it has, and say so."""
    say(end_supervisor(home, policy))
    return 0


def end_supervisor(home: Home, policy: str | None = None) -> str:
    """Ask the supervisor to end and wait until it has; return what to tell the person."""
    from clearedge_tui.core.clock import monotonic
    from clearedge_tui.core.errors import RetryLater
    from clearedge_tui.supervisor import client

    if not client.is_running(home):
        return "no supervisor runs"
    client.call(home, "supervisor.stop", {"policy": policy or ""})
    end = monotonic() + 40.0
    while client.is_running(home):
        if monotonic() > end:
            raise RetryLater(
                "the supervisor has not ended within 40 s; see state/logs/supervisor.log"
            )
        client.pause()
    return "the supervisor has stopped; what is declared comes back with the next one"


def demo(home: Home, seconds: int) -> int:
    """Backtest the sample, run the declared instances for a while, and say how both went."""
    from clearedge_tui.cli.summary import accounts_text, backtest_text, instances_text
    from clearedge_tui.core.clock import monotonic
    from clearedge_tui.supervisor import client

    say(backtest_text(home))
    ours = not client.is_running(home)
    client.ensure(home)
    say(f"\nrunning the paper instances for {seconds} s …")
    try:
        end = monotonic() + seconds
        while monotonic() < end:
            client.pause()
        snapshot = client.look(home)
    finally:
        if ours:
            end_supervisor(home)
    say("\n" + instances_text(snapshot.instances))
    say("\n" + accounts_text(snapshot.accounts))
    say("\nopen the console with: clearedge")
    return 0
