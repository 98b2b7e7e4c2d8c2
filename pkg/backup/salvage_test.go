package backup

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/pkg/backup/wal"
)

// crash kills the server while sessions write, and returns the rows that they were told are safe.
func (c *cluster) crash(t *testing.T, round int, random *rand.Rand) map[int]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.server.DataDir(), "postmaster.pid"))
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
	require.NoError(t, err)
	var mu sync.Mutex
	safe, kill := map[int]bool{}, int64(50+random.IntN(400))
	var next, done atomic.Int64
	var all sync.WaitGroup
	var once sync.Once
	ctx, cancel := context.WithTimeout(t.Context(), eventuallyLong)
	defer cancel()
	for range 3 {
		all.Go(func() {
			conn, err := pgx.Connect(ctx, c.url.Reveal())
			if err != nil {
				return
			}
			defer conn.Close(context.Background())
			for {
				n := round*1_000_000 + int(next.Add(1))
				if _, err := conn.Exec(ctx, "INSERT INTO log VALUES ($1, repeat('x', $2))", n, 7*n%3000); err != nil {
					return // the server is gone
				}
				mu.Lock()
				safe[n] = true
				mu.Unlock()
				if done.Add(1) == kill {
					once.Do(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
				}
			}
		})
	}
	all.Wait()
	eventually(t, "the server is dead", func() bool { return gone(pid) })
	require.GreaterOrEqual(t, len(safe), int(kill))
	return safe
}

const eventuallyLong = 60e9

// A server that dies under load loses nothing that it has promised: what it had not archived is brought in, and the
// recovery reaches exactly the end of it. Also when the last record is a commit, and over one crash after the other.
func TestSalvage_CrashesUnderLoad(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.exec(t, "ALTER SYSTEM SET synchronous_commit = on")
	c.exec(t, "ALTER SYSTEM SET full_page_writes = off") // small records: the end falls anywhere in a page
	c.exec(t, "SELECT pg_reload_conf()")
	c.base(t)
	system := c.serverSystem(t)[0]
	random := rand.New(rand.NewPCG(14, 2))
	want := map[int]bool{}
	for round := 1; round <= 5; round++ {
		for n := range c.crash(t, round, random) {
			want[n] = true
		}
		ask := Salvage{Directory: c.server.DataDir(), Recipients: c.keys}
		dry := ask
		dry.DryRun = true
		before, _, err := c.repo.logFiles(system)
		require.NoError(t, err)
		planned, err := c.repo.SalvageLog(t.Context(), dry)
		require.NoError(t, err)
		s, err := c.repo.SalvageLog(t.Context(), ask)
		require.NoError(t, err)
		require.Equal(t, planned, s)
		require.Equal(t, system, s.System)
		require.Empty(t, s.Warnings)
		after, broken, err := c.repo.logFiles(system)
		require.NoError(t, err)
		require.Empty(t, broken)
		require.GreaterOrEqual(t, len(after), len(before))
		again, err := c.repo.SalvageLog(t.Context(), ask)
		require.NoError(t, err)
		require.Zero(t, again.Files, "doing it twice is fine")

		status, err := c.repo.Status()
		require.NoError(t, err)
		require.Equal(t, s.End, *status.Clusters[0].LastLSN, "the tail counts")
		d, err := c.repo.RecoverTo(t.Context(), c.request("crash"+strconv.Itoa(round), PITRTarget{Latest: true}))
		require.NoError(t, err)
		require.Equal(t, s.End, d.ReachedLSN)
		require.NotNil(t, d.ReachedTime)
		require.True(t, d.ReachedTime.Equal(*s.LastTime))
		got := map[int]bool{}
		for _, n := range c.recovered(t, d) {
			got[n] = true
		}
		stopServer(t, d)
		for n := range want {
			require.True(t, got[n], "row %d was committed and is lost", n)
		}
		// By luck it came back, and writes on: as soon as the last of its processes has noticed that it was dead.
		eventually(t, "the server is back", func() bool { return c.server.Start(t.Context()) == nil })
	}
	var err error
	c.conn, err = pgx.Connect(t.Context(), c.url.Reveal())
	require.NoError(t, err)
	defer c.conn.Close(context.Background())
	_, err = c.repo.SalvageLog(t.Context(), Salvage{Directory: c.server.DataDir()})
	require.ErrorIs(t, err, ErrDirectoryInUse, "a server that runs archives by itself")
	c.archiveAll(t)
	report, err := c.repo.VerifyLog(t.Context(), LogCheck{Level: LevelDecode, Identities: c.get})
	require.NoError(t, err)
	require.Empty(t, report.Problems, "the finished segments take the place of the partial ones")
}

// An unfinished segment under the name of the whole would stand in the way of the rest for good.
func TestArchive_RefusesAnUnfinishedSegment(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.exec(t, "SET synchronous_commit = on")
	c.commit(t, 1, 3)
	c.archiveAll(t)
	c.commit(t, 4, 30)
	live := filepath.Join(c.server.DataDir(), "pg_wal", c.text(t, "SELECT pg_walfile_name(pg_current_wal_lsn())"))
	_, err := c.repo.ArchiveLog(t.Context(), ArchiveRequest{Path: live, Recipients: c.keys})
	require.ErrorIs(t, err, ErrDamaged)
	require.ErrorContains(t, err, "wal salvage")
	copied := filepath.Join(t.TempDir(), filepath.Base(live)+partialExt)
	data, err := os.ReadFile(live)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(copied, data, 0o600))
	_, err = c.repo.ArchiveLog(t.Context(), ArchiveRequest{Path: copied, Recipients: c.keys})
	require.NoError(t, err)
	c.archiveAll(t) // the whole one is another file
	name, err := wal.ParseName(filepath.Base(live))
	require.NoError(t, err)
	_, from, err := c.repo.logContent(t.Context(), c.serverSystem(t)[0], name, filepath.Base(live), c.get)
	require.NoError(t, err)
	require.False(t, isPartial(from))
}
