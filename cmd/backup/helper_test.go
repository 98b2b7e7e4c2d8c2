package backup_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
)

// connect opens the program's database, without the program.
func connect(t *testing.T, p *clitest.Program) *pgx.Conn {
	t.Helper()
	for _, kv := range p.Env {
		if url, ok := strings.CutPrefix(kv, "DATABASE_URL="); ok {
			conn, err := pgx.Connect(context.Background(), url)
			require.NoError(t, err)
			return conn
		}
	}
	require.Fail(t, "the program has no database")
	return nil
}

func exec(t *testing.T, p *clitest.Program, sql string) {
	t.Helper()
	conn := connect(t, p)
	defer conn.Close(context.Background())
	_, err := conn.Exec(context.Background(), sql)
	require.NoError(t, err)
}

// audited lists the resource ids that the audit trail has for an action.
func audited(t *testing.T, p *clitest.Program, action string) []string {
	t.Helper()
	conn := connect(t, p)
	defer conn.Close(context.Background())
	rows, err := conn.Query(context.Background(),
		`SELECT coalesce(resource_id, '') FROM "AuditLog" WHERE action = $1 AND resource = 'backup' ORDER BY created_at`, action)
	require.NoError(t, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return ids
}
