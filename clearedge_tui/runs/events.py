"""The names of what a run's journal tells.

The first 17 are those of TradingChassis ops-lab, so that its readers find what they look for; the
others are ours.
"""

RUN_INITIALIZED = "run_initialized"
RUN_STARTED = "run_started"
BACKTEST_STARTED = "backtest_started"
BACKTEST_COMPLETED = "backtest_completed"
RUN_COMPLETED = "run_completed"
RUN_FAILED = "run_failed"

OPS_LAB = (
    RUN_INITIALIZED,
    RUN_STARTED,
    BACKTEST_STARTED,
    BACKTEST_COMPLETED,
    "paper_safety_checked",
    "paper_safety_blocked",
    "paper_started",
    "paper_heartbeat",
    "paper_completed",
    RUN_COMPLETED,
    RUN_FAILED,
    "connectivity_readiness_evaluated",
    "connectivity_probe_evaluated",
    "reconciliation_checked",
    "failure_drill_executed",
    "kill_activated",
    "kill_cleared",
)

RUN_CANCELLED = "run_cancelled"
RUN_INTERRUPTED = "run_interrupted"
RUN_RESUMED = "run_resumed"
WORKER_LOST = "worker_lost"  # its process died; the run is tried again
DATA_READY = "data_ready"  # fetched, judged and named
DATA_REUSED = "data_reused"  # the same step of an earlier attempt still stands
ARTIFACTS_WRITTEN = "artifacts_written"

OURS = (
    RUN_CANCELLED,
    RUN_INTERRUPTED,
    RUN_RESUMED,
    WORKER_LOST,
    DATA_READY,
    DATA_REUSED,
    ARTIFACTS_WRITTEN,
)
NAMES = frozenset((*OPS_LAB, *OURS))
