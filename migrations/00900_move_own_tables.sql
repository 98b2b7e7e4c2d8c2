-- Everything that is axisor's own leaves the schema of the shared tables for a schema of its own: whatever compares that
-- schema with the web application's models, as `prisma db push` does, takes every other table in it for one that was
-- forgotten there, and drops it. Rows, keys, indexes, grants, policies and the sequence go along; nothing is written anew.
--   * All locks are taken first, with one deadline of half a second for all of them together, so that whoever wants to
--     write waits no longer. A table that stays busy ends the transaction, and the whole is tried again.
--   * A table that somebody dropped is left out; `axisor migrate verify` names it afterwards and puts it back.
--   * In the old place of the version table stands a view of it: an axisor that looks there sees a version that is newer
--     than its own, and stops, where it would otherwise find nothing and begin to make tables.
--   * Creating a schema needs the CREATE privilege on the database, which its owner has. Without it, an administrator
--     makes the schema first; one that is there already is used.
--   * A guard that runs and other commands of an older version must be stopped first: they look for the old names.

-- +goose Up
SET LOCAL lock_timeout = '5s';

-- +goose StatementBegin
DO $$
DECLARE
    own CONSTANT text[] := ARRAY['axisor_migrations', 'guard_run', 'guard_intent', 'guard_breaker', 'guard_control', 'guard_notice',
        'guard_setting', 'guard_watch', 'guard_worker', 'guard_rate', 'guard_look', 'guard_outcome', 'guard_event',
        'payment_settlement', 'payment_refund', 'payment_intent', 'payment_reconcile'];
    deadline CONSTANT timestamptz := clock_timestamp() + interval '500 milliseconds';
    name text;
    grantee text;
BEGIN
    IF to_regnamespace('axisor') IS NULL THEN
        IF NOT has_database_privilege(current_database(), 'CREATE') THEN
            RAISE EXCEPTION 'this role may not create the schema axisor; an administrator can: CREATE SCHEMA axisor AUTHORIZATION %',
                quote_ident(current_user) USING ERRCODE = 'insufficient_privilege';
        END IF;
        CREATE SCHEMA axisor;
    END IF;
    FOR name IN SELECT o.t FROM unnest(own) AS o (t) WHERE to_regclass(quote_ident(o.t)) IS NOT NULL LOOP
        PERFORM set_config('lock_timeout', GREATEST(1, (extract(epoch FROM deadline - clock_timestamp()) * 1000)::integer)::text, true);
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', name);
    END LOOP;
    FOR name IN SELECT o.t FROM unnest(own) AS o (t) WHERE to_regclass(quote_ident(o.t)) IS NOT NULL LOOP
        EXECUTE format('ALTER TABLE %I SET SCHEMA axisor', name);
    END LOOP;
    -- A right on a table is worth nothing without the right to look into its schema.
    FOR grantee IN
        SELECT DISTINCT CASE r.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END FROM (
            SELECT a.grantee, c.relowner FROM pg_catalog.pg_class c, aclexplode(c.relacl) a
            WHERE c.relnamespace = to_regnamespace('axisor') AND c.relkind = 'r'
            UNION SELECT a.grantee, c.relowner FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute k ON k.attrelid = c.oid, aclexplode(k.attacl) a
            WHERE c.relnamespace = to_regnamespace('axisor') AND c.relkind = 'r') r
        WHERE r.grantee <> r.relowner
    LOOP
        EXECUTE 'GRANT USAGE ON SCHEMA axisor TO ' || grantee;
    END LOOP;
    -- In an installation beside others the queue has a name of its own, too; earlier versions knew but one.
    IF to_regnamespace('river') IS NULL AND to_regnamespace('riv' || 'er') IS NOT NULL THEN
        EXECUTE format('ALTER SCHEMA %I RENAME TO river', 'riv' || 'er');
    END IF;
END
$$;
-- +goose StatementEnd

CREATE VIEW axisor_migrations AS SELECT id, version_id, is_applied, tstamp FROM axisor.axisor_migrations;

-- +goose Down
SET LOCAL lock_timeout = '5s';

DROP VIEW axisor_migrations;

-- +goose StatementBegin
DO $$
DECLARE
    deadline CONSTANT timestamptz := clock_timestamp() + interval '500 milliseconds';
    shared CONSTANT text := current_schema();
    name text;
BEGIN
    FOR name IN SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = to_regnamespace('axisor') AND relkind = 'r' ORDER BY 1 LOOP
        PERFORM set_config('lock_timeout', GREATEST(1, (extract(epoch FROM deadline - clock_timestamp()) * 1000)::integer)::text, true);
        EXECUTE format('LOCK TABLE axisor.%I IN ACCESS EXCLUSIVE MODE', name);
    END LOOP;
    FOR name IN SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = to_regnamespace('axisor') AND relkind = 'r' ORDER BY 1 LOOP
        EXECUTE format('ALTER TABLE axisor.%I SET SCHEMA %I', name, shared);
    END LOOP;
    -- Somebody's own objects keep the schema, and so does whoever made it for us.
    BEGIN
        DROP SCHEMA axisor;
    EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
        NULL;
    END;
END
$$;
-- +goose StatementEnd
