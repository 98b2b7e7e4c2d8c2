package guard_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/lnsim"
	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// Two installations in one database work side by side: each has its users, guards them, its workers' queue, and backups.
func TestTwoInstallationsInOneDatabase(t *testing.T) {
	t.Parallel()
	address := testdb.Empty(t).Reveal()
	sim := lnsim.NewServer(t, func(o *lnsim.Options) { o.Price = 95000 })
	stages := map[string]*stage{}
	for _, schema := range []string{"a", "b"} {
		admin, err := sql.Open("pgx", address)
		require.NoError(t, err)
		_, err = admin.ExecContext(t.Context(), "CREATE SCHEMA "+schema)
		require.NoError(t, err)
		require.NoError(t, admin.Close())
		join := "?"
		if strings.Contains(address, "?") {
			join = "&"
		}
		url := address + join + "schema=" + schema
		db, err := store.Open(store.Options{URL: secret.New(url), MaxConnections: 3})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		p := clitest.New(t, "DATABASE_URL="+url, "ENCRYPTION_KEY="+clitest.Key, "AXISOR_BACKUP_DIRECTORY="+t.TempDir(),
			"AXISOR_LNMARKETS_BASE_URL="+sim.URL, "AXISOR_LNMARKETS_PRIVATE_RPS=1000", "AXISOR_LNMARKETS_PUBLIC_RPS=1000")
		stages[schema] = &stage{Program: p, db: db, sim: sim}
		p.OK("migrate", "up")
	}
	for schema, s := range stages {
		s.OK("user", "create", "--email", "eve@example.com", "--username", "eve", "--no-password")
		s.guarded(t, "ann-"+schema)
	}
	sim.MustPrice(91700)
	for schema, s := range stages {
		require.Len(t, s.OK("user", "list", "-o", "json").Items(), 2)
		s.OK("guard", "run")
		require.Len(t, s.OK("guard", "history", "-o", "json").Items(), 1)
		s.OK("guard", "worker", "--status")
		s.OK("backup", "create")
		s.OK("migrate", "verify")
		require.Contains(t, s.OK("db", "ping", "-o", "json").Stdout, `"`+schema+`"`)
	}
}
