-- Row security also of what a row refers to. Foreign keys are checked by the owner of the tables, whom no policy binds:
-- a user who knows the id of somebody else's exchange account could attach an automation of his own to it, and whoever
-- runs that automation trades with the other one's keys.
--   * The two tables that a user may write and that refer to rows of users: an automation to its account, a trade to its
--     automation. The user a row belongs to is checked already. Every other table that refers to such rows can be read
--     by "authenticated" and not written.
--   * The sub-select sees through the policies of the other table, and needs SELECT on its columns id and user_id, which
--     `axisor db roles create` grants.
--   * Rows that are wrong already stay; `axisor doctor` names them.
--   * A policy that an operator has changed to read only is left; `axisor migrate verify` names it.

-- +goose Up
SET LOCAL lock_timeout = '5s';

-- +goose StatementBegin
DO $$
DECLARE
    me CONSTANT text := $me$(SELECT NULLIF(current_setting('app.current_user_id', true), ''))$me$;
    deadline CONSTANT timestamptz := clock_timestamp() + interval '500 milliseconds';
    item record;
BEGIN
    FOR item IN
        SELECT t.name, t.rule FROM (VALUES
            ('Automation', 'user_exchange_account_id IN (SELECT a.id FROM "UserExchangeAccounts" a WHERE a.user_id = ' || me || ')'),
            ('TradeLog', '(automation_id IS NULL OR automation_id IN (SELECT a.id FROM "Automation" a WHERE a.user_id = ' || me || '))')
        ) AS t (name, rule)
        WHERE EXISTS (SELECT FROM pg_catalog.pg_policy
            WHERE polrelid = quote_ident(t.name)::regclass AND polname = 'own_rows' AND polcmd IN ('*', 'a', 'w'))
    LOOP
        PERFORM set_config('lock_timeout', GREATEST(1, (extract(epoch FROM deadline - clock_timestamp()) * 1000)::integer)::text, true);
        EXECUTE format('ALTER POLICY own_rows ON %I WITH CHECK (user_id = %s AND %s)', item.name, me, item.rule);
    END LOOP;
END
$$;
-- +goose StatementEnd

-- +goose Down
SET LOCAL lock_timeout = '5s';

-- +goose StatementBegin
DO $$
DECLARE
    me CONSTANT text := $me$(SELECT NULLIF(current_setting('app.current_user_id', true), ''))$me$;
    deadline CONSTANT timestamptz := clock_timestamp() + interval '500 milliseconds';
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['Automation', 'TradeLog'] LOOP
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_catalog.pg_policy
            WHERE polrelid = quote_ident(name)::regclass AND polname = 'own_rows' AND polcmd IN ('*', 'a', 'w'));
        PERFORM set_config('lock_timeout', GREATEST(1, (extract(epoch FROM deadline - clock_timestamp()) * 1000)::integer)::text, true);
        EXECUTE format('ALTER POLICY own_rows ON %I WITH CHECK (user_id = %s)', name, me);
    END LOOP;
END
$$;
-- +goose StatementEnd
