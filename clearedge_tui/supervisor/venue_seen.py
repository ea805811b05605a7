"""What is known of an account at its venue, as a row tells it. Pure reading of what was heard."""

from clearedge_tui.core.probe import percentile
from clearedge_tui.settings import Account
from clearedge_tui.supervisor.protocol import VenueSeen
from clearedge_tui.supervisor.runtime import AccountRun


def venue_seen(run: AccountRun, account: Account) -> VenueSeen | None:
    """Return links, auditor, clock, latency, rights and comparison; None without a venue."""
    if not account.venue:
        return None
    state, probe, compared = run.venue, run.probe, run.compared
    good = state is not None and not state.error
    latencies = list(run.latencies) or list(probe.latencies_ms if probe else ())
    skew = state.skew_ms if state and good else probe.skew_ms if probe else None
    rights = state.rights if state and good else probe.rights if probe else None
    return VenueSeen(
        links=dict(run.feed.sockets) if run.feed and run.gateway.up else {},
        ready=bool(run.feed and run.feed.ready and run.gateway.up),
        auditor=run.auditor.state,
        auditor_error=run.auditor.error or (state.error if state else ""),
        asked_ns=state.answered_ns if state and good else probe.at_ns if probe else 0,
        skew_ms=skew,
        latency_ms=latencies[-1] if latencies else None,
        p50_ms=percentile(latencies, 0.5),
        p95_ms=percentile(latencies, 0.95),
        rights=rights,
        balances=dict(state.balances) if state and good else {},
        compared_ns=compared.at_ns if compared else 0,
        compared_error=compared.error if compared else "",
        differences=len(compared.differences) if compared else 0,
        wallet=compared.wallet if compared else "",
    )
