package migrate_test

import (
	"context"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/testdb"
	"github.com/axisor/axisor/migrations"
	"github.com/axisor/axisor/pkg/migrate"
)

func TestUp_TwiceAppliesOnce(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)

	require.ErrorIs(t, b.m.Check(b.ctx), migrate.ErrNoSchema)
	begin := time.Now()
	done, err := b.m.Up(b.ctx)
	require.NoError(t, err)
	t.Logf("%d migrations from zero in %s", len(done), time.Since(begin))
	require.Equal(t, b.m.Head(), done[len(done)-1].Version)
	require.Equal(t, "00001_create_identity_tables.sql", done[0].Name)
	require.NoError(t, b.m.Check(b.ctx))

	done, err = b.m.Up(b.ctx)
	require.NoError(t, err)
	require.Empty(t, done)
}

func TestUp_TwoAtOnceApplyEachOnce(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	count := map[int64]int{}
	for range 2 {
		m, err := migrate.New(b.db, migrate.Options{})
		require.NoError(t, err)
		wg.Go(func() {
			done, err := m.Up(b.ctx)
			mu.Lock()
			defer mu.Unlock()
			for _, a := range done {
				count[a.Version]++
			}
			if err != nil {
				t.Errorf("up: %v", err)
			}
		})
	}
	wg.Wait()
	items, err := b.m.Status(b.ctx)
	require.NoError(t, err)
	require.Len(t, count, len(items))
	for version, n := range count {
		require.Equal(t, 1, n, "version %d", version)
	}
	require.NoError(t, b.m.Check(b.ctx))
}

func TestDown_ToZeroAndUpGivesTheSameSchema(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	first := b.catalog(t)

	done, err := b.m.Down(b.ctx, 0)
	require.NoError(t, err)
	require.Equal(t, b.m.Head(), done[0].Version, "newest first")
	empty := b.catalog(t)
	require.Empty(t, empty.Tables)
	require.Empty(t, empty.Enums)
	require.ErrorIs(t, b.m.Check(b.ctx), migrate.ErrNoSchema)

	_, err = b.m.Up(b.ctx)
	require.NoError(t, err)
	require.Equal(t, first, b.catalog(t))
}

func TestUpTo_StopsAndStatusTells(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)

	items, err := b.m.Status(b.ctx)
	require.NoError(t, err)
	require.Equal(t, migrate.StatePending, items[0].State)
	require.Nil(t, items[0].AppliedAt)
	var exists bool
	require.NoError(t, b.db.QueryRowContext(b.ctx, `SELECT to_regclass('axisor_migrations') IS NOT NULL`).Scan(&exists))
	require.False(t, exists, "status must not write")

	before := time.Now().UTC().Add(-time.Minute)
	_, err = b.m.UpTo(b.ctx, 3)
	require.NoError(t, err)
	current, head, err := b.m.Version(b.ctx)
	require.NoError(t, err)
	require.EqualValues(t, 3, current)
	require.Equal(t, b.m.Head(), head)
	var version *migrate.VersionError
	require.ErrorAs(t, b.m.Check(b.ctx), &version)
	require.ErrorIs(t, version, migrate.ErrSchemaOld)

	items, err = b.m.Status(b.ctx)
	require.NoError(t, err)
	require.Equal(t, migrate.StateApplied, items[2].State)
	require.WithinRange(t, *items[2].AppliedAt, before, time.Now().UTC().Add(time.Minute))
	require.Equal(t, migrate.StatePending, items[3].State)

	_, err = b.m.Down(b.ctx, 1)
	require.NoError(t, err)
	current, _, err = b.m.Version(b.ctx)
	require.NoError(t, err)
	require.EqualValues(t, 1, current)

	_, err = b.m.UpTo(b.ctx, 99_999)
	require.ErrorIs(t, err, migrate.ErrUnknownVersion)
}

