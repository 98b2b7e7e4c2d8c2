-- What the latest look of the guard at a user came to: how many positions it saw, and who of them wants protection and
-- did not have it. "guard status" and the metrics are counted from it, whoever looked: run, watcher or worker.
--   * One row per user, replaced by each look; problems holds at most 100 entries {trade_id, code, message}.
--   * It may be emptied at any time: users without a row count as not looked at until the next look.

-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE guard_outcome (
    user_id TEXT NOT NULL,
    looked_at TIMESTAMP(6) NOT NULL,
    positions INTEGER NOT NULL,
    unprotected INTEGER NOT NULL,
    problems JSONB NOT NULL,

    CONSTRAINT guard_outcome_pkey PRIMARY KEY (user_id),
    CONSTRAINT guard_outcome_user_id_fkey FOREIGN KEY (user_id) REFERENCES "User" (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT chk_guard_outcome_problems CHECK (jsonb_typeof(problems) = 'array')
);
CREATE INDEX idx_guard_outcome_looked_at ON guard_outcome (looked_at);
CREATE INDEX idx_guard_outcome_unprotected ON guard_outcome (user_id) WHERE unprotected > 0;

-- +goose StatementBegin
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'authenticated') THEN
        CREATE POLICY own_rows ON guard_outcome FOR SELECT TO authenticated
            USING (user_id = (SELECT NULLIF(current_setting('app.current_user_id', true), '')));
    END IF;
END
$$;
-- +goose StatementEnd
ALTER TABLE guard_outcome ENABLE ROW LEVEL SECURITY;

-- +goose Down
SET LOCAL lock_timeout = '5s';

DROP TABLE guard_outcome;
