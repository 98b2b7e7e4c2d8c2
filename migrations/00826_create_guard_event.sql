-- What the guard saw happen to a guarded position beside additions: that it came near its trigger, and that it is not
-- running any more. One row per position and kind, so that each is told once, whoever sees it first.
--   * kind near: from the approach until the position has recovered or has ended; then the row is deleted.
--   * kind end: how the position ended. told_at is NULL while the exchange could not be asked how; seen_at is when the
--     position was first missed. A position that is seen running again loses its row.
--   * trade_id is in the canonical spelling. Amounts are sats, prices US dollars per bitcoin.

-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE guard_event (
    id TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    account_id TEXT NOT NULL,
    trade_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    user_id TEXT NOT NULL,
    side TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    price DOUBLE PRECISION,
    liquidation DOUBLE PRECISION,
    margin BIGINT,
    profit BIGINT,
    closed_at TIMESTAMP(6),
    seen_at TIMESTAMP(6) NOT NULL,
    told_at TIMESTAMP(6),

    CONSTRAINT guard_event_pkey PRIMARY KEY (id),
    CONSTRAINT guard_event_account_id_fkey FOREIGN KEY (account_id) REFERENCES "UserExchangeAccounts" (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT guard_event_user_id_fkey FOREIGN KEY (user_id) REFERENCES "User" (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT chk_guard_event_kind CHECK (kind IN ('near', 'end')),
    CONSTRAINT chk_guard_event_side CHECK (side IN ('buy', 'sell', ''))
);
CREATE UNIQUE INDEX idx_guard_event_position ON guard_event (account_id, trade_id, kind);
CREATE INDEX idx_guard_event_user_told ON guard_event (user_id, told_at);
CREATE INDEX idx_guard_event_told_at ON guard_event (told_at);

-- +goose StatementBegin
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'authenticated') THEN
        CREATE POLICY own_rows ON guard_event FOR SELECT TO authenticated
            USING (user_id = (SELECT NULLIF(current_setting('app.current_user_id', true), '')));
    END IF;
END
$$;
-- +goose StatementEnd
ALTER TABLE guard_event ENABLE ROW LEVEL SECURITY;

-- +goose Down
SET LOCAL lock_timeout = '5s';

DROP TABLE guard_event;