func TestUp_RefusesANewerSchema(t *testing.T) {
	t.Parallel()
	b := setupMigrated(t)
	b.exec(t, `INSERT INTO axisor.axisor_migrations (version_id, is_applied) VALUES (99999, true)`)
	require.ErrorIs(t, b.m.Check(b.ctx), migrate.ErrSchemaNew)
	_, err := b.m.Up(b.ctx)
	require.ErrorIs(t, err, migrate.ErrSchemaNew)
	_, err = b.m.Down(b.ctx, 1)
	require.ErrorIs(t, err, migrate.ErrSchemaNew)
	items, err := b.m.Status(b.ctx)
	require.NoError(t, err)
	require.Equal(t, migrate.StateUnknown, items[len(items)-1].State)
}

func TestUp_WaitsForTheLockAndGivesUp(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	conn, err := b.db.Conn(b.ctx)
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.ExecContext(b.ctx, `SELECT pg_advisory_lock($1)`, migrate.LockKey)
	require.NoError(t, err)

	var said []string
	m, err := migrate.New(b.db, migrate.Options{LockTimeout: 300 * time.Millisecond, Progress: func(s string) { said = append(said, s) }})
	require.NoError(t, err)
	_, err = m.Up(b.ctx)
	require.ErrorIs(t, err, migrate.ErrLocked)
	require.Len(t, said, 1)
	require.Contains(t, said[0], "server process")
}

func TestUp_NeedsTwoConnections(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	b.db.SetMaxOpenConns(1)
	_, err := b.m.Up(b.ctx)
	require.ErrorIs(t, err, migrate.ErrPoolTooSmall)
	b.db.SetMaxOpenConns(2)
	_, err = b.m.Up(b.ctx)
	require.NoError(t, err)
}

func TestUp_LeavesTheSessionAsItWas(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	b.db.SetMaxOpenConns(2)
	_, err := b.m.Up(b.ctx)
	require.NoError(t, err)
	for range 2 {
		conn, err := b.db.Conn(b.ctx)
		require.NoError(t, err)
		var timeout string
		require.NoError(t, conn.QueryRowContext(b.ctx, `SHOW lock_timeout`).Scan(&timeout))
		require.Equal(t, "0", timeout)
		defer conn.Close()
	}
}

func TestUp_CancelledLeavesNoLock(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	_, err := b.m.Up(ctx)
	require.ErrorIs(t, err, context.Canceled)
	_, err = b.m.Up(b.ctx)
	require.NoError(t, err)
}

func TestUp_InAnotherSchema(t *testing.T) {
	t.Parallel()
	url := testdb.Empty(t).Reveal()
	b := setup(t, url)
	b.exec(t, `CREATE SCHEMA app`)
	other := setup(t, url+separator(url)+"search_path=app")
	_, err := other.m.Up(other.ctx)
	require.NoError(t, err)
	require.Empty(t, b.catalog(t).Tables)
	findings, err := other.m.Verify(other.ctx)
	require.NoError(t, err)
	require.Empty(t, findings)
}

func separator(url string) string {
	if strings.Contains(url, "?") {
		return "&"
	}
	return "?"
}

func TestFiles_FollowTheRules(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(migrations.Files, "*.sql")
	require.NoError(t, err)
	for _, name := range names {
		raw, err := fs.ReadFile(migrations.Files, name)
		require.NoError(t, err)
		text := string(raw)
		require.Regexp(t, `^\d{5}_[a-z]+(_[a-z]+)+\.sql$`, name)
		up, down, ok := strings.Cut(text, "-- +goose Down")
		require.True(t, ok, "%s has no Down part", name)
		if strings.Contains(text, "NO TRANSACTION") {
			continue // pkg/migrate sets the timeouts and allows index statements only
		}
		require.Contains(t, up, "SET LOCAL lock_timeout", name)
		require.Contains(t, down, "SET LOCAL lock_timeout", name)
	}
}
