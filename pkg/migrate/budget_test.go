package migrate_test

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/migrate"
)

// TestLocksSnapshot proves that the locks that are taken before a migration runs are those that the server is seen to
// grant to it, in both directions.
func TestLocksSnapshot(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	b.exec(t, `CREATE SCHEMA seen; CREATE TABLE seen.lock (relation oid, mode text)`)
	m := from(t, b.db, watched(t), migrate.Options{})
	versions, locks := m.Versions(), map[string]migrate.FileLocks{}
	for _, v := range versions {
		tables := b.tables(t)
		done, err := m.UpTo(b.ctx, v)
		require.NoError(t, err)
		if seen := b.strongLocks(t, tables); seen != nil {
			locks[done[0].Name] = migrate.FileLocks{Up: seen}
		}
	}
	for i := range slices.Backward(versions) {
		to, tables := int64(0), b.tables(t)
		if i > 0 {
			to = versions[i-1]
		}
		done, err := m.Down(b.ctx, to)
		require.NoError(t, err)
		if seen := b.strongLocks(t, tables); seen != nil {
			l := locks[done[0].Name]
			l.Down = seen
			locks[done[0].Name] = l
		}
	}
	raw, err := json.MarshalIndent(locks, "", "  ")
	require.NoError(t, err)
	raw = append(raw, '\n')
	if *update {
		require.NoError(t, os.WriteFile("locks.json", raw, 0o644))
		return
	}
	committed, err := os.ReadFile("locks.json")
	require.NoError(t, err)
	require.Equal(t, string(committed), string(raw), "a migration takes other locks: run go generate ./pkg/migrate")
}

// watched are the migrations, each of which writes down the locks that it has at the end of its transaction.
func watched(t *testing.T) fstest.MapFS {
	t.Helper()
	const note = "\nINSERT INTO seen.lock SELECT relation, mode FROM pg_catalog.pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted;\n"
	files := fstest.MapFS{}
	require.NoError(t, migrate.EachOwn(func(name, text string) {
		if !strings.Contains(text, "NO TRANSACTION") {
			text = strings.Replace(text, "-- +goose Down", note+"-- +goose Down", 1) + note
		}
		files[name] = file(text)
	}))
	return files
}

// seenTable is a table as it is before a migration.
type seenTable struct {
	name  string
	depth int // how many references lead on from it, at most
}

// tables lists the tables that are there, by their oids.
func (b *testBundle) tables(t *testing.T) map[int64]seenTable {
	t.Helper()
	rows, err := b.db.QueryContext(b.ctx, `WITH RECURSIVE refers AS (
			SELECT c.oid, 0 AS depth FROM pg_class c WHERE c.relkind IN ('r', 'p')
			UNION SELECT k.conrelid, r.depth + 1 FROM refers r JOIN pg_constraint k ON k.confrelid = r.oid AND k.contype = 'f' AND k.conrelid <> k.confrelid
			WHERE r.depth < 20)
		SELECT c.oid, CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END ||
			CASE WHEN c.relname ~ '^[a-z_]+$' THEN c.relname ELSE quote_ident(c.relname) END, max(r.depth)
		FROM refers r JOIN pg_class c ON c.oid = r.oid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('public', 'axisor', 'river') GROUP BY 1, 2`)
	require.NoError(t, err)
	defer rows.Close()
	all := map[int64]seenTable{}
	for rows.Next() {
		var oid int64
		var table seenTable
		require.NoError(t, rows.Scan(&oid, &table.name, &table.depth))
		all[oid] = table
	}
	require.NoError(t, rows.Err())
	return all
}

// strongLocks gives the strongest lock on each of tables that was written down, in the order in which to take them, and
// forgets it. Without one that keeps out readers or writers it gives nothing.
func (b *testBundle) strongLocks(t *testing.T, tables map[int64]seenTable) []migrate.TableLock {
	t.Helper()
	modes := []string{"AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"}
	words := []string{"ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"}
	rows, err := b.db.QueryContext(b.ctx, `DELETE FROM seen.lock RETURNING relation, mode`)
	require.NoError(t, err)
	defer rows.Close()
	strongest, any := map[int64]int{}, false
	for rows.Next() {
		var oid int64
		var mode string
		require.NoError(t, rows.Scan(&oid, &mode))
		if _, ok := tables[oid]; ok {
			n := slices.Index(modes, mode)
			require.GreaterOrEqual(t, n, 0, mode)
			strongest[oid], any = max(strongest[oid], n), any || n >= slices.Index(words, "SHARE")
		}
	}
	require.NoError(t, rows.Err())
	if !any {
		return nil
	}
	var oids []int64
	for oid := range strongest {
		oids = append(oids, oid)
	}
	slices.SortFunc(oids, func(x, y int64) int {
		return cmp.Or(cmp.Compare(tables[y].depth, tables[x].depth), cmp.Compare(tables[x].name, tables[y].name))
	})
	var locks []migrate.TableLock
	for _, oid := range oids {
		locks = append(locks, migrate.TableLock{Table: tables[oid].name, Mode: words[strongest[oid]]})
	}
	return locks
}

