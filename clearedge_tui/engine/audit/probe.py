"""A look at an account's venue before anything trades: can it be reached, and what may the key do.

Run as a process of its own: the account on the command line, keys over standard input. It sends
nothing but questions.
"""

import asyncio
import sys

import msgspec

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.errors import ClearEdgeError
from clearedge_tui.core.probe import Probe, ProbeState
from clearedge_tui.core.venues import venue
from clearedge_tui.engine.audit.raw import RawVenue
from clearedge_tui.engine.audit.tws import probe_tws
from clearedge_tui.secrets import shield_process
from clearedge_tui.settings import Account

_PINGS = 5


async def probe(account: Account, keys: dict[str, str]) -> Probe:
    """Ask the venue for its time, and with keys for balances and rights."""
    if not venue(account.venue).audited:
        return await probe_tws(account)
    try:
        raw = RawVenue(account, keys)
    except ClearEdgeError as error:
        return Probe(account.name, now_ns(), ProbeState.UNKNOWN, error=str(error))
    try:
        await raw.open()
        times = [await raw.ping() for _ in range(_PINGS)]
        found = Probe(
            account.name,
            now_ns(),
            ProbeState.OK,
            tuple(latency for latency, _ in times),
            sorted(skew for _, skew in times)[_PINGS // 2],
        )
        if keys:
            found = msgspec.structs.replace(
                found, rights=await raw.rights(), balances=await raw.balances()
            )
    except ClearEdgeError as error:
        return Probe(account.name, now_ns(), raw.failure(), error=str(error))
    finally:
        await raw.close()
    return found


def main() -> None:
    shield_process()
    account = msgspec.json.decode(sys.argv[1], type=Account)
    keys = msgspec.json.decode(sys.stdin.buffer.read(), type=dict[str, str])
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(probe(account, keys))))


if __name__ == "__main__":
    main()
