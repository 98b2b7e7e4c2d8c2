-- Row security for the three tables the design names. It is a second net under the application's own
-- checks: whoever can run arbitrary SQL can also set app.current_user_id.
--   * policies first, then ENABLE, in one transaction: the other order denies everything in between;
--   * current_setting(name, true) does not fail when nothing was set, and NULLIF turns the '' that a
--     finished SET LOCAL leaves behind into "nobody"; the sub-select is evaluated once per query;
--   * WITH CHECK says for writes what USING says for reads;
--   * "Payment" gets a policy as well: row security without one hides every row;
--   * no FORCE: it would make pg_dump by the owner fail. The owner and BYPASSRLS roles see all rows.
-- Table and column grants to the role stay the operator's decision: policies do not limit columns.

-- +goose Up
SET LOCAL lock_timeout = '5s';

-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'authenticated') THEN
        RETURN;
    END IF;

    CREATE POLICY "Users can only see their own data" ON "User"
        FOR ALL TO authenticated
        USING (id = (SELECT NULLIF(current_setting('app.current_user_id', true), '')))
        WITH CHECK (id = (SELECT NULLIF(current_setting('app.current_user_id', true), '')));

    CREATE POLICY "Users can only access their own credentials" ON "UserExchangeCredentials"
        FOR ALL TO authenticated
        USING (user_id = (SELECT NULLIF(current_setting('app.current_user_id', true), '')))
        WITH CHECK (user_id = (SELECT NULLIF(current_setting('app.current_user_id', true), '')));

    CREATE POLICY "Users can only access their own payments" ON "Payment"
        FOR ALL TO authenticated
        USING (user_id = (SELECT NULLIF(current_setting('app.current_user_id', true), '')))
        WITH CHECK (user_id = (SELECT NULLIF(current_setting('app.current_user_id', true), '')));
END
$$;
-- +goose StatementEnd

ALTER TABLE "User" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "UserExchangeCredentials" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "Payment" ENABLE ROW LEVEL SECURITY;

-- +goose Down
SET LOCAL lock_timeout = '5s';

ALTER TABLE "Payment" DISABLE ROW LEVEL SECURITY;
ALTER TABLE "UserExchangeCredentials" DISABLE ROW LEVEL SECURITY;
ALTER TABLE "User" DISABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS "Users can only access their own payments" ON "Payment";
DROP POLICY IF EXISTS "Users can only access their own credentials" ON "UserExchangeCredentials";
DROP POLICY IF EXISTS "Users can only see their own data" ON "User";
