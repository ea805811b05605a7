"""How ready an account is to trade, as states with names; pure."""

from decimal import Decimal
from enum import StrEnum

import msgspec

_SKEW_MS = 1000.0  # venues refuse requests of clocks that differ by more than a few seconds
_NS = 1_000_000_000


class ProbeState(StrEnum):
    OK = "probe_ok"
    HTTP_ERROR = "probe_http_error"
    TIMEOUT = "probe_timeout"
    UNREACHABLE = "probe_unreachable"
    UNKNOWN = "probe_unknown"


class Readiness(StrEnum):
    DISABLED = "disabled"  # nothing of a venue is asked for
    CONFIGURED = "configured"
    MISSING_CREDENTIALS = "missing_credentials"
    INVALID_CONFIG = "invalid_config"
    UNKNOWN = "unknown"


class Probe(msgspec.Struct, frozen=True):
    """One look at a venue. Latencies are of whole requests."""

    account: str
    at_ns: int
    state: ProbeState
    latencies_ms: tuple[float, ...] = ()
    skew_ms: float | None = None
    rights: tuple[str, ...] | None = None
    balances: dict[str, Decimal] = {}
    error: str = ""


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at. `at_ns` 0: it was not yet."""

    name: str
    state: str  # ok | warn | bad | unknown
    text: str
    at_ns: int = 0


def percentile(values: list[float], share: float) -> float | None:
    """Return the value that a share of them does not exceed; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def rights_check(rights: tuple[str, ...] | None, at_ns: int) -> Check:
    """Say what a key may do; that it may withdraw is bad whatever else is well."""
    if rights is None:
        return Check("rights", "unknown", "the venue does not say what the key may do", at_ns)
    text = ", ".join(rights) or "nothing"
    if any("withdraw" in one for one in rights):
        return Check(
            "rights", "bad", f"the key may WITHDRAW: make one without that right ({text})", at_ns
        )
    return Check("rights", "ok", text, at_ns)


def skew_check(skew_ms: float | None, at_ns: int) -> Check:
    if skew_ms is None:
        return Check("clock", "unknown", "not compared with the venue's yet", at_ns)
    state = "ok" if abs(skew_ms) < _SKEW_MS else "bad"
    return Check("clock", state, f"the venue's is {skew_ms:+.0f} ms from ours", at_ns)


def latency_check(values: list[float], at_ns: int) -> Check:
    """Say how long requests took lately."""
    half, most = percentile(values, 0.5), percentile(values, 0.95)
    if half is None or most is None:
        return Check("latency", "unknown", "nothing was asked yet", at_ns)
    return Check("latency", "ok", f"p50 {half:.0f} ms, p95 {most:.0f} ms of {len(values)}", at_ns)


def probe_check(probe: Probe | None) -> Check:
    if probe is None:
        return Check("venue", "unknown", "not probed: clearedge account probe")
    state = "ok" if probe.state is ProbeState.OK else "bad"
    return Check("venue", state, f"{probe.state}" + (f": {probe.error}" if probe.error else ""),
                 probe.at_ns)  # fmt: skip
