"""Refused orders in the journal: what was asked, by which rule, and the numbers. Not a flood."""

from collections.abc import Callable

import msgspec

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.messages import Noted, Submit

_PACE_S = 1.0


class _Told:
    def __init__(self) -> None:
        self.at_s = -_PACE_S
        self.more = 0
        self.last: Noted | None = None


class Refusals:
    """At most one line a second of one instance and rule, with the number of the others."""

    def __init__(self, tell: Callable[[Noted], object]) -> None:
        self._tell = tell
        self._told: dict[tuple[str, str], _Told] = {}

    def take(
        self, instance: str, ask: Submit, rule: str, text: str, numbers: msgspec.Struct | None
    ) -> None:
        price = ask.price or ask.stop
        shown = f" @ {price}" if price else ""
        payload = {"rule": rule, "order": ask.id, "side": ask.side, "size": str(ask.size)}
        payload |= {"price": str(price)} if price else {}
        if numbers is not None:
            plain = msgspec.to_builtins(numbers)
            payload |= {k: str(v) for k, v in plain.items() if v is not None and k != "text"}
        said = f"{ask.side} {ask.size}{shown} denied, {rule}: {text}"
        one = self._told.setdefault((instance, rule), _Told())
        one.last = Noted("order.denied", instance, said, dict(payload))
        one.more += 1
        self._say(one)

    def flush(self) -> None:
        """Tell of those that were held back when their second is over."""
        for key, one in list(self._told.items()):
            self._say(one)
            if not one.more and monotonic() - one.at_s > 60 * _PACE_S:
                del self._told[key]

    def _say(self, one: _Told) -> None:
        if one.last is None or not one.more or monotonic() - one.at_s < _PACE_S:
            return
        said = one.last
        if one.more > 1:
            more = one.more - 1
            payload = {**said.payload, "others": more}
            said = msgspec.structs.replace(
                said, text=f"{said.text} (and {more} more)", payload=payload
            )
        self._tell(said)
        one.at_s, one.more = monotonic(), 0
