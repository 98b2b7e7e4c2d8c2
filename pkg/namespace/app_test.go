package namespace_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/namespace"
)

// In the web application's naming a table keeps the design's name as its alias, wherever a statement may give it one and
// has not, so that qualifiers of columns hold.
func TestRename_InTheWebApplicationsNaming(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		`SELECT "Plan"."id", "User".* FROM "Plan" JOIN "User" ON "Plan".slug = "User".plan_type WHERE "Plan"."id" = $1`:       `SELECT "Plan"."id", "User".* FROM s."plans" AS "Plan" JOIN s."User" ON "Plan".slug = "User".plan_type WHERE "Plan"."id" = $1`,
		`SELECT 1 FROM "Exchange" e, "AuditLog" AS l, "Simulation", "PlanLimits" "p" ORDER BY 1`:                              `SELECT 1 FROM s."exchanges" e, s."audit_logs" AS l, s."simulations" AS "Simulation", s."plan_limits" "p" ORDER BY 1`,
		`SELECT count(*) FROM ("Exchange" JOIN "Plan" p ON true)`:                                                             `SELECT count(*) FROM (s."exchanges" AS "Exchange" JOIN s."plans" p ON true)`,
		`SELECT to_jsonb("Plan") FROM ONLY "Plan"`:                                                                            `SELECT to_jsonb("Plan") FROM ONLY s."plans" AS "Plan"`,
		`SELECT 1 FROM "Plan" FOR UPDATE OF "Plan" SKIP LOCKED`:                                                               `SELECT 1 FROM s."plans" AS "Plan" FOR UPDATE OF "Plan" SKIP LOCKED`,
		`SELECT 1 FROM "Exchange" LEFT JOIN LATERAL (SELECT 1 FROM "Plan") x ON true`:                                         `SELECT 1 FROM s."exchanges" AS "Exchange" LEFT JOIN LATERAL (SELECT 1 FROM s."plans" AS "Plan") x ON true`,
		"SELECT 1 FROM \"Plan\" -- FROM \"Plan\"\n\tp":                                                                        "SELECT 1 FROM s.\"plans\" -- FROM \"Plan\"\n\tp",
		"SELECT 1 FROM \"Plan\" /* p */ LIMIT 1":                                                                              "SELECT 1 FROM s.\"plans\" AS \"Plan\" /* p */ LIMIT 1",
		`INSERT INTO "AuditLog" ("id") VALUES ($1) ON CONFLICT (id) DO UPDATE SET a = "AuditLog".a`:                           `INSERT INTO s."audit_logs" AS "AuditLog" ("id") VALUES ($1) ON CONFLICT (id) DO UPDATE SET a = "AuditLog".a`,
		`INSERT INTO "Plan" SELECT * FROM "Plan"`:                                                                             `INSERT INTO s."plans" AS "Plan" SELECT * FROM s."plans" AS "Plan"`,
		`INSERT INTO "Plan" DEFAULT VALUES RETURNING "Plan".id`:                                                               `INSERT INTO s."plans" AS "Plan" DEFAULT VALUES RETURNING "Plan".id`,
		`UPDATE "UserExchangeAccounts" SET is_active = false WHERE "UserExchangeAccounts".id = $1`:                            `UPDATE s."user_exchange_accounts" AS "UserExchangeAccounts" SET is_active = false WHERE "UserExchangeAccounts".id = $1`,
		`UPDATE "UserExchangeAccounts" a SET x = 1 FROM "Exchange" WHERE true`:                                                `UPDATE s."user_exchange_accounts" a SET x = 1 FROM s."exchanges" AS "Exchange" WHERE true`,
		`DELETE FROM "MarginGuardConfig" USING "Exchange", "User" WHERE "MarginGuardConfig".id = $1`:                          `DELETE FROM s."margin_guard_configs" AS "MarginGuardConfig" USING s."exchanges" AS "Exchange", s."User" WHERE "MarginGuardConfig".id = $1`,
		`TRUNCATE "Plan", "PlanLimits"; LOCK TABLE "Plan", "Exchange" IN SHARE MODE; ANALYZE "Plan"`:                          `TRUNCATE s."plans", s."plan_limits"; LOCK TABLE s."plans", s."exchanges" IN SHARE MODE; ANALYZE s."plans"`,
		`COPY "AuditLog" ("id") FROM STDIN`:                                                                                   `COPY s."audit_logs" ("id") FROM STDIN`,
		`COPY (SELECT id FROM "AuditLog") TO STDOUT`:                                                                          `COPY (SELECT id FROM s."audit_logs" AS "AuditLog") TO STDOUT`,
		`ALTER TABLE "Plan" ADD FOREIGN KEY (a) REFERENCES "Exchange" (id); CREATE INDEX i ON "Plan" (a)`:                     `ALTER TABLE s."plans" ADD FOREIGN KEY (a) REFERENCES s."exchanges" (id); CREATE INDEX i ON s."plans" (a)`,
		`SELECT '"UserExchangeCredentials"'::regclass, $1::"PlanType", 'Plan', "Plan" FROM x`:                                 `SELECT 's."user_exchange_credentials"'::regclass, $1::s."PlanType", 'Plan', "Plan" FROM x`,
		`DO $x$ BEGIN DELETE FROM "Plan"; FOR r IN SELECT 1 FROM "Exchange" LOOP END LOOP; END $x$`:                           `DO $x$ BEGIN DELETE FROM s."plans" AS "Plan"; FOR r IN SELECT 1 FROM s."exchanges" AS "Exchange" LOOP END LOOP; END $x$`,
		`DO $x$ BEGIN EXECUTE format('DROP POLICY p ON %I', 'AuditLog'); EXECUTE 'x IN (SELECT p.id FROM "Plan" p)'; END $x$`: `DO $x$ BEGIN EXECUTE format('DROP POLICY p ON %I', 'audit_logs'); EXECUTE 'x IN (SELECT p.id FROM s."plans" p)'; END $x$`,
		`SELECT 1 FROM public."Plan"`:                                                                                         `SELECT 1 FROM public."Plan"`,
	} {
		want = strings.ReplaceAll(want, ` s."`, ` "s"."`)
		want = strings.NewReplacer(`(s."`, `("s"."`, `::s."`, `::"s"."`, `'s."`, `'"s"."`).Replace(want)
		names := namespace.Default().In("s", true)
		require.Equal(t, want, names.Rename(sql), sql)
		require.Equal(t, want, names.Rename(want), "twice is once: %s", sql)
	}
}
