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

# of sessions
SESSION_PHASE = "session_phase"
SESSION_HANDED_OVER = "session_handed_over"  # its supervisor has let go; the next one goes on
SESSION_ADOPTED = "session_adopted"
SESSION_FORCED = "session_forced"  # its supervisor was stopped at once
MODE_CHANGED = "mode_changed"
DECLARATION_CHANGED = "declaration_changed"  # config, policies; with the version
CODE_CHANGED = "code_changed"
CONFIG_CHANGED = "config_changed"  # what the engine runs with is another one now
APPROVAL_CHANGED = "approval_changed"
ENGINE_STARTED = "engine_started"
ENGINE_LOST = "engine_lost"
ENGINE_RELOADED = "engine_reloaded"
ENGINE_FAULTED = "engine_faulted"
GATEWAY_LOST = "gateway_lost"
DATA_GAP = "data_gap"
LIMIT_ACTED = "limit_acted"
ORDERS_DENIED = "orders_denied"  # how many, by rule
ORDERS_DOUBTED = "orders_doubted"
KILL_ACTIVATED, KILL_CLEARED = "kill_activated", "kill_cleared"
RESTARTS = (ENGINE_LOST, ENGINE_RELOADED)
OF_SESSIONS = (
    SESSION_PHASE,
    SESSION_HANDED_OVER,
    SESSION_ADOPTED,
    SESSION_FORCED,
    MODE_CHANGED,
    DECLARATION_CHANGED,
    CODE_CHANGED,
    CONFIG_CHANGED,
    APPROVAL_CHANGED,
    ENGINE_STARTED,
    ENGINE_LOST,
    ENGINE_RELOADED,
    ENGINE_FAULTED,
    GATEWAY_LOST,
    DATA_GAP,
    LIMIT_ACTED,
    ORDERS_DENIED,
    ORDERS_DOUBTED,
)

OURS = (
    RUN_CANCELLED,
    RUN_INTERRUPTED,
    RUN_RESUMED,
    WORKER_LOST,
    DATA_READY,
    DATA_REUSED,
    ARTIFACTS_WRITTEN,
)
NAMES = frozenset((*OPS_LAB, *OURS, *OF_SESSIONS))
