"""Migration 4: which session of an instance an order or fill belongs to, and when it is to stop.

Whoever writes an order or a fill does not have to know: the row takes the session of its instance
as it is written, and keeps it.
"""

TABLES = (
    """CREATE TABLE sessions (
        instance TEXT PRIMARY KEY,
        run_id TEXT NOT NULL CHECK (run_id <> '')
    ) STRICT""",
)

COLUMNS = (
    "ALTER TABLE instances ADD COLUMN stop_at TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE instances ADD COLUMN started_ns INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE instances ADD COLUMN stop_ns INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE orders ADD COLUMN session TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE fills ADD COLUMN session TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX orders_session ON orders (session) WHERE session <> ''",
    "CREATE INDEX fills_session ON fills (session) WHERE session <> ''",
)

RULES = (
    """CREATE TRIGGER order_session AFTER INSERT ON orders WHEN NEW.session = ''
        AND EXISTS (SELECT 1 FROM sessions WHERE instance = NEW.instance)
    BEGIN
        UPDATE orders SET session =
            (SELECT run_id FROM sessions WHERE instance = NEW.instance) WHERE rowid = NEW.rowid;
    END""",
    """CREATE TRIGGER fill_session AFTER INSERT ON fills WHEN NEW.session = ''
        AND EXISTS (SELECT 1 FROM sessions WHERE instance = NEW.instance)
    BEGIN
        UPDATE fills SET session =
            (SELECT run_id FROM sessions WHERE instance = NEW.instance) WHERE rowid = NEW.rowid;
    END""",
    """CREATE TRIGGER fill_session_kept BEFORE UPDATE OF session ON fills WHEN OLD.session <> ''
    BEGIN
        SELECT RAISE(ABORT, 'a fill never changes');
    END""",
)
