-- Row security for every table that belongs to a user, after the pattern of the first three (see the migration that
-- enables those): owner and BYPASSRLS roles see everything, "authenticated" sees the rows of app.current_user_id and
-- nobody else's. The web application and pg_dump log in as the owner and notice nothing.
--   * the two audit trails can be read and not written: nobody edits what was recorded about him;
--   * what belongs to a payment follows the payment;
--   * a policy that is there already, because an operator or an adopted database has it, is left.

-- +goose Up
SET LOCAL lock_timeout = '5s';

-- +goose StatementBegin
DO $$
DECLARE
    me CONSTANT text := $me$(SELECT NULLIF(current_setting('app.current_user_id', true), ''))$me$;
    present boolean := EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'authenticated');
    own text;
    item record;
BEGIN
    FOR item IN
        SELECT t.name, t.rule FROM (VALUES
            ('RefreshToken', 'all'), ('UserExchangeAccounts', 'all'), ('Automation', 'all'), ('TradeLog', 'all'),
            ('MarginGuardConfig', 'all'), ('Notification', 'all'), ('BacktestReport', 'all'), ('Simulation', 'all'),
            ('SecurityAuditLog', 'read'), ('AuditLog', 'read'),
            ('guard_intent', 'read'), ('guard_notice', 'read'), ('guard_setting', 'read'), ('guard_control', 'read'),
            ('guard_watch', 'read'), ('guard_lease', 'read'), ('payment_intent', 'read'),
            ('payment_settlement', 'payment'), ('payment_refund', 'payment')
        ) AS t (name, rule)
    LOOP
        own := CASE item.rule
            WHEN 'payment' THEN 'payment_id IN (SELECT p.id FROM "Payment" p WHERE p.user_id = ' || me || ')'
            ELSE 'user_id = ' || me
        END;
        IF present AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy
                WHERE polrelid = quote_ident(item.name)::regclass AND polname = 'own_rows') THEN
            IF item.rule = 'all' THEN
                EXECUTE format('CREATE POLICY own_rows ON %I FOR ALL TO authenticated USING (%s) WITH CHECK (%s)', item.name, own, own);
            ELSE
                EXECUTE format('CREATE POLICY own_rows ON %I FOR SELECT TO authenticated USING (%s)', item.name, own);
            END IF;
        END IF;
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', item.name);
    END LOOP;
END
$$;
-- +goose StatementEnd

-- +goose Down
SET LOCAL lock_timeout = '5s';

-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['RefreshToken', 'UserExchangeAccounts', 'Automation', 'TradeLog', 'MarginGuardConfig', 'Notification',
        'BacktestReport', 'Simulation', 'SecurityAuditLog', 'AuditLog', 'guard_intent', 'guard_notice', 'guard_setting', 'guard_control',
        'guard_watch', 'guard_lease', 'payment_intent', 'payment_settlement', 'payment_refund']
    LOOP
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', name);
        EXECUTE format('DROP POLICY IF EXISTS own_rows ON %I', name);
    END LOOP;
END
$$;
-- +goose StatementEnd
