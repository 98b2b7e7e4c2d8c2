-- What the margin guard needs to be operated: notices to be delivered, targets beside the configuration, the
-- price index and the leases of a guard that runs all the time, and a rate limit shared by processes.
--   * guard_notice is an outbox. A row is written in the transaction of the outcome that it reports, and is
--     delivered afterwards, at least once. "Notification" cannot hold it: that table is a subscription to a
--     channel. A notice goes with its user; the intent stays.
--   * guard_setting holds wishes of a user for which "MarginGuardConfig" has no column. The web application
--     empties individual_configs in other modes, so they would not survive there.
--   * guard_watch is a cache. It says when to look and never what to do.
--   * guard_lease is one row per user under a guard worker. It spreads the work; what makes adding twice
--     impossible are the intents.
--   * guard_rate has one row per limit of the exchange: the moment at which the next request may go out.
--     guard_watch, guard_lease and guard_rate may be emptied at any time.

-- +goose Up
SET LOCAL lock_timeout = '5s';

ALTER TABLE guard_breaker ADD COLUMN fingerprint TEXT;

CREATE TABLE guard_notice (
    id TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    user_id TEXT,
    run_id TEXT,
    intent_id TEXT,
    trade_id TEXT,
    message TEXT NOT NULL,
    details JSONB NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TIMESTAMP(6) NOT NULL,
    http_status INTEGER,
    error TEXT,
    created_at TIMESTAMP(6) NOT NULL,
    delivered_at TIMESTAMP(6),

    CONSTRAINT guard_notice_pkey PRIMARY KEY (id),
    CONSTRAINT guard_notice_user_id_fkey FOREIGN KEY (user_id) REFERENCES "User" (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT guard_notice_run_id_fkey FOREIGN KEY (run_id) REFERENCES guard_run (id) ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT guard_notice_intent_id_fkey FOREIGN KEY (intent_id) REFERENCES guard_intent (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT chk_guard_notice_severity CHECK (severity IN ('info', 'warning', 'critical')),
    CONSTRAINT chk_guard_notice_state CHECK (state IN ('pending', 'delivered', 'expired')),
    CONSTRAINT chk_guard_notice_delivered CHECK ((state = 'delivered') = (delivered_at IS NOT NULL))
);
CREATE INDEX idx_guard_notice_pending ON guard_notice (next_attempt_at) WHERE state = 'pending';
CREATE INDEX idx_guard_notice_user_created ON guard_notice (user_id, created_at);
CREATE INDEX idx_guard_notice_created_at ON guard_notice (created_at);
CREATE INDEX idx_guard_notice_run_id ON guard_notice (run_id);
CREATE INDEX idx_guard_notice_intent_id ON guard_notice (intent_id);

CREATE TABLE guard_setting (
    user_id TEXT NOT NULL,
    restore_to DOUBLE PRECISION,
    cross_margin BOOLEAN NOT NULL DEFAULT false,
    updated_at TIMESTAMP(6) NOT NULL,

    CONSTRAINT guard_setting_pkey PRIMARY KEY (user_id),
    CONSTRAINT guard_setting_user_id_fkey FOREIGN KEY (user_id) REFERENCES "User" (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT chk_guard_setting_restore_to CHECK (restore_to > 1 AND restore_to <= 90)
);

CREATE TABLE guard_watch (
    account_id TEXT NOT NULL,
    trade_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    side TEXT NOT NULL,
    trigger_price DOUBLE PRECISION NOT NULL,
    refreshed_at TIMESTAMP(6) NOT NULL,

    CONSTRAINT guard_watch_pkey PRIMARY KEY (account_id, trade_id),
    CONSTRAINT guard_watch_account_id_fkey FOREIGN KEY (account_id) REFERENCES "UserExchangeAccounts" (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT guard_watch_user_id_fkey FOREIGN KEY (user_id) REFERENCES "User" (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT chk_guard_watch_side CHECK (side IN ('buy', 'sell'))
);
CREATE INDEX idx_guard_watch_trigger ON guard_watch (side, trigger_price, user_id);
CREATE INDEX idx_guard_watch_user_id ON guard_watch (user_id);

CREATE TABLE guard_lease (
    user_id TEXT NOT NULL,
    worker_id TEXT,
    claimed_at TIMESTAMP(6),
    looked_at TIMESTAMP(6),

    CONSTRAINT guard_lease_pkey PRIMARY KEY (user_id),
    CONSTRAINT guard_lease_user_id_fkey FOREIGN KEY (user_id) REFERENCES "User" (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX idx_guard_lease_claimed_at ON guard_lease (claimed_at);
CREATE INDEX idx_guard_lease_looked_at ON guard_lease (looked_at);

CREATE TABLE guard_worker (
    id TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    kind TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    version TEXT,
    interval_ms BIGINT NOT NULL,
    started_at TIMESTAMP(6) NOT NULL,
    beat_at TIMESTAMP(6) NOT NULL,
    finished_at TIMESTAMP(6),
    users INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    stopped_at TIMESTAMP(6),

    CONSTRAINT guard_worker_pkey PRIMARY KEY (id),
    CONSTRAINT chk_guard_worker_kind CHECK (kind IN ('watch', 'worker'))
);
CREATE INDEX idx_guard_worker_beat_at ON guard_worker (beat_at);

CREATE TABLE guard_rate (
    bucket TEXT NOT NULL,
    next_at TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT guard_rate_pkey PRIMARY KEY (bucket)
);

-- +goose Down
SET LOCAL lock_timeout = '5s';

DROP TABLE guard_rate;
DROP TABLE guard_worker;
DROP TABLE guard_lease;
DROP TABLE guard_watch;
DROP TABLE guard_setting;
DROP TABLE guard_notice;
ALTER TABLE guard_breaker DROP COLUMN fingerprint;
