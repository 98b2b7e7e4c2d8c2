package backup

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/pkg/backup/wal"
	"github.com/axisor/axisor/pkg/secret"
)

// cluster is a server of the test's own with a repository beside it.
type cluster struct {
	server  *pgserver.Server
	url     secret.Secret
	repo    *Repository
	dir     string // others may pass through: the servers run under their own account
	account *Account
	conn    *pgx.Conn
	keys    []string
	get     Identities
	done    map[string]bool // archived segments
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := newWholeCluster(t)
	// A third of an empty cluster is a template that nobody uses: what is copied so many times here is smaller without it.
	c.exec(t, "UPDATE pg_database SET datistemplate = false WHERE datname = 'template0'")
	c.exec(t, "DROP DATABASE template0")
	return c
}

// newWholeCluster is one that databases of every kind can be made in.
func newWholeCluster(t *testing.T) *cluster {
	t.Helper()
	memory := "/dev/shm" // a server's thousand files are made there in no time
	if _, err := os.Stat(memory); err != nil {
		memory = ""
	}
	dir, err := os.MkdirTemp(memory, "axisor-pitr-test-*")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	s, err := pgserver.Start(t.Context(), pgserver.Options{Dir: filepath.Join(dir, "server"), SegmentMB: 1, Settings: map[string]string{
		"full_page_writes": "on", "track_commit_timestamp": "on", "wal_keep_size": "1GB", "max_connections": "20", "shared_buffers": "16MB",
		"min_wal_size": "2MB",
	}})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, s.Stop(ctx))
		require.NoError(t, os.RemoveAll(dir))
	})
	c := &cluster{server: s, url: s.URL("postgres"), dir: dir, repo: newRepository(filepath.Join(dir, "repo")), account: accountFor(t), done: map[string]bool{}}
	key, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	c.keys, c.get = []string{key.Recipient().String()}, func() ([]age.Identity, error) { return []age.Identity{key}, nil }
	c.conn, err = pgx.Connect(t.Context(), c.url.Reveal())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.conn.Close(context.Background()) })
	c.repo.sync = func(string) error { return nil } // the machine's other writers are not ours to wait for
	c.exec(t, "CREATE TABLE log (n int PRIMARY KEY, filler text)")
	return c
}

func accountFor(t *testing.T) *Account {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, err1 := strconv.Atoi(u.Uid)
			gid, err2 := strconv.Atoi(u.Gid)
			require.NoError(t, err1)
			require.NoError(t, err2)
			return &Account{UID: uid, GID: gid}
		}
	}
	require.Fail(t, "no account to run a server as")
	return nil
}

func (c *cluster) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := c.conn.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

func (c *cluster) text(t *testing.T, sql string) string {
	t.Helper()
	var out string
	require.NoError(t, c.conn.QueryRow(t.Context(), sql).Scan(&out))
	return out
}

func (c *cluster) base(t *testing.T) Entry {
	t.Helper()
	e, err := c.repo.Base(t.Context(), BaseRequest{Request: Request{URL: c.url, Recipients: c.keys}})
	require.NoError(t, err)
	require.Equal(t, StateGood, e.State, e.Problem)
	return e
}

// archiveAll closes the segment in use and archives everything that is complete.
func (c *cluster) archiveAll(t *testing.T) {
	t.Helper()
	last := c.text(t, "SELECT pg_walfile_name(pg_switch_wal())")
	folder := filepath.Join(c.server.DataDir(), "pg_wal")
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, f := range files {
		n, err := wal.ParseName(f.Name())
		if err != nil || n.Kind != wal.Segment || f.Name() > last || c.done[f.Name()] {
			continue
		}
		got, err := c.repo.ArchiveLog(t.Context(), ArchiveRequest{Path: filepath.Join(folder, f.Name()), Recipients: c.keys})
		require.NoError(t, err)
		require.Empty(t, got.Problem)
		c.done[f.Name()] = true
	}
}

func (c *cluster) commit(t *testing.T, from, to int) {
	t.Helper()
	for n := from; n <= to; n++ {
		c.exec(t, "INSERT INTO log VALUES ($1, repeat('x', $2))", n, n%500)
	}
}

// commits is the commit log: when each row became visible.
func (c *cluster) commits(t *testing.T) (rows []int, times []time.Time) {
	t.Helper()
	r, err := c.conn.Query(t.Context(), "SELECT n, pg_xact_commit_timestamp(xmin) FROM log ORDER BY n")
	require.NoError(t, err)
	var n int
	var at time.Time
	_, err = pgx.ForEachRow(r, []any{&n, &at}, func() error {
		rows, times = append(rows, n), append(times, at)
		return nil
	})
	require.NoError(t, err)
	return rows, times
}

func (c *cluster) request(name string, target PITRTarget) PITR {
	return PITR{Target: target, Directory: filepath.Join(c.dir, name), Identities: c.get, Account: c.account, Timeout: time.Minute}
}

