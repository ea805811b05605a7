"""Migration 1: the tables, and the rules that hold for every writer because the database has them.

Decimals are TEXT, times are UTC ns. `config_ok(schema, config)` is a function of our own: a
connection that lacks it cannot write a configuration at all.
"""

TABLES = (
    """CREATE TABLE instances (
        id TEXT PRIMARY KEY,
        strategy TEXT NOT NULL,
        account TEXT NOT NULL,
        market TEXT NOT NULL,
        timeframe TEXT NOT NULL,
        created_ns INTEGER NOT NULL,
        mode TEXT NOT NULL CHECK (mode IN ('off', 'observe', 'active')),
        config_version INTEGER NOT NULL,
        observe_orders TEXT NOT NULL CHECK (observe_orders IN ('shadow', 'deny')),
        exit_policy TEXT NOT NULL CHECK (exit_policy IN ('leave', 'cancel', 'flatten')),
        armed INTEGER NOT NULL CHECK (armed IN (0, 1)),
        resume_mode TEXT NOT NULL CHECK (resume_mode IN ('off', 'observe', 'active')),
        FOREIGN KEY (id, config_version) REFERENCES config_versions (instance, version)
            DEFERRABLE INITIALLY DEFERRED
    ) STRICT""",
    """CREATE TABLE config_versions (
        instance TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
        version INTEGER NOT NULL CHECK (version > 0),
        at_ns INTEGER NOT NULL,
        who TEXT NOT NULL,
        diff TEXT NOT NULL,
        config TEXT NOT NULL CHECK (json_valid(config)),
        PRIMARY KEY (instance, version)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE schemas (
        strategy TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        schema TEXT NOT NULL CHECK (json_valid(schema)),
        at_ns INTEGER NOT NULL,
        PRIMARY KEY (strategy, sha256)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE status (
        id TEXT PRIMARY KEY,
        mode TEXT,
        state TEXT NOT NULL,
        error TEXT NOT NULL,
        at_ns INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE journal (
        seq INTEGER PRIMARY KEY CHECK (seq > 0),
        at_ns INTEGER NOT NULL,
        event TEXT NOT NULL,
        subject TEXT NOT NULL,
        who TEXT NOT NULL,
        text TEXT NOT NULL,
        payload TEXT NOT NULL CHECK (json_valid(payload))
    ) STRICT""",
    "CREATE INDEX journal_subject ON journal (subject, seq)",
    """CREATE TABLE orders (
        id TEXT PRIMARY KEY,
        instance TEXT NOT NULL,
        book TEXT NOT NULL CHECK (book IN ('shadow', 'paper', 'live')),
        market TEXT NOT NULL,
        side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
        kind TEXT NOT NULL,
        size TEXT NOT NULL,
        price TEXT,
        filled TEXT NOT NULL,
        avg_price TEXT,
        status TEXT NOT NULL,
        reason TEXT NOT NULL,
        tag TEXT NOT NULL,
        at_ns INTEGER NOT NULL,
        updated_ns INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX orders_instance ON orders (instance)",
    """CREATE TABLE fills (
        id TEXT NOT NULL,
        "order" TEXT NOT NULL,
        instance TEXT NOT NULL,
        book TEXT NOT NULL CHECK (book IN ('shadow', 'paper', 'live')),
        market TEXT NOT NULL,
        side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
        size TEXT NOT NULL,
        price TEXT NOT NULL,
        fee TEXT NOT NULL,
        at_ns INTEGER NOT NULL,
        realised TEXT NOT NULL,
        UNIQUE (instance, book, id)
    ) STRICT""",
    """CREATE TABLE ledgers (
        instance TEXT NOT NULL,
        book TEXT NOT NULL CHECK (book IN ('shadow', 'paper', 'live')),
        size TEXT NOT NULL,
        avg_price TEXT NOT NULL,
        realised TEXT NOT NULL,
        fees TEXT NOT NULL,
        price TEXT,
        total TEXT NOT NULL,
        today TEXT NOT NULL,
        day INTEGER NOT NULL,
        day_start TEXT NOT NULL,
        open_orders INTEGER NOT NULL,
        fills INTEGER NOT NULL,
        spark TEXT NOT NULL,
        at_ns INTEGER NOT NULL,
        PRIMARY KEY (instance, book)
    ) STRICT, WITHOUT ROWID""",
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """CREATE TABLE commands (
        id TEXT PRIMARY KEY,
        verb TEXT NOT NULL,
        args TEXT NOT NULL CHECK (json_valid(args)),
        who TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('pending', 'done', 'refused')),
        message TEXT NOT NULL,
        at_ns INTEGER NOT NULL
    ) STRICT""",
)

RULES = (
    """CREATE TRIGGER instance_identity
    BEFORE UPDATE OF id, strategy, account, market, timeframe, created_ns ON instances
    BEGIN
        SELECT RAISE(ABORT, 'the identity of an instance never changes: add another one');
    END""",
    """CREATE TRIGGER config_fits
    BEFORE INSERT ON config_versions
    WHEN config_ok(
        (SELECT schema FROM schemas
            WHERE strategy = (SELECT strategy FROM instances WHERE id = NEW.instance)
            ORDER BY at_ns DESC LIMIT 1),
        NEW.config) IS NOT 1
    BEGIN
        SELECT RAISE(ABORT, 'the configuration does not fit the schema of its strategy');
    END""",
    """CREATE TRIGGER config_kept BEFORE UPDATE ON config_versions
    BEGIN
        SELECT RAISE(ABORT, 'a configuration version never changes: write a new one');
    END""",
    """CREATE TRIGGER config_not_deleted BEFORE DELETE ON config_versions
    WHEN EXISTS (SELECT 1 FROM instances WHERE id = OLD.instance)
    BEGIN
        SELECT RAISE(ABORT, 'a configuration version stays as long as its instance');
    END""",
    """CREATE TRIGGER journal_kept BEFORE UPDATE ON journal
    BEGIN
        SELECT RAISE(ABORT, 'the journal is append-only');
    END""",
    """CREATE TRIGGER journal_not_deleted BEFORE DELETE ON journal
    BEGIN
        SELECT RAISE(ABORT, 'the journal is append-only');
    END""",
    """CREATE TRIGGER journal_in_order BEFORE INSERT ON journal
    WHEN NEW.seq <> -1 AND NEW.seq <= (SELECT max(seq) FROM journal) -- -1: the next free one
    BEGIN
        SELECT RAISE(ABORT, 'the journal is append-only');
    END""",
    """CREATE TRIGGER fill_kept BEFORE UPDATE OF
        id, "order", book, market, side, size, price, fee, at_ns, realised ON fills
    BEGIN
        SELECT RAISE(ABORT, 'a fill never changes');
    END""",
)
