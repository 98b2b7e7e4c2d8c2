-- The design's row policies are written TO authenticated. Roles belong to the whole cluster, not to
-- one database, so this is a migration of its own, as short as it can be:
--   * an existing role is left exactly as it is;
--   * a missing one is made NOLOGIN and without any grant: by itself it lets nobody do anything;
--   * another database's migration may make it in the same moment; whoever comes second is content;
--   * without the right to make roles (managed servers) the migration goes on. The next one then
--     enables row security without policies, which denies all rows to everybody but the owner, and
--     `axisor migrate verify` reports the missing policies with the SQL that adds them.
-- Down leaves the role alone: other databases of the cluster may use it.

-- +goose Up
SET LOCAL lock_timeout = '5s';

-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'authenticated') THEN
        CREATE ROLE authenticated NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL;
    WHEN insufficient_privilege THEN
        RAISE WARNING 'role "authenticated" is missing and % may not create it', current_user
            USING HINT = 'as an administrator: CREATE ROLE authenticated NOLOGIN; then axisor migrate verify --fix';
END
$$;
-- +goose StatementEnd

-- +goose Down
SET LOCAL lock_timeout = '5s';