// recovered reads the table of a recovered server and stops it.
func (c *cluster) recovered(t *testing.T, d Recovered) []int {
	t.Helper()
	require.True(t, d.Running)
	conn, err := pgx.Connect(t.Context(), d.URL("postgres").Reveal())
	require.NoError(t, err)
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), "SELECT n FROM log ORDER BY n")
	require.NoError(t, err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[int])
	require.NoError(t, err)
	return got
}

func stopServer(t *testing.T, d Recovered) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(d.DataDirectory, "postmaster.pid"))
	require.NoError(t, err)
	line, _, _ := bytes.Cut(text, []byte("\n"))
	pid, err := strconv.Atoi(string(line))
	require.NoError(t, err)
	p, err := os.FindProcess(pid)
	require.NoError(t, err)
	require.NoError(t, p.Signal(syscall.SIGQUIT)) // at once: nothing of it is needed any more
	eventually(t, "the recovered server has ended", func() bool { return gone(pid) })
	require.NoError(t, os.RemoveAll(d.DataDirectory))
}

func TestPITR(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.commit(t, 1, 20)
	before := time.Now()
	base := c.base(t)
	require.Positive(t, base.Manifest.Base.Files)
	c.commit(t, 21, 40)
	c.archiveAll(t)
	c.exec(t, "SELECT pg_create_restore_point('before the accident')")
	c.commit(t, 41, 60)
	middle := c.text(t, "SELECT pg_current_wal_insert_lsn()::text")
	c.commit(t, 61, 80)
	c.archiveAll(t)
	c.commit(t, 81, 85)
	c.archiveAll(t)
	rows, times := c.commits(t)

	upTo := func(at time.Time) []int {
		var out []int
		for i, n := range rows {
			if !times[i].After(at) {
				out = append(out, n)
			}
		}
		return out
	}
	recover := func(t *testing.T, name string, target PITRTarget, promote bool) (Recovered, []int) {
		t.Helper()
		o := c.request(name, target)
		o.Promote = promote
		d, err := c.repo.RecoverTo(t.Context(), o)
		require.NoError(t, err)
		got := c.recovered(t, d)
		stopServer(t, d)
		return d, got
	}
	random := rand.New(rand.NewPCG(20, 26))
	for i := range 20 {
		t.Run(fmt.Sprintf("random target %d", i), func(t *testing.T) {
			pick := 20 + random.IntN(len(rows)-21)
			at := times[pick]
			switch i % 3 {
			case 1: // just before it
				at = at.Add(-time.Microsecond)
			case 2: // somewhere before the next one
				at = at.Add(time.Duration(random.Int64N(max(1, int64(times[pick+1].Sub(at))))))
			}
			at = at.Truncate(time.Microsecond)
			if at.Before(base.Manifest.Base.StopTime) {
				at = base.Manifest.Base.StopTime
			}
			d, got := recover(t, fmt.Sprintf("random%d", i), PITRTarget{Time: at}, false)
			require.Equal(t, upTo(at), got)
			require.False(t, d.Promoted)
			require.NotNil(t, d.StopTime)
			require.True(t, d.StopTime.After(at))
		})
	}
	t.Run("restore point, promoted", func(t *testing.T) {
		d, got := recover(t, "point", PITRTarget{Name: "before the accident"}, true)
		require.Len(t, got, 40)
		require.True(t, d.Promoted)
	})
	t.Run("position", func(t *testing.T) {
		at, err := wal.ParseLSN(middle)
		require.NoError(t, err)
		_, got := recover(t, "lsn", PITRTarget{LSN: at}, false)
		require.GreaterOrEqual(t, len(got), 60)
		require.LessOrEqual(t, len(got), 61)
	})
	t.Run("latest", func(t *testing.T) {
		d, got := recover(t, "latest", PITRTarget{Latest: true}, true)
		require.Equal(t, rows, got)
		require.True(t, d.Promoted)
	})
	t.Run("a plan writes nothing", func(t *testing.T) {
		o := c.request("plan", PITRTarget{Latest: true})
		o.DryRun = true
		d, err := c.repo.RecoverTo(t.Context(), o)
		require.NoError(t, err)
		require.Equal(t, base.ID, d.Base)
		require.NoDirExists(t, o.Directory)
	})
	refused := func(t *testing.T, o PITR, kind error, text string) {
		t.Helper()
		_, err := c.repo.RecoverTo(t.Context(), o)
		require.ErrorIs(t, err, kind)
		require.ErrorContains(t, err, text)
		require.NoDirExists(t, o.Directory, "refused before anything was written")
	}
	t.Run("before the base backup", func(t *testing.T) {
		refused(t, c.request("early", PITRTarget{Time: before}), ErrUnreachable, "before the oldest base backup")
		refused(t, c.request("early", PITRTarget{LSN: 0x100}), ErrUnreachable, "before the oldest base backup")
	})
	t.Run("past the end", func(t *testing.T) {
		refused(t, c.request("late", PITRTarget{Time: time.Now().Add(time.Hour)}), ErrUnreachable, "past the end")
		refused(t, c.request("late", PITRTarget{LSN: 1 << 40}), ErrUnreachable, "past the end")
		refused(t, c.request("late", PITRTarget{Name: "never made"}), ErrUnreachable, "past the end")
		refused(t, c.request("late", PITRTarget{Time: times[len(times)-1]}), ErrUnreachable, "past the end")
	})
	t.Run("no key, wrong key", func(t *testing.T) {
		o := c.request("keyless", PITRTarget{Latest: true})
		o.Identities = nil
		refused(t, o, ErrNoIdentity, "")
		other, err := age.GenerateX25519Identity()
		require.NoError(t, err)
		o.Identities = func() ([]age.Identity, error) { return []age.Identity{other}, nil }
		refused(t, o, ErrWrongIdentity, "")
	})
	t.Run("directory in use", func(t *testing.T) {
		o := c.request("used", PITRTarget{Latest: true})
		require.NoError(t, os.Mkdir(o.Directory, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(o.Directory, "mine"), nil, 0o600))
		_, err := c.repo.RecoverTo(t.Context(), o)
		require.ErrorIs(t, err, ErrDirectoryInUse)
		require.FileExists(t, filepath.Join(o.Directory, "mine"))
		o.Directory = c.server.DataDir()
		_, err = c.repo.RecoverTo(t.Context(), o)
		require.ErrorContains(t, err, "postmaster.pid")
	})
	t.Run("no space", func(t *testing.T) {
		repo := newRepository(c.repo.o.Directory)
		repo.free = func(string) (int64, error) { return 1 << 20, nil }
		_, err := repo.RecoverTo(t.Context(), c.request("full", PITRTarget{Latest: true}))
		require.ErrorIs(t, err, ErrNoSpace)
	})
	t.Run("damage", func(t *testing.T) { c.damage(t, base, refused) })
}

