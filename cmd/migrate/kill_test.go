package migrate_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/cmd"
	"github.com/axisor/axisor/internal/clitest"
)

const (
	// beAxisor tells this test binary to be the program, so that it can be killed.
	beAxisor = "AXISOR_TEST_BE_AXISOR"
	// killsEnv says how often TestMigrate_KilledAtAnyMomentTheNextCompletes kills it.
	killsEnv = "AXISOR_TEST_KILLS"
)

func TestMain(m *testing.M) {
	if os.Getenv(beAxisor) == "" {
		os.Exit(m.Run())
	}
	os.Exit(cmd.Main(context.Background(), cmd.Process{
		Args: os.Args[1:], Env: os.Environ(), Dir: os.TempDir(), Stdin: strings.NewReader(""), Stdout: os.Stdout, Stderr: os.Stderr,
	}))
}

// process is the program as a process of its own on the database of an installation.
func process(t *testing.T, p *clitest.Program, args ...string) (*osexec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	var said bytes.Buffer
	c := osexec.CommandContext(t.Context(), self, args...)
	c.Env, c.Stdout, c.Stderr = append(append([]string{}, p.Env...), beAxisor+"=1"), &said, &said
	return c, &said
}

// versionsOnce proves the schema, and that its history names every migration once.
func versionsOnce(t *testing.T, p *clitest.Program) {
	t.Helper()
	p.OK("migrate", "status", "--check")
	p.OK("migrate", "verify")
	db := connect(t, urlOf(t, p))
	var rows, versions int
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT count(*), count(DISTINCT version_id) FROM axisor.axisor_migrations`).Scan(&rows, &versions))
	require.Equal(t, versions, rows, "each migration is recorded once")
}

func urlOf(t *testing.T, p *clitest.Program) string {
	t.Helper()
	for _, kv := range p.Env {
		if url, ok := strings.CutPrefix(kv, "DATABASE_URL="); ok {
			return url
		}
	}
	t.Fatal("no database")
	return ""
}

// TestMigrate_KilledAtAnyMomentTheNextCompletes kills the program with SIGKILL at random moments; the server may go on
// with what it has begun. One more run always ends at the same schema. AXISOR_TEST_KILLS=30 kills it more often.
func TestMigrate_KilledAtAnyMomentTheNextCompletes(t *testing.T) {
	t.Parallel()
	kills := 4
	if n, err := strconv.Atoi(os.Getenv(killsEnv)); err == nil {
		kills = n
	}
	p, _ := onEmpty(t)
	began := time.Now()
	c, said := process(t, p, "migrate", "up")
	require.NoError(t, c.Run(), said)
	span := time.Since(began)
	killed := 0
	for i := range kills {
		p, _ := onEmpty(t)
		c, said := process(t, p, "migrate", "up")
		require.NoError(t, c.Start())
		wait := time.NewTimer(rand.N(span))
		<-wait.C
		require.NoError(t, c.Process.Kill())
		if c.Wait() != nil {
			killed++
		}
		next, after := process(t, p, "migrate", "up")
		require.NoError(t, next.Run(), "run %d: %s%s", i, said, after)
		versionsOnce(t, p)
	}
	t.Logf("%d of %d were killed before their end, within %s", killed, kills, span)
}

// TestMigrate_TwoAtOnceApplyEachOnce starts two processes on one empty database: both end well, and what one of them
// applied the other did not.
func TestMigrate_TwoAtOnceApplyEachOnce(t *testing.T) {
	t.Parallel()
	p, _ := onEmpty(t)
	planned := len(p.OK("migrate", "up", "--dry-run", "-o", "json").JSON()["migrations"].([]any))
	var wg sync.WaitGroup
	lines := make([]string, 2)
	for i := range lines {
		c, said := process(t, p, "migrate", "up", "-q")
		wg.Go(func() {
			if err := c.Run(); err != nil {
				t.Errorf("up: %v\n%s", err, said)
			}
			lines[i] = said.String()
		})
	}
	wg.Wait()
	applied := 0
	for line := range strings.Lines(strings.Join(lines, "")) {
		if _, err := strconv.Atoi(strings.TrimSpace(line)); err == nil {
			applied++
		}
	}
	require.Equal(t, planned, applied, "%q", lines)
	versionsOnce(t, p)
}