// Nine tables are in use by others, who let go of them one after the other, each sooner than one statement would give up.
// Whoever writes to a table that the migration has already waits for it no longer than if it were one table.
func TestUp_NobodyWaitsForSeveralTables(t *testing.T) {
	t.Parallel()
	b := setupEmpty(t)
	_, err := b.m.UpTo(b.ctx, 500)
	require.NoError(t, err)
	b.exec(t, `INSERT INTO "User" (id, email, username) VALUES ('u1', 'a@example.com', 'ann')`)
	var held []*sql.Tx
	for _, table := range []string{"UserExchangeAccounts", "Automation", "TradeLog", "MarginGuardConfig", "Notification", "BacktestReport", "Simulation", "SecurityAuditLog", "AuditLog"} {
		held = append(held, b.hold(t, table, "ACCESS SHARE"))
	}
	stop, longest := b.write(t, []string{
		`INSERT INTO "RefreshToken" (user_id, token, expires_at) VALUES ('u1', gen_random_uuid()::text, now())`,
		`INSERT INTO "TradeLog" (user_id, trade_id, status, executed_at) VALUES ('u1', gen_random_uuid()::text, 'success', now())`,
		`INSERT INTO guard_control (scope, disabled, updated_at) VALUES ('global', true, now()) ON CONFLICT DO NOTHING`,
	})
	go b.release(held, 220*time.Millisecond)
	_, err = b.m.UpTo(b.ctx, 700)
	stop()
	require.NoError(t, err)
	t.Logf("the longest wait of a writer: %s", *longest)
	require.Less(t, *longest, 1200*time.Millisecond, "nine tables of 0.22 s each, one after the other, are 2 s")

	// What readers and writers do not notice, as VACUUM or the building of an index, is waited for in the same way: beside
	// them, and longer than they would like to wait.
	held = []*sql.Tx{b.hold(t, "AuditLog", "SHARE UPDATE EXCLUSIVE")}
	stop, longest = b.write(t, []string{`INSERT INTO "AuditLog" (user_id, action, resource) VALUES ('u1', 'a', 'r')`})
	go b.release(held, 900*time.Millisecond)
	var said []string
	m, err := migrate.New(b.db, migrate.Options{Progress: func(s string) { said = append(said, s) }})
	require.NoError(t, err)
	_, err = m.Down(b.ctx, 500)
	stop()
	require.NoError(t, err, "at the first try")
	require.Empty(t, said)
	require.Less(t, *longest, 800*time.Millisecond)
}

// hold takes a lock on a table for others.
func (b *testBundle) hold(t *testing.T, table, mode string) *sql.Tx {
	t.Helper()
	tx, err := b.db.BeginTx(b.ctx, nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(b.ctx, `LOCK TABLE "`+table+`" IN `+mode+` MODE`)
	require.NoError(t, err)
	return tx
}

// release lets go of what is held, one after the other, from when somebody who changes the schema waits for it.
func (b *testBundle) release(held []*sql.Tx, each time.Duration) {
	for waits := false; !waits && b.ctx.Err() == nil; <-time.After(5 * time.Millisecond) {
		_ = b.db.QueryRowContext(b.ctx, `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND mode IN ('AccessExclusiveLock', 'ShareUpdateExclusiveLock')
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&waits)
	}
	for _, tx := range held {
		<-time.After(each) // the time itself is what is tested
		_ = tx.Rollback()
	}
}

// Adding a foreign key locks two tables.
func TestKeyLocks(t *testing.T) {
	t.Parallel()
	require.Equal(t, []migrate.TableLock{{Table: `axisor."guard_look"`, Mode: "SHARE ROW EXCLUSIVE"}, {Table: `"User"`, Mode: "SHARE ROW EXCLUSIVE"}},
		migrate.KeyLocks(`ALTER TABLE axisor."guard_look" ADD CONSTRAINT "k" FOREIGN KEY (user_id) REFERENCES "User"(id) ON DELETE CASCADE NOT VALID`))
	require.Empty(t, migrate.KeyLocks(`ALTER TABLE "User" ADD COLUMN a int`))
}

// write runs each statement again and again on a connection of its own, until stop is called, which returns when longest
// is the time of the slowest.
func (b *testBundle) write(t *testing.T, statements []string) (stop func(), longest *time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(b.ctx)
	t.Cleanup(cancel)
	longest = new(time.Duration)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, statement := range statements {
		wg.Go(func() {
			for tick := time.NewTicker(5 * time.Millisecond); ctx.Err() == nil; <-tick.C {
				begin := time.Now()
				if _, err := b.db.ExecContext(b.ctx, statement); err != nil {
					t.Errorf("%s: %v", statement, err)
					return
				}
				mu.Lock()
				*longest = max(*longest, time.Since(begin))
				mu.Unlock()
			}
		})
	}
	return func() { cancel(); wg.Wait() }, longest
}