// TestPITR_OtherCollationsAreTold: indexes that another version of a library sorted may not find their rows.
func TestPITR_OtherCollationsAreTold(t *testing.T) {
	t.Parallel()
	c := newWholeCluster(t)
	c.exec(t, "CREATE DATABASE sorted TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'und'")
	c.exec(t, "CREATE DATABASE alike TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de'")
	actual := c.text(t, "SELECT datcollversion FROM pg_database WHERE datname = 'sorted'")
	c.exec(t, "UPDATE pg_database SET datcollversion = '57.1' WHERE datname = 'sorted'")
	c.base(t)
	c.archiveAll(t)
	o := c.request("latest", PITRTarget{Latest: true})
	o.Promote = true
	d, err := c.repo.RecoverTo(t.Context(), o)
	require.NoError(t, err)
	defer stopServer(t, d)
	said := strings.Join(d.Warnings, "\n")
	require.NotContains(t, said, "alike")
	for _, text := range []string{`"sorted"`, "ICU", "57.1", actual, `REINDEX DATABASE "sorted"; ALTER DATABASE "sorted" REFRESH COLLATION VERSION`} {
		require.Contains(t, said, text)
	}
}

// damage takes a segment away, flips a byte in it, and flips one in the base backup.
func (c *cluster) damage(t *testing.T, base Entry, refused func(*testing.T, PITR, error, string)) {
	t.Helper()
	files, broken, err := c.repo.logFiles(base.Manifest.Server.SystemIdentifier)
	require.NoError(t, err)
	require.Empty(t, broken)
	at := slices.IndexFunc(files, func(f *LogFile) bool { return f.Start > base.Manifest.Base.StopLSN })
	require.Positive(t, at)
	require.Greater(t, len(files), at+1)
	f := files[at]
	stored, description := filepath.Join(f.dir, f.File.Name), filepath.Join(f.dir, f.Name+manifestExt)
	for _, target := range []PITRTarget{{Latest: true}, {Time: time.Now()}} {
		require.NoError(t, os.Rename(description, description+".away"))
		refused(t, c.request("hole", target), ErrUnreachable, "hole")
		require.NoError(t, os.Rename(description+".away", description))
	}
	flip(t, stored)
	refused(t, c.request("flipped", PITRTarget{Latest: true}), ErrDamaged, f.Name)
	flip(t, stored)
	archive := filepath.Join(base.dir, base.Manifest.Archive.Name)
	flip(t, archive)
	refused(t, c.request("flipped", PITRTarget{Latest: true}), ErrDamaged, "content of")
	flip(t, archive)
	flip(t, description)
	refused(t, c.request("flipped", PITRTarget{Latest: true}), ErrDamaged, "")
	flip(t, description)
}

// flip inverts a bit in the middle of a file; twice restores it.
func flip(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data[len(data)/2] ^= 4
	require.NoError(t, os.WriteFile(path, data, 0o600))
}
