package namespace_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/namespace"
)

// The schema of the shared tables comes before their names and nowhere else: not before aliases, qualifiers of columns,
// columns, or what is text.
func TestRename_GivesSharedTablesTheirSchema(t *testing.T) {
	t.Parallel()
	const in = `"s p"`
	for sql, want := range map[string]string{
		`SELECT "User"."id", "User".* FROM "User" WHERE "User"."id" = $1`:                     `SELECT "User"."id", "User".* FROM %."User" WHERE "User"."id" = $1`,
		`SELECT 1 FROM "User" u, "Payment" AS p JOIN "Plan" ON true`:                          `SELECT 1 FROM %."User" u, %."Payment" AS p JOIN %."Plan" ON true`,
		`SELECT count(*) FROM ("User" u JOIN "Plan" p ON f("User", u.x))`:                     `SELECT count(*) FROM (%."User" u JOIN %."Plan" p ON f("User", u.x))`,
		`SELECT a, "Plan", b FROM x`:                                                          `SELECT a, "Plan", b FROM x`,
		`SELECT to_jsonb("User") FROM ONLY "User"`:                                            `SELECT to_jsonb("User") FROM ONLY %."User"`,
		`SELECT x AS "User" FROM "Plan" "User" LEFT JOIN LATERAL "Plan" AS "Plan" ON true`:    `SELECT x AS "User" FROM %."Plan" "User" LEFT JOIN LATERAL %."Plan" AS "Plan" ON true`,
		`SELECT (SELECT max(x) FROM "Payment"), "User" FROM y`:                                `SELECT (SELECT max(x) FROM %."Payment"), "User" FROM y`,
		`SELECT 1 FROM "User" u ORDER BY a, "User" LIMIT 1`:                                   `SELECT 1 FROM %."User" u ORDER BY a, "User" LIMIT 1`,
		`INSERT INTO "TradeLog" ("id","Plan") VALUES ($1,"User") ON CONFLICT DO NOTHING`:      `INSERT INTO %."TradeLog" ("id","Plan") VALUES ($1,"User") ON CONFLICT DO NOTHING`,
		`UPDATE "User" u SET x = 1, y = "Plan" FROM "Plan" p`:                                 `UPDATE %."User" u SET x = 1, y = "Plan" FROM %."Plan" p`,
		`SELECT 1 FROM "User" FOR UPDATE OF "User"`:                                           `SELECT 1 FROM %."User" FOR UPDATE OF "User"`,
		`DELETE FROM "User" USING "Plan", "Payment" WHERE "User".id IN (SELECT id FROM a)`:    `DELETE FROM %."User" USING %."Plan", %."Payment" WHERE "User".id IN (SELECT id FROM a)`,
		`SELECT CAST($1 AS "PlanType"), $2::"PlanType"[], other."PlanType"`:                   `SELECT CAST($1 AS %."PlanType"), $2::%."PlanType"[], other."PlanType"`,
		`SELECT 1 FROM public."User" JOIN a . "Plan" ON 1=1`:                                  `SELECT 1 FROM public."User" JOIN a . "Plan" ON 1=1`,
		`SELECT '"TradeLog"'::regclass, 'FROM "User"', E'\'"User"', $1 FROM "User"`:           `SELECT '%."TradeLog"'::regclass, 'FROM "User"', E'\'"User"', $1 FROM %."User"`,
		"SELECT 1 -- it's FROM \"User\"\n, 2 /* FROM \"User\" /* ' */ ' */ FROM \"User\"":     "SELECT 1 -- it's FROM \"User\"\n, 2 /* FROM \"User\" /* ' */ ' */ FROM %.\"User\"",
		`DO $x$ BEGIN DELETE FROM "Plan"; RAISE '%', 'FROM "User"'; END $x$`:                  `DO $x$ BEGIN DELETE FROM %."Plan"; RAISE '%', 'FROM "User"'; END $x$`,
		`ALTER TABLE IF EXISTS "Plan" ADD FOREIGN KEY (a) REFERENCES "User" (id)`:             `ALTER TABLE IF EXISTS %."Plan" ADD FOREIGN KEY (a) REFERENCES %."User" (id)`,
		`CREATE TRIGGER t AFTER INSERT ON "TradeLog" EXECUTE FUNCTION f()`:                    `CREATE TRIGGER t AFTER INSERT ON %."TradeLog" EXECUTE FUNCTION f()`,
		`TRUNCATE "User", "Plan"; LOCK TABLE "User" IN SHARE MODE; ANALYZE "Plan"`:            `TRUNCATE %."User", %."Plan"; LOCK TABLE %."User" IN SHARE MODE; ANALYZE %."Plan"`,
		`COPY (SELECT 1 FROM "User") TO STDOUT`:                                               `COPY (SELECT 1 FROM %."User") TO STDOUT`,
		`SELECT 1 FROM "Users", "user", "SomethingElse", User`:                                `SELECT 1 FROM "Users", "user", "SomethingElse", User`,
		`SELECT a IS DISTINCT FROM "User"."x", extract(epoch FROM "User"."y"), "Plan" FROM z`: `SELECT a IS DISTINCT FROM "User"."x", extract(epoch FROM "User"."y"), "Plan" FROM z`,
		`SELECT relname FROM pg_class c WHERE c.relnamespace = ` + namespace.SharedSchema:     `SELECT relname FROM pg_class c WHERE c.relnamespace = to_regnamespace('%')`,
		`SELECT 'open`: `SELECT 'open`, `SELECT "open`: `SELECT "open`, `SELECT $a$ FROM "User"`: `SELECT $a$ FROM "User"`, `'`: `'`, ``: ``,
	} {
		names := namespace.Default().In("s p", false)
		want = strings.ReplaceAll(want, "'%'", "'\x00'")
		want = strings.ReplaceAll(strings.ReplaceAll(want, "%", in), "\x00", "%")
		if strings.Contains(sql, "$shared") {
			want = strings.ReplaceAll(want, "'%'", "'"+in+"'")
		}
		require.Equal(t, want, names.Rename(sql), sql)
		require.Equal(t, want, names.Rename(want), "twice is once: %s", sql)
		require.Equal(t, sql, namespace.Default().Rename(sql))
	}
}

// Our own schemas are names, too, and no words of a sentence; in code they may stand in texts that are run.
func TestRename_LeavesSentencesAlone(t *testing.T) {
	t.Parallel()
	require.Equal(t,
		`SELECT 'axisor guard run', 'river%', '"axisor_b".guard_run' FROM "axisor_b".guard_run -- axisor.x`+"\n"+`; DO $$ EXECUTE 'ALTER TABLE "axisor_b".%I' $$`,
		namespace.Of("b").Rename(`SELECT 'axisor guard run', 'river%', 'axisor.guard_run' FROM axisor.guard_run -- axisor.x`+"\n"+`; DO $$ EXECUTE 'ALTER TABLE axisor.%I' $$`))
}

func BenchmarkRename(b *testing.B) {
	sql := `SELECT "TradeLog"."id","TradeLog"."user_id","TradeLog"."automation_id","TradeLog"."trade_id","TradeLog"."status" FROM "TradeLog" ` +
		`JOIN "User" ON "User"."id" = "TradeLog"."user_id" WHERE "TradeLog"."user_id" = $1 ORDER BY "TradeLog"."executed_at" DESC LIMIT 100`
	names := namespace.Default().In("public", false)
	b.SetBytes(int64(len(sql)))
	for b.Loop() {
		names.Rename(sql)
	}
}
