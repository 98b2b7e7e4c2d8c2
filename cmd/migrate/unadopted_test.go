package migrate_test

import (
	"database/sql"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/testdb"
)

func withParameter(t *testing.T, address, name, value string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// Tables that somebody else made are told from an empty database, and nothing is written beside them.
func TestUnadopted_PointsToBaseline(t *testing.T) {
	t.Parallel()
	address := testdb.Empty(t).Reveal()
	db, err := sql.Open("pgx", address)
	require.NoError(t, err)
	defer db.Close()
	exec := func(statement string) {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	p := clitest.New(t, "DATABASE_URL="+address, "ENCRYPTION_KEY="+clitest.Key)
	for made, undo := range map[string]string{
		`CREATE TYPE "PlanType" AS ENUM ('free'); CREATE TABLE "User" (id text); CREATE TABLE "TradeLog" (id text)`:                                                         `DROP TABLE "User", "TradeLog"; DROP TYPE "PlanType"`,
		`CREATE TABLE audit_logs (id text); CREATE TABLE plan_limits (id text); CREATE TABLE user_exchange_accounts (id text)`:                                              `DROP TABLE audit_logs, plan_limits, user_exchange_accounts`,
		`CREATE TABLE "Payment" (id text); CREATE TABLE _prisma_migrations (id int); CREATE TABLE axisor_migrations (version_id bigint, is_applied bool, tstamp timestamp)`: `DROP TABLE "Payment", axisor_migrations`,
	} {
		exec(made)
		for _, args := range [][]string{{"migrate", "up"}, {"migrate", "up", "--dry-run"}, {"migrate", "status"}, {"migrate", "verify"}} {
			r := p.Fails(4, append(args, "-o", "json")...)
			require.Equal(t, "schema_not_adopted", r.Error()["code"], args)
			require.Contains(t, r.Stderr, "axisor migrate baseline", args)
		}
		require.Contains(t, p.Fails(8, "doctor").Stdout, "axisor migrate baseline --dry-run")
		require.Contains(t, p.Fails(12, "user", "create", "--email", "a@example.com", "--username", "abc", "--no-password").Stderr, "axisor migrate baseline")
		exec(undo)
	}
	exec(`CREATE TABLE plans (id text)`) // anybody's
	p.OK("migrate", "up", "--dry-run")

	// What keeps a migration from beginning is told apart.
	for name, env := range map[string]string{
		"migration_denied":   withParameter(t, address, "options", "-crole=pg_monitor"),
		"database_read_only": withParameter(t, address, "options", "-cdefault_transaction_read_only=on"),
	} {
		r := clitest.New(t, "DATABASE_URL="+env).Fails(6, "migrate", "up", "-o", "json")
		require.Contains(t, []any{name, "database_denied"}, r.Error()["code"], r.Stderr)
	}
	p.OK("migrate", "up")
	p.OK("migrate", "baseline") // with somebody's own _prisma_migrations
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), `LOCK TABLE axisor.axisor_migrations`)
	require.NoError(t, err)
	require.Equal(t, "table_busy", p.Fails(13, "migrate", "up", "--lock-timeout", "300ms", "-o", "json").Error()["code"])
	limited := clitest.New(t, "DATABASE_URL="+withParameter(t, address, "options", "-cstatement_timeout=50"))
	require.Equal(t, "table_busy", limited.Fails(13, "migrate", "up", "--lock-timeout", "300ms", "-o", "json").Error()["code"])
	require.NoError(t, tx.Rollback())
	require.Contains(t, clitest.New(t, "DATABASE_URL="+withParameter(t, address, "options", "-cdefault_transaction_read_only=on")).
		Fails(6, "migrate", "down", "--to", "826", "--yes").Stderr, "connect to the primary")
}
