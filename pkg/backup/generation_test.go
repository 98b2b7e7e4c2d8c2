package backup

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/backup/wal"
	"github.com/axisor/axisor/pkg/secret"
)

// life is one server of the cluster: the first one, or one that a recovery has made.
type life struct {
	url  secret.Secret
	conn *pgx.Conn
	stop func()
}

func (l life) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := l.conn.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

// live connects to a recovered server.
func live(t *testing.T, d Recovered) life {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.URL("postgres").Reveal())
	require.NoError(t, err)
	return life{url: d.URL("postgres"), conn: conn, stop: func() {
		_ = conn.Close(context.Background())
		stopServer(t, d)
	}}
}

// serve writes what the target of a kind needs, with rows from n to n+2 before it and n+3 after it, makes a base backup
// first, and receives all of the log, also what lies behind the target.
func (c *cluster) serve(t *testing.T, l life, n int, kind string) PITRTarget {
	t.Helper()
	e, err := c.repo.Base(t.Context(), BaseRequest{Request: Request{URL: l.url, Recipients: c.keys}})
	require.NoError(t, err)
	require.Equal(t, StateGood, e.State, e.Problem)
	l.exec(t, "INSERT INTO log SELECT n FROM generate_series($1::int, $1::int + 2) n", n)
	var to PITRTarget
	var text string
	switch kind {
	case "time":
		require.NoError(t, l.conn.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&to.Time))
	case "position":
		require.NoError(t, l.conn.QueryRow(t.Context(), "SELECT pg_current_wal_insert_lsn()::text").Scan(&text))
		to.LSN, err = wal.ParseLSN(text)
		require.NoError(t, err)
		l.exec(t, "SELECT pg_create_restore_point('one record, which is replayed')")
	case "name":
		to.Name = "before " + l.url.String()
		l.exec(t, "SELECT pg_create_restore_point($1)", to.Name)
	case "latest":
		to.Latest = true
	}
	if kind != "latest" {
		l.exec(t, "INSERT INTO log VALUES ($1)", n+3)
		l.exec(t, "SELECT pg_switch_wal()") // the old life ends some segments behind the point
		l.exec(t, "INSERT INTO log VALUES ($1)", n+4)
	}
	c.receiveAll(t, l.url, l.conn)
	return to
}

// What one recovery leaves behind must not poison the next: recover, serve, make a base backup, recover again, each time
// on a new timeline, whose log the receiver goes on with by itself.
func TestGenerations(t *testing.T) {
	t.Parallel()
	for _, kinds := range [][]string{
		{"time", "latest", "name"}, {"name", "time", "latest"}, {"position", "latest", "time"}, {"latest", "name", "latest"},
	} {
		t.Run(strings.Join(kinds, " "), func(t *testing.T) {
			t.Parallel()
			c := newCluster(t)
			now := life{url: c.url, conn: c.conn, stop: func() {}}
			var want []int
			for i, kind := range kinds {
				n := 100 * (i + 1)
				to := c.serve(t, now, n, kind)
				want = append(want, n, n+1, n+2)
				o := c.request(kind, to)
				o.Promote = true
				dry := o
				dry.DryRun = true
				_, err := c.repo.RecoverTo(t.Context(), dry)
				require.NoError(t, err)
				d, err := c.repo.RecoverTo(t.Context(), o)
				require.NoError(t, err)
				require.Equal(t, want, c.recovered(t, d), kind)
				require.EqualValues(t, i+1, d.Timeline, "the timeline that was followed")
				now.stop()
				now = live(t, d)
				var timeline int
				require.NoError(t, now.conn.QueryRow(t.Context(), "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)::int").Scan(&timeline))
				require.Equal(t, i+2, timeline)
				c.clean(t, d, timeline)
			}
			defer now.stop()
			c.receiveAll(t, now.url, now.conn)
			report, err := c.repo.VerifyLog(t.Context(), LogCheck{Level: LevelDecode, Identities: c.get})
			require.NoError(t, err)
			require.Empty(t, report.Problems)
			// The first life is still there, also what the recovery left out.
			o := c.request("old", PITRTarget{Latest: true})
			o.Timeline = 1
			d, err := c.repo.RecoverTo(t.Context(), o)
			require.NoError(t, err)
			defer stopServer(t, d)
			first := []int{100, 101, 102}
			if kinds[0] != "latest" {
				first = append(first, 103, 104)
			}
			require.Equal(t, first, c.recovered(t, d))
		})
	}
}

// clean proves that a promoted server is an ordinary one: none of the recovery's settings is left for a next one, and its
// history is marked to be archived.
func (c *cluster) clean(t *testing.T, d Recovered, timeline int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(d.DataDirectory, autoConf))
	require.NoError(t, err)
	set, err := recoverySettings(bytes.NewReader(text))
	require.NoError(t, err)
	require.Empty(t, set)
	require.NotContains(t, string(text), "restore_command")
	require.FileExists(t, filepath.Join(d.DataDirectory, "pg_wal", "archive_status", wal.HistoryName(uint32(timeline))+".ready"))
	require.NoDirExists(t, filepath.Join(d.DataDirectory, recoveryFolder, "wal"))
}

