-- Guard workers take shards of users from the job queue now, so nobody claims single users any more. What stays of
-- guard_lease is when a user was last looked at: guard_look, one row per user, a cache like guard_watch.
--   * A guard worker or watcher of an older version must be stopped first: it would go on asking for guard_lease.

-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE guard_look (
    user_id TEXT NOT NULL,
    looked_at TIMESTAMP(6) NOT NULL,

    CONSTRAINT guard_look_pkey PRIMARY KEY (user_id),
    CONSTRAINT guard_look_user_id_fkey FOREIGN KEY (user_id) REFERENCES "User" (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX idx_guard_look_looked_at ON guard_look (looked_at);

-- +goose StatementBegin
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'authenticated') THEN
        CREATE POLICY own_rows ON guard_look FOR SELECT TO authenticated
            USING (user_id = (SELECT NULLIF(current_setting('app.current_user_id', true), '')));
    END IF;
END
$$;
-- +goose StatementEnd
ALTER TABLE guard_look ENABLE ROW LEVEL SECURITY;

-- axisor: lint-ignore table-drop a cache that fills again within one round
DROP TABLE guard_lease;

-- +goose Down
SET LOCAL lock_timeout = '5s';

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

-- +goose StatementBegin
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'authenticated') THEN
        CREATE POLICY own_rows ON guard_lease FOR SELECT TO authenticated
            USING (user_id = (SELECT NULLIF(current_setting('app.current_user_id', true), '')));
    END IF;
END
$$;
-- +goose StatementEnd
ALTER TABLE guard_lease ENABLE ROW LEVEL SECURITY;

DROP TABLE guard_look;
