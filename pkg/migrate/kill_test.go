package migrate_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/migrate"
)

// victimURL tells this test binary to be a migration that gets killed.
const victimURL = "AXISOR_TEST_VICTIM_URL"

func TestMain(m *testing.M) {
	if url := os.Getenv(victimURL); url != "" {
		os.Exit(victim(url))
	}
	os.Exit(m.Run())
}

func victim(url string) int {
	db, err := sql.Open("pgx", url)
	if err == nil {
		var m *migrate.Migrator
		if m, err = migrate.New(db, migrate.Options{}); err == nil {
			_, err = m.Up(context.Background())
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestUp_KilledAtAnyMomentTheNextCompletes kills a migrating process, ten times at random moments; the server
// may go on with what it has begun. One more run always ends at the same schema.
func TestUp_KilledAtAnyMomentTheNextCompletes(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	expected, err := migrate.Expected()
	require.NoError(t, err)
	span := min(fullRun(t, self), fullRun(t, self), fullRun(t, self))
	killed := 0
	for i := range 10 {
		url := testdb.Empty(t).Reveal()
		b := setup(t, url)
		c := exec.CommandContext(b.ctx, self)
		c.Env = append(os.Environ(), victimURL+"="+url)
		require.NoError(t, c.Start())
		wait := time.NewTimer(rand.N(span))
		<-wait.C
		require.NoError(t, c.Process.Kill())
		if c.Wait() != nil {
			killed++
		}
		_, err := b.m.Up(b.ctx)
		require.NoError(t, err, "run %d", i)
		live := b.catalog(t)
		require.Empty(t, migrate.Compare(expected, live), "run %d", i)
		require.Len(t, b.list(t, `SELECT version_id::text FROM axisor_migrations WHERE version_id > 0`), len(b.list(t,
			`SELECT DISTINCT version_id::text FROM axisor_migrations WHERE version_id > 0`)), "each migration once")
	}
	t.Logf("%d of 10 were killed before their end, within %s", killed, span)
}

// fullRun tells how long a process takes that nobody kills.
func fullRun(t *testing.T, self string) time.Duration {
	t.Helper()
	began := time.Now()
	c := exec.CommandContext(t.Context(), self)
	c.Env = append(os.Environ(), victimURL+"="+testdb.Empty(t).Reveal())
	out, err := c.CombinedOutput()
	require.NoError(t, err, string(out))
	return time.Since(began)
}
