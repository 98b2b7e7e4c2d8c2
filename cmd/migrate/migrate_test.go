package migrate_test

import (
	"database/sql"
	"encoding/json"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/migrate"
)

// onEmpty is an installation whose database has no schema, and a connection to it.
func onEmpty(t *testing.T) (*clitest.Program, *sql.DB) {
	t.Helper()
	url := testdb.Empty(t).Reveal()
	return clitest.New(t, "DATABASE_URL="+url), connect(t, url)
}

func onMigrated(t *testing.T) (*clitest.Program, *sql.DB) {
	t.Helper()
	url := testdb.NewURL(t).Reveal()
	return clitest.New(t, "DATABASE_URL="+url), connect(t, url)
}

func connect(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func exec(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), query)
	require.NoError(t, err, query)
}

func TestMigrate_UpStatusVersionDown(t *testing.T) {
	t.Parallel()
	p, _ := onEmpty(t)

	r := p.OK("migrate", "version", "-o", "json").JSON()
	require.EqualValues(t, 0, r["version"])
	require.Equal(t, "none", r["state"])
	require.Equal(t, "migrations_pending", p.Run("migrate", "status", "--check", "-o", "json").Error()["code"])
	require.Equal(t, 8, p.Run("migrate", "status", "--check").Code)

	r = p.OK("migrate", "up", "--dry-run", "-o", "json").JSON()
	require.Equal(t, true, r["dry_run"])
	planned := len(r["migrations"].([]any))
	require.Greater(t, planned, 12)
	require.Equal(t, "none", p.OK("migrate", "version", "-o", "json").JSON()["state"], "a dry run applies nothing")

	r = p.OK("migrate", "up", "--to", "3", "-o", "json").JSON()
	require.EqualValues(t, 3, r["version"])
	require.Equal(t, "updated", r["result"])
	require.Len(t, r["migrations"], 3)
	items := p.OK("migrate", "status", "-o", "json").Items()
	require.Equal(t, "applied", items[2]["state"])
	require.Regexp(t, `^\d{4}-.*Z$`, items[2]["applied_at"])
	require.Equal(t, "pending", items[3]["state"])
	require.Nil(t, items[3]["applied_at"])
	require.Equal(t, "create_billing_tables", items[3]["name"])

	out := p.OK("migrate", "up")
	require.Contains(t, out.Stdout, "create_billing_tables")
	require.Contains(t, out.Stderr, "the newest")
	r = p.OK("migrate", "up", "-o", "json").JSON()
	require.Equal(t, "unchanged", r["result"])
	require.Empty(t, r["migrations"])
	p.OK("migrate", "status", "--check")
	require.Contains(t, p.OK("migrate", "verify").Stderr, "the schema is the one this program expects")

	require.Equal(t, "confirmation_needed", p.Fails(2, "migrate", "down", "-o", "json").Error()["code"])
	items = p.OK("migrate", "status", "-o", "json").Items()
	third := items[len(items)-3]["version"]
	r = p.OK("migrate", "down", "--steps", "2", "--dry-run", "-o", "json").JSON()
	require.Len(t, r["migrations"], 2)
	require.Equal(t, third, r["version"])
	p.OK("migrate", "status", "--check")

	r = p.OK("migrate", "down", "--steps", "2", "--yes", "-o", "json").JSON()
	require.Equal(t, third, r["version"])
	require.Equal(t, third, p.OK("migrate", "version", "-o", "json").JSON()["version"])
	r = p.OK("migrate", "down", "--to", "0", "--yes", "-o", "json").JSON()
	require.Len(t, r["migrations"], planned-2)
	require.Equal(t, "0\n", p.OK("migrate", "version", "-q").Stdout)
	require.Contains(t, p.OK("migrate", "down", "--yes").Stderr, "nothing to take back")
	p.OK("migrate", "up", "-q")
	p.OK("migrate", "verify")
}

func TestMigrate_BadInput(t *testing.T) {
	t.Parallel()
	p, _ := onMigrated(t)
	p.Fails(2, "migrate", "up", "--to", "0")
	p.Fails(2, "migrate", "up", "stray")
	p.Fails(2, "migrate", "down", "--to", "3", "--steps", "2")
	p.Fails(2, "migrate", "down", "--to", "-1")
	p.Fails(2, "migrate", "down", "--steps", "0")
	p.Fails(3, "migrate", "down", "--to", "50", "--yes")
	require.Contains(t, p.Fails(2, "migrate", "staus").Stderr, `did you mean "axisor migrate status"?`)
	p.OK("migrate", "status", "--check")

	p, _ = onEmpty(t)
	require.Equal(t, "migration_not_found", p.Fails(3, "migrate", "up", "--to", "99", "-o", "json").Error()["code"])
	require.Equal(t, "schema_missing", p.Fails(12, "migrate", "verify", "-o", "json").Error()["code"])
}

func TestMigrate_WithoutADatabase(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"up", "down", "status", "version", "verify"} {
		r := clitest.New(t).Fails(10, "migrate", verb)
		require.Contains(t, r.Stderr, "axisor dev up", verb)
		clitest.New(t, "DATABASE_URL=postgres://nobody@127.0.0.1:1/none").Fails(11, "migrate", verb)
	}
}

