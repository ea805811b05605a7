"""Migration 3: what trading real money needs to remember: limits, their states, approvals, kills,
and how our books compared with a venue's. Decimals and parts are text, times are UTC ns.
"""

TABLES = (
    """CREATE TABLE limits (
        scope TEXT NOT NULL CHECK (scope IN ('portfolio', 'account', 'instance')),
        "key" TEXT NOT NULL CHECK ("key" <> ''),
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        warn TEXT NOT NULL,
        "action" TEXT NOT NULL CHECK ("action" IN
            ('alert', 'observe', 'reduce_only', 'cancel', 'flatten', 'kill')),
        cooldown_s INTEGER NOT NULL CHECK (cooldown_s >= 0),
        resume TEXT NOT NULL CHECK (resume IN ('person', 'auto')),
        at_ns INTEGER NOT NULL,
        who TEXT NOT NULL,
        PRIMARY KEY (scope, "key", name)
    ) STRICT, WITHOUT ROWID""",
    # account '' and the currency as instance: the portfolio of that currency; instance '': the account
    """CREATE TABLE risk_states (
        account TEXT NOT NULL,
        instance TEXT NOT NULL,
        state TEXT NOT NULL CHECK (json_valid(state)),
        at_ns INTEGER NOT NULL,
        PRIMARY KEY (account, instance)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE approvals (
        id TEXT PRIMARY KEY,
        instance TEXT NOT NULL,
        digest TEXT NOT NULL,
        parts TEXT NOT NULL CHECK (json_valid(parts)),
        who TEXT NOT NULL CHECK (who <> ''),
        reason TEXT NOT NULL,
        at_ns INTEGER NOT NULL,
        expires_ns INTEGER NOT NULL CHECK (expires_ns > at_ns),
        revoked_ns INTEGER NOT NULL DEFAULT 0,
        revoked_by TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    "CREATE INDEX approvals_instance ON approvals (instance, at_ns)",
    """CREATE TABLE kills (
        id TEXT PRIMARY KEY,
        scope TEXT NOT NULL,
        "key" TEXT NOT NULL,
        actions TEXT NOT NULL,
        reason TEXT NOT NULL,
        who TEXT NOT NULL,
        at_ns INTEGER NOT NULL,
        cleared_ns INTEGER NOT NULL DEFAULT 0,
        cleared_by TEXT NOT NULL DEFAULT '',
        receipt TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(receipt))
    ) STRICT""",
    """CREATE TABLE recon (
        seq INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        at_ns INTEGER NOT NULL,
        market TEXT NOT NULL,
        kind TEXT NOT NULL,
        ours TEXT NOT NULL,
        theirs TEXT NOT NULL,
        state TEXT NOT NULL,
        resolved TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(resolved))
    ) STRICT""",
    "CREATE INDEX recon_account ON recon (account, seq)",
)

COLUMNS = (
    "ALTER TABLE orders ADD COLUMN venue_id TEXT",
    "ALTER TABLE orders ADD COLUMN account TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE fills ADD COLUMN account TEXT NOT NULL DEFAULT ''",
    # of instances that were removed the journal knows the account
    """UPDATE orders SET account = coalesce(
        (SELECT account FROM instances WHERE id = orders.instance),
        (SELECT json_extract(payload, '$.account') FROM journal
            WHERE event = 'instance.rm' AND subject || '@' || at_ns = orders.instance),
        '')""",
    """UPDATE fills SET account = coalesce(
        (SELECT account FROM instances WHERE id = fills.instance),
        (SELECT json_extract(payload, '$.account') FROM journal
            WHERE event = 'instance.rm' AND subject || '@' || at_ns = fills.instance),
        '')""",
    "CREATE INDEX orders_venue ON orders (account, venue_id) WHERE venue_id IS NOT NULL",
)

RULES = (
    # an instance's account never changes, so nobody has to bring it along
    """CREATE TRIGGER order_account AFTER INSERT ON orders WHEN NEW.account = ''
    BEGIN
        UPDATE orders SET account = coalesce(
            (SELECT account FROM instances WHERE id = NEW.instance), '') WHERE rowid = NEW.rowid;
    END""",
    """CREATE TRIGGER fill_account AFTER INSERT ON fills WHEN NEW.account = ''
    BEGIN
        UPDATE fills SET account = coalesce(
            (SELECT account FROM instances WHERE id = NEW.instance), '') WHERE rowid = NEW.rowid;
    END""",
    """CREATE TRIGGER fill_account_kept BEFORE UPDATE OF account ON fills WHEN OLD.account <> ''
    BEGIN
        SELECT RAISE(ABORT, 'a fill never changes');
    END""",
    """CREATE TRIGGER approval_kept BEFORE UPDATE OF
        id, digest, parts, who, reason, at_ns, expires_ns ON approvals
    BEGIN
        SELECT RAISE(ABORT, 'an approval never changes: revoke it and give another one');
    END""",
    """CREATE TRIGGER approval_revoked_once BEFORE UPDATE OF revoked_ns, revoked_by ON approvals
    WHEN OLD.revoked_ns <> 0 OR NEW.revoked_ns <= 0 OR NEW.revoked_by = ''
    BEGIN
        SELECT RAISE(ABORT, 'an approval is revoked once, by somebody, and for good');
    END""",
    """CREATE TRIGGER approval_not_deleted BEFORE DELETE ON approvals
    BEGIN
        SELECT RAISE(ABORT, 'an approval is revoked, never deleted');
    END""",
    """CREATE TRIGGER kill_kept BEFORE UPDATE OF
        id, scope, "key", actions, reason, who, at_ns ON kills
    BEGIN
        SELECT RAISE(ABORT, 'a kill never changes: clear it');
    END""",
    """CREATE TRIGGER kill_cleared_once BEFORE UPDATE OF cleared_ns, cleared_by ON kills
    WHEN OLD.cleared_ns <> 0 OR NEW.cleared_ns <= 0 OR NEW.cleared_by = ''
    BEGIN
        SELECT RAISE(ABORT, 'a kill is cleared once, by somebody');
    END""",
    """CREATE TRIGGER kill_not_deleted BEFORE DELETE ON kills
    BEGIN
        SELECT RAISE(ABORT, 'a kill is cleared, never deleted');
    END""",
)
