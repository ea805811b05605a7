"""A real auditor in a process of its own; the test is its supervisor."""

import asyncio
import json
import sys

import msgspec

from clearedge_tui.core.messages import Keys
from clearedge_tui.engine.audit.auditor import Auditor, AuditorSpec
from clearedge_tui.engine.lease import LeaseKeeper
from clearedge_tui.settings import Account
from tests.trading.gateway_process import out, say_where


class Ear(LeaseKeeper):
    def tell(self, message: msgspec.Struct) -> bool:
        out(type(message).__name__, message)
        return True


async def main() -> None:
    say_where()
    asked = json.loads(sys.argv[1])
    account = msgspec.convert(asked["account"], Account, strict=False)
    markets = tuple(m["market_id"] for m in asked["markets"])
    auditor = Auditor(AuditorSpec(asked["root"], account, markets))
    auditor.lease = Ear(auditor.spec.home.lock, lambda held: None)
    auditor.keys.set_result(
        Keys({"api_key": "sim-key", "api_secret": "sim-secret", "api_passphrase": "sim-pass"})
    )
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def listen() -> None:
        while line := await reader.readline():
            auditor.watched = json.loads(line)["pid"]
        auditor.over.set()

    told = asyncio.create_task(listen())
    await auditor.run()
    told.cancel()


if __name__ == "__main__":
    asyncio.run(main())