func TestMigrate_NewerSchema(t *testing.T) {
	t.Parallel()
	p, db := onMigrated(t)
	exec(t, db, `INSERT INTO axisor.axisor_migrations (version_id, is_applied) VALUES (99999, true)`)
	for _, verb := range []string{"up", "down", "verify"} {
		require.Equal(t, "schema_new", p.Fails(12, "migrate", verb, "--yes", "-o", "json").Error()["code"], verb)
	}
	require.Equal(t, "new", p.OK("migrate", "version", "-o", "json").JSON()["state"])
	require.Equal(t, 8, p.Run("migrate", "status", "--check").Code)
}

func TestMigrate_Locked(t *testing.T) {
	t.Parallel()
	p, db := onEmpty(t)
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.ExecContext(t.Context(), `SELECT pg_advisory_lock($1)`, migrate.LockKey)
	require.NoError(t, err)
	r := p.Fails(13, "migrate", "up", "--lock-timeout", "300ms", "-o", "json")
	require.Contains(t, r.Stderr, "waiting for another migration")
	require.Equal(t, "migration_running", r.Error()["code"])
}

func TestMigrate_RowsThatBreakARule(t *testing.T) {
	t.Parallel()
	p, db := onEmpty(t)
	p.OK("migrate", "up", "--to", "6")
	exec(t, db, `ALTER TABLE "User" DISABLE TRIGGER ALL`)
	exec(t, db, `ALTER TABLE "User" DROP CONSTRAINT chk_user_username_length`)
	exec(t, db, `INSERT INTO "User" (email, username) VALUES ('a@example.com', 'x')`)
	exec(t, db, `ALTER TABLE "User" ADD CONSTRAINT chk_user_username_length CHECK (char_length(username) >= 3 AND char_length(username) <= 50) NOT VALID`)

	r := p.Fails(1, "migrate", "up", "-o", "json")
	e := r.Error()
	require.Equal(t, "migration_failed", e["code"])
	details := e["details"].(map[string]any)
	require.Equal(t, "00007_validate_checks.sql", details["file"])
	require.Equal(t, "23514", details["sqlstate"])
	require.NotContains(t, r.Stderr, "a@example.com", "no row values in errors")
	require.EqualValues(t, 6, p.OK("migrate", "version", "-o", "json").JSON()["version"])
}

func TestMigrate_VerifyFindsDriftAndItsFixRepairsIt(t *testing.T) {
	t.Parallel()
	p, db := onMigrated(t)
	exec(t, db, `DROP INDEX idx_payment_pending`)
	exec(t, db, `ALTER TABLE "User" ALTER COLUMN is_active DROP DEFAULT`)

	r := p.Run("migrate", "verify", "-o", "json")
	require.Equal(t, 8, r.Code)
	require.Equal(t, "schema_drift", r.Error()["code"])
	var list struct {
		Items []map[string]any `json:"items"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.Stdout), &list))
	require.Len(t, list.Items, 2)
	require.Equal(t, "User.is_active", list.Items[0]["object"])

	r = p.Run("migrate", "verify", "--fix")
	require.Equal(t, 8, r.Code)
	for statement := range strings.SplitSeq(r.Stdout, ";\n") {
		if strings.TrimSpace(statement) != "" {
			exec(t, db, statement)
		}
	}
	p.OK("migrate", "verify")
}

func TestMigrate_ViewFields(t *testing.T) {
	t.Parallel()
	p, _ := onMigrated(t)
	fields := func(m map[string]any) (names []string) {
		for k := range m {
			names = append(names, k)
		}
		return names
	}
	require.ElementsMatch(t, []string{"version", "name", "state", "applied_at"}, fields(p.OK("migrate", "status", "-o", "json").Items()[0]))
	require.ElementsMatch(t, []string{"version", "head", "state"}, fields(p.OK("migrate", "version", "-o", "json").JSON()))
	require.ElementsMatch(t, []string{"from_version", "version", "head", "migrations", "result"}, fields(p.OK("migrate", "up", "-o", "json").JSON()))
}

func TestMigrate_OutOfOrder(t *testing.T) {
	t.Parallel()
	p, db := onMigrated(t)
	exec(t, db, `DELETE FROM axisor.axisor_migrations WHERE version_id = 12`) // inserts rows that are there: repeating it is harmless
	require.Equal(t, "old", p.OK("migrate", "version", "-o", "json").JSON()["state"])
	require.Equal(t, 8, p.Run("migrate", "status", "--check").Code)
	require.Equal(t, "schema_old", p.Fails(12, "migrate", "verify", "-o", "json").Error()["code"])
	r := p.Fails(4, "migrate", "up", "-o", "json")
	require.Equal(t, "out_of_order", r.Error()["code"])
	require.Contains(t, r.Error()["message"], "00012_insert_reference_rows.sql")
	p.Fails(4, "migrate", "up", "--dry-run")
	require.Len(t, p.OK("migrate", "up", "--dry-run", "--allow-out-of-order", "-o", "json").JSON()["migrations"], 1)
	require.Len(t, p.OK("migrate", "up", "--allow-out-of-order", "-o", "json").JSON()["migrations"], 1)
	p.OK("migrate", "verify")
}
