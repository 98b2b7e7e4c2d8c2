-- What the margin guard must remember: its runs, the write-ahead intent of every addition, open circuit
-- breakers and the kill switches.
--   * Intents are the record of money that moved. Deleting a user or an account must not delete them,
--     and a deleted person's id must not stay behind: the reference becomes NULL, while amount, trade,
--     times and outcome stay. The audit log treats its user in the same way.
--   * At most one intent per position is open. This index, not the run lock, is what makes adding twice
--     impossible. It covers the trade alone: two accounts may hold keys of the same exchange account.
--   * A kill switch of one user goes with the user.

-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE guard_run (
    id TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    state TEXT NOT NULL DEFAULT 'running',
    reading TEXT NOT NULL,
    actor TEXT,
    host TEXT,
    pid INTEGER,
    version TEXT,
    only_user_id TEXT,
    price DOUBLE PRECISION,
    users INTEGER NOT NULL DEFAULT 0,
    positions INTEGER NOT NULL DEFAULT 0,
    triggered INTEGER NOT NULL DEFAULT 0,
    added INTEGER NOT NULL DEFAULT 0,
    added_sats BIGINT NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    unknown INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    started_at TIMESTAMP(6) NOT NULL,
    finished_at TIMESTAMP(6),

    CONSTRAINT guard_run_pkey PRIMARY KEY (id),
    CONSTRAINT chk_guard_run_state CHECK (state IN ('running', 'finished', 'failed', 'interrupted')),
    CONSTRAINT chk_guard_run_reading CHECK (reading IN ('remaining', 'price', 'travelled')),
    CONSTRAINT chk_guard_run_finished CHECK ((state = 'running') = (finished_at IS NULL))
);
CREATE INDEX idx_guard_run_started_at ON guard_run (started_at);

CREATE TABLE guard_intent (
    id TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    run_id TEXT,
    user_id TEXT,
    account_id TEXT,
    trade_id TEXT NOT NULL,
    side TEXT NOT NULL,
    amount_sats BIGINT NOT NULL,
    margin_before BIGINT NOT NULL,
    margin_after BIGINT,
    liquidation_before DOUBLE PRECISION NOT NULL,
    liquidation_after DOUBLE PRECISION,
    entry_price DOUBLE PRECISION NOT NULL,
    price DOUBLE PRECISION NOT NULL,
    threshold DOUBLE PRECISION NOT NULL,
    trigger_price DOUBLE PRECISION,
    distance DOUBLE PRECISION,
    funding_before BIGINT NOT NULL DEFAULT 0,
    cash_in_margin_before BIGINT NOT NULL DEFAULT 0,
    cash_in_pl_before BIGINT NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'planned',
    resolution TEXT,
    http_status INTEGER,
    error TEXT,
    planned_at TIMESTAMP(6) NOT NULL,
    sent_at TIMESTAMP(6),
    resolved_at TIMESTAMP(6),
    updated_at TIMESTAMP(6) NOT NULL,

    CONSTRAINT guard_intent_pkey PRIMARY KEY (id),
    CONSTRAINT guard_intent_run_id_fkey FOREIGN KEY (run_id) REFERENCES guard_run (id) ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT guard_intent_user_id_fkey FOREIGN KEY (user_id) REFERENCES "User" (id) ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT guard_intent_account_id_fkey FOREIGN KEY (account_id) REFERENCES "UserExchangeAccounts" (id) ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT chk_guard_intent_amount CHECK (amount_sats > 0),
    CONSTRAINT chk_guard_intent_side CHECK (side IN ('buy', 'sell')),
    CONSTRAINT chk_guard_intent_state CHECK (state IN ('planned', 'sent', 'applied', 'rejected', 'unknown', 'not_applied', 'operator')),
    CONSTRAINT chk_guard_intent_resolved CHECK ((state IN ('planned', 'sent', 'unknown')) = (resolved_at IS NULL)),
    CONSTRAINT chk_guard_intent_sent CHECK (sent_at IS NOT NULL OR state IN ('planned', 'rejected'))
);
CREATE UNIQUE INDEX idx_guard_intent_open ON guard_intent (trade_id) WHERE state IN ('planned', 'sent', 'unknown');
CREATE INDEX idx_guard_intent_user_planned ON guard_intent (user_id, planned_at);
CREATE INDEX idx_guard_intent_trade_planned ON guard_intent (trade_id, planned_at);
CREATE INDEX idx_guard_intent_account_id ON guard_intent (account_id);
CREATE INDEX idx_guard_intent_run_id ON guard_intent (run_id);

CREATE TABLE guard_breaker (
    id TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    scope TEXT NOT NULL,
    subject TEXT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    opened_at TIMESTAMP(6),
    open_until TIMESTAMP(6),
    updated_at TIMESTAMP(6) NOT NULL,

    CONSTRAINT guard_breaker_pkey PRIMARY KEY (id),
    CONSTRAINT chk_guard_breaker_scope CHECK (scope IN ('account', 'host', 'run'))
);
CREATE UNIQUE INDEX idx_guard_breaker_subject ON guard_breaker (scope, subject);

CREATE TABLE guard_control (
    id TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    scope TEXT NOT NULL,
    user_id TEXT,
    disabled BOOLEAN NOT NULL,
    reason TEXT,
    actor TEXT,
    updated_at TIMESTAMP(6) NOT NULL,

    CONSTRAINT guard_control_pkey PRIMARY KEY (id),
    CONSTRAINT guard_control_user_id_fkey FOREIGN KEY (user_id) REFERENCES "User" (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT chk_guard_control_scope CHECK ((scope = 'global' AND user_id IS NULL) OR (scope = 'user' AND user_id IS NOT NULL))
);
CREATE UNIQUE INDEX idx_guard_control_subject ON guard_control ((COALESCE(user_id, '')));

-- +goose Down
SET LOCAL lock_timeout = '5s';

DROP TABLE guard_control;
DROP TABLE guard_breaker;
DROP TABLE guard_intent;
DROP TABLE guard_run;
