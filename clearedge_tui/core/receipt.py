"""What a kill did, line by line, and what the venue has confirmed of it: pure data and its sums."""

import msgspec


class ReceiptLine(msgspec.Struct, frozen=True):
    """One thing that was open. Times are UTC ns; 0 is not yet."""

    what: str  # order | position
    subject: str  # order id, or instance; empty instance: nobody's of ours
    market: str
    text: str  # sell 0.1 @ 50,000
    sent_ns: int = 0
    confirmed_ns: int = 0
    note: str = ""

    @property
    def confirmed(self) -> bool:
        return self.confirmed_ns > 0


class Receipt(msgspec.Struct, frozen=True, tag=True):
    """A kill on one account. It stays unconfirmed until the venue has said so of every line."""

    kill: str
    account: str
    action: str
    reason: str = ""
    who: str = ""
    seen_ns: int = 0  # nothing was accepted from then on
    cancels_sent_ns: int = 0
    flat_ns: int = 0
    lines: tuple[ReceiptLine, ...] = ()
    cleared_ns: int = 0
    by: str = "gateway"  # or the auditor, when the gateway did not answer
    written: bool = True  # it is on the disk

    @property
    def open(self) -> int:
        """Return how many lines nobody has confirmed."""
        return sum(not line.confirmed for line in self.lines)

    @property
    def confirmed(self) -> bool:
        return self.seen_ns > 0 and not self.open

    @property
    def done_ns(self) -> int:
        """Return when the last line was confirmed; 0 while one is not."""
        if not self.confirmed:
            return 0
        return max((line.confirmed_ns for line in self.lines), default=self.seen_ns)

    @property
    def text(self) -> str:
        """Return it in a line."""
        if not self.lines:
            return f"{self.account}: nothing was open"
        orders = [line for line in self.lines if line.what == "order"]
        positions = [line for line in self.lines if line.what == "position"]
        parts = []
        for name, lines in (("order", orders), ("position", positions)):
            if lines:
                done = sum(line.confirmed for line in lines)
                verb = "cancelled" if name == "order" else "closed"
                parts.append(f"{done} of {len(lines)} {name}{'s' * (len(lines) != 1)} {verb}")
        took = f" in {(self.done_ns - self.seen_ns) / 1e6:,.0f} ms" if self.confirmed else ""
        unsure = f"; {self.open} UNCONFIRMED" if self.open else ""
        return f"{self.account}: {', '.join(parts)}{took}{unsure}"
