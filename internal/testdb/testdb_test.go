package testdb_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/secret"
	"github.com/axisor/axisor/pkg/store"
)

// childMode makes the test binary act as another test process: "hold" makes a
// database and dies without cleaning up, "use" makes a few and cleans up.
const childMode = "AXISOR_TESTDB_CHILD"

func TestChildProcess(t *testing.T) {
	mode := os.Getenv(childMode)
	if mode == "" {
		return
	}
	url := testdb.NewURL(t)
	fmt.Println("DB=" + url.Reveal())
	if mode == "hold" {
		os.Exit(0)
	}
	for range 3 {
		require.NoError(t, testdb.New(t).Ping(t.Context()))
	}
}

func child(t *testing.T, mode string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestChildProcess$", "-test.v")
	c.Env = append(os.Environ(), childMode+"="+mode)
	return c
}

func databases(t *testing.T, db *store.DB) []string {
	t.Helper()
	var names []string
	require.NoError(t, db.Gorm(t.Context()).Raw("SELECT datname FROM pg_database").Scan(&names).Error)
	return names
}

func TestNew_IsMigratedAndIsolated(t *testing.T) {
	t.Parallel()
	one, other := testdb.New(t), testdb.New(t)
	ctx := t.Context()
	require.NoError(t, one.CreateUser(ctx, &models.User{Email: "a@example.com", Username: "ann"}))
	_, err := one.FindUser(ctx, "ann")
	require.NoError(t, err)
	_, err = other.FindUser(ctx, "ann")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestEmpty_HasNoSchema(t *testing.T) {
	t.Parallel()
	db, err := store.Open(store.Options{URL: testdb.Empty(t)})
	require.NoError(t, err)
	defer db.Close()
	_, err = db.FindUser(t.Context(), "ann")
	require.ErrorIs(t, err, store.ErrSchemaMissing)
}

func TestProcesses_ShareTheServerAtTheSameTime(t *testing.T) {
	t.Parallel()
	_ = testdb.Empty(t) // this process is one of them
	var running []*exec.Cmd
	for range 2 {
		c := child(t, "use")
		var out strings.Builder
		c.Stdout, c.Stderr = &out, &out
		require.NoError(t, c.Start())
		running = append(running, c)
		t.Cleanup(func() {
			if t.Failed() {
				t.Log(out.String())
			}
		})
	}
	for _, c := range running {
		require.NoError(t, c.Wait())
	}
}

func TestLeftovers_OfDeadProcessesAreDropped(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	out, err := child(t, "hold").CombinedOutput()
	require.NoError(t, err, string(out))
	var left string
	for line := range strings.SplitSeq(string(out), "\n") {
		if url, ok := strings.CutPrefix(line, "DB="); ok {
			target, err := store.ParseURL(strings.TrimSpace(url))
			require.NoError(t, err)
			left = target.Database
		}
	}
	require.NotEmpty(t, left)
	require.Eventually(t, func() bool { // its connection needs a moment to end
		out, err := child(t, "use").CombinedOutput()
		require.NoError(t, err, string(out))
		return !slices.Contains(databases(t, db), left)
	}, 30*time.Second, 10*time.Millisecond)
}

func TestURL_IsASecret(t *testing.T) {
	t.Parallel()
	require.NotContains(t, fmt.Sprint(testdb.Empty(t)), "postgres://")
	require.IsType(t, secret.Secret{}, testdb.Empty(t))
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		require.NoError(b, testdb.New(b).Ping(context.Background()))
	}
}
