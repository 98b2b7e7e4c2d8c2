package migrate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/migrate"
)

func TestRedundant_DroppingThemIsAChoiceAndNoDrift(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	before := b.catalog(t)
	all, err := migrate.RedundantIndexes()
	require.NoError(t, err)
	// Fifteen on the models of the design alone; it names AuditLog in its SQL only, and that has one more.
	require.Len(t, all, 16)
	require.Contains(t, all, migrate.Redundant{Table: "User", Name: "idx_user_email", CoveredBy: "User_email_key"})
	require.Contains(t, all, migrate.Redundant{Table: "AuditLog", Name: "idx_audit_log_user_id", CoveredBy: "idx_audit_log_user_action"})

	planned, err := b.m.DropRedundant(b.ctx, true)
	require.NoError(t, err)
	require.Len(t, planned, 16)
	require.Equal(t, before, b.catalog(t), "a dry run changes nothing")

	// Some were dropped by a run that was killed: the next goes on.
	b.exec(t, `DROP INDEX idx_user_email`)
	done, err := b.m.DropRedundant(b.ctx, false)
	require.NoError(t, err)
	require.Len(t, done, 15)
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Empty(t, findings)
	chosen, err := b.m.WithoutRedundant(b.ctx)
	require.NoError(t, err)
	require.True(t, chosen)
	applied, err := b.m.Up(b.ctx)
	require.NoError(t, err)
	require.Empty(t, applied)

	// What is not redundant is still missed, and so is one whose stand-in is gone too.
	b.exec(t, `DROP INDEX "User_username_key"`)
	b.exec(t, `DROP INDEX idx_payment_status`)
	findings, err = b.m.Verify(b.ctx)
	require.NoError(t, err)
	var missed []string
	for _, f := range findings {
		missed = append(missed, f.Object)
	}
	require.ElementsMatch(t, []string{"Payment: idx_payment_status", "User: User_username_key", "User: idx_user_username"}, missed)
	_, err = b.m.Repair(b.ctx, findings)
	require.NoError(t, err)

	done, err = b.m.RestoreRedundant(b.ctx, false)
	require.NoError(t, err)
	require.Len(t, done, 15)
	require.Equal(t, before, b.catalog(t))
	b.exec(t, `DROP INDEX idx_user_email`)
	findings, err = b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Len(t, findings, 1, "the choice is forgotten")
}

// A redundant index that is there keeps being checked.
func TestRedundant_OneThatIsInvalidIsNamed(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	_, err := b.m.DropRedundant(b.ctx, false)
	require.NoError(t, err)
	b.exec(t, `CREATE INDEX idx_user_email ON "User" (email)`)
	b.exec(t, `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_user_email'::regclass`)
	findings, err := b.m.Verify(b.ctx)
	require.NoError(t, err)
	require.Len(t, findings, 1)
	require.Equal(t, migrate.Invalid, findings[0].Problem)
}

// Dropping concurrently waits for older transactions, and says for which.
func TestRedundant_SaysWhomDroppingWaitsFor(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	reader, err := b.db.BeginTx(b.ctx, nil)
	require.NoError(t, err)
	defer reader.Rollback()
	var pid int
	require.NoError(t, reader.QueryRowContext(b.ctx, `SELECT pg_backend_pid() FROM (SELECT count(*) FROM "User") n`).Scan(&pid))
	var said []string
	m, err := migrate.New(b.db, migrate.Options{Progress: func(s string) {
		if said = append(said, s); len(said) < 20 && strings.Contains(s, "waiting") {
			require.NoError(t, reader.Rollback())
		}
	}})
	require.NoError(t, err)
	done, err := m.DropRedundant(b.ctx, false)
	require.NoError(t, err)
	require.Len(t, done, 16)
	require.Contains(t, said, fmt.Sprintf(`index "idx_user_email": waiting for the transaction of server process %d`, pid))
}