// Other programs leave recovery targets in the files of a cluster, too, and a standby its mark. A plan names them, and
// they have no effect.
func TestPITR_OthersTargetsInTheBase(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	data := c.server.DataDir()
	write := func(name, text string) {
		f, err := os.OpenFile(filepath.Join(data, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		require.NoError(t, err)
		_, err = f.WriteString(text)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		if c.account != nil {
			require.NoError(t, os.Chown(filepath.Join(data, name), c.account.UID, c.account.GID))
		}
	}
	write(autoConf, "Recovery_Target_XID = '740'\nwork_mem = '5MB'\n")
	write(clusterConf, "\nrecovery_target_name 'of another program'\n")
	write(formerConf, "standby_mode = on\n")
	write(standbyMark, "")
	require.NoError(t, os.MkdirAll(filepath.Join(data, recoveryFolder, "wal"), 0o755))
	write(filepath.Join(recoveryFolder, "wal", "000000010000000000000002"), "stale")
	write(filepath.Join(recoveryFolder, "postgres.log"), "of an earlier recovery\n")
	c.commit(t, 1, 5)
	c.base(t)
	for _, name := range []string{standbyMark, formerConf} {
		require.NoError(t, os.Remove(filepath.Join(data, name)))
	}
	c.commit(t, 6, 9)
	c.archiveAll(t)
	_, times := c.commits(t)

	o := c.request("plan", PITRTarget{Time: times[7]})
	o.DryRun = true
	d, err := c.repo.RecoverTo(t.Context(), o)
	require.NoError(t, err)
	said := strings.Join(d.Warnings, "\n")
	for _, want := range []string{"recovery_target_xid in " + autoConf, "recovery_target_name in " + clusterConf, standbyMark} {
		require.Contains(t, said, want)
	}
	require.NoDirExists(t, o.Directory)

	o = c.request("real", PITRTarget{Time: times[7]})
	o.Promote = true
	d, err = c.repo.RecoverTo(t.Context(), o)
	require.NoError(t, err)
	defer stopServer(t, d)
	require.Equal(t, []int{1, 2, 3, 4, 5, 6, 7, 8}, c.recovered(t, d))
	log, err := os.ReadFile(d.LogFile)
	require.NoError(t, err)
	require.NotContains(t, string(log), "earlier recovery")
	require.NotContains(t, string(log), "multiple recovery targets")
}

// A receiver that is started again after a recovery has put another server in the place of its own goes on by itself on
// the new timeline and keeps the files of the old one. The log may end anywhere, also on the border of a segment.
func TestReceive_GoesOnOverARecovery(t *testing.T) {
	t.Parallel()
	for _, border := range []bool{false, true} {
		t.Run(map[bool]string{false: "within a segment", true: "on a border"}[border], func(t *testing.T) {
			t.Parallel()
			c := newCluster(t)
			c.commit(t, 1, 5)
			base := c.base(t)
			system := base.Manifest.Server.SystemIdentifier
			c.receiveAll(t, c.url, c.conn)
			c.commit(t, 6, 10)
			_, times := c.commits(t)
			for range 2 {
				c.exec(t, "SELECT pg_logical_emit_message(true, 'axisor', repeat('m', 1000))")
				c.exec(t, "SELECT pg_switch_wal()")
			}
			if !border {
				c.commit(t, 11, 12)
			}
			c.receiveAll(t, c.url, c.conn)
			before, _, err := c.repo.logFiles(system)
			require.NoError(t, err)

			o := c.request("new", PITRTarget{Time: times[7]})
			o.Promote = true
			d, err := c.repo.RecoverTo(t.Context(), o)
			require.NoError(t, err)
			now := live(t, d)
			defer now.stop()
			now.exec(t, "INSERT INTO log VALUES (100)")
			now.exec(t, "SELECT pg_switch_wal()")
			now.exec(t, "CHECKPOINT") // a slot that is made now begins behind the branch
			now.exec(t, "INSERT INTO log VALUES (101)")
			c.receiveAll(t, now.url, now.conn)

			after, broken, err := c.repo.logFiles(system)
			require.NoError(t, err)
			require.Empty(t, broken)
			names := map[string]bool{}
			for _, f := range after {
				names[f.Name] = true
			}
			for _, f := range before {
				require.True(t, names[f.Name], f.Name)
			}
			require.True(t, names[wal.HistoryName(2)])
			o = c.request("again", PITRTarget{Latest: true})
			d, err = c.repo.RecoverTo(t.Context(), o)
			require.NoError(t, err)
			defer stopServer(t, d)
			require.Equal(t, []int{1, 2, 3, 4, 5, 6, 7, 8, 100, 101}, c.recovered(t, d))
		})
	}
}
