package wal_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/pgserver"
	"github.com/axisor/axisor/pkg/backup/wal"
)

func TestLSN(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]wal.LSN{"0/0": 0, "0/3000028": 0x3000028, "A/FFFFFFFF": 0xAFFFFFFFF} {
		got, err := wal.ParseLSN(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, text, got.String())
	}
	for _, text := range []string{"", "0", "0/", "/1", "x/1", "1/100000000"} {
		_, err := wal.ParseLSN(text)
		require.Error(t, err, text)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	const size = 16 << 20
	for text, kind := range map[string]wal.Kind{
		"0000000100000000000000FF": wal.Segment, "00000002000000010000000A.partial": wal.Partial,
		"00000002.history": wal.History, "000000010000000000000002.00000028.backup": wal.Label,
	} {
		n, err := wal.ParseName(text)
		require.NoError(t, err)
		require.Equal(t, kind, n.Kind, text)
		if kind == wal.Segment {
			require.Equal(t, text, wal.SegmentName(n.Timeline, n.Number(size), size))
		}
	}
	for _, text := range []string{"", "../../etc/passwd", "0000000100000000000000ff", "000000010000000000000001.gz", "00000001"} {
		_, err := wal.ParseName(text)
		require.Error(t, err, text)
	}
	require.Equal(t, "000000010000000100000000", wal.SegmentName(1, 256, size))
}

func TestHistory(t *testing.T) {
	t.Parallel()
	a, err := wal.ParseHistory(3, []byte("1\t0/2000000\tno recovery target specified\n\n2\t0/5000100\tbefore 2026\n"))
	require.NoError(t, err)
	require.True(t, a.Contains(1, 0x1000000))
	require.False(t, a.Contains(1, 0x2000001), "the first timeline was left before")
	require.True(t, a.Contains(3, 0x9000000))
	require.Equal(t, []uint32{3, 2}, a.Timelines(0x5000000, 0x6000000))
	require.Equal(t, []uint32{2}, a.Timelines(0x3000000, 0x4000000))
	require.Equal(t, []uint32{2}, a.Timelines(0x2000000, 0x3000000))
	for _, bad := range []string{"x\t0/1\n", "1\n", "3\t0/1\n", "2\t0/1\n1\t0/2\n", "1\tnowhere\n"} {
		_, err := wal.ParseHistory(3, []byte(bad))
		require.Error(t, err, bad)
	}
}

// log is what a real server has written.
type log struct {
	names []string
	data  [][]byte
	start wal.LSN
}

func written(t *testing.T) (log, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "axisor-wal-*") // the server's account cannot enter t.TempDir
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	s, err := pgserver.Start(t.Context(), pgserver.Options{Dir: dir, Settings: map[string]string{"full_page_writes": "on"}})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := contextWithout(t)
		defer cancel()
		require.NoError(t, s.Stop(ctx))
		require.NoError(t, os.RemoveAll(dir))
	})
	conn, err := pgx.Connect(t.Context(), s.URL("postgres").Reveal())
	require.NoError(t, err)
	defer conn.Close(t.Context())
	var l log
	var from string
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT redo_lsn::text FROM pg_control_checkpoint()").Scan(&from))
	l.start, err = wal.ParseLSN(from)
	require.NoError(t, err)
	for _, sql := range []string{
		"CREATE TABLE t (n int, x text)", "INSERT INTO t SELECT i, repeat('x', 3000) FROM generate_series(1, 4000) i",
		"SELECT pg_switch_wal()", "INSERT INTO t SELECT i, md5(i::text) FROM generate_series(1, 90000) i",
		"SELECT pg_create_restore_point('here')", "BEGIN; INSERT INTO t VALUES (1); ROLLBACK", "DELETE FROM t WHERE n = 5",
		"SELECT pg_switch_wal()", "SELECT txid_current()", "SELECT pg_switch_wal()",
	} {
		_, err := conn.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	var current string
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT pg_walfile_name(pg_current_wal_lsn() - 1)").Scan(&current))
	files, err := os.ReadDir(filepath.Join(s.DataDir(), "pg_wal"))
	require.NoError(t, err)
	for _, f := range files {
		if n, err := wal.ParseName(f.Name()); err != nil || n.Kind != wal.Segment || f.Name() > current {
			continue
		}
		data, err := os.ReadFile(filepath.Join(s.DataDir(), "pg_wal", f.Name()))
		require.NoError(t, err)
		l.names, l.data = append(l.names, f.Name()), append(l.data, data)
	}
	require.GreaterOrEqual(t, len(l.names), 3)
	return l, s.DataDir()
}

func (l log) walk(w *wal.Walker) error {
	w.From = l.start
	for i, name := range l.names {
		n, err := wal.ParseName(name)
		if err != nil {
			return err
		}
		if err := w.Feed(n, l.data[i]); err != nil {
			return err
		}
	}
	return nil
}

func TestWalker(t *testing.T) {
	t.Parallel()
	l, dir := written(t)
	var commits, aborts int
	var point string
	var times []time.Time
	w := &wal.Walker{Path: wal.Ancestry{{Timeline: 1}}, Visit: func(r wal.Record) bool {
		switch {
		case r.Commit:
			commits++
			times = append(times, r.Time)
		case !r.Time.IsZero():
			aborts++
		case r.Point != "":
			point = r.Point
		}
		return true
	}}
	require.NoError(t, l.walk(w))
	require.Equal(t, "here", point)
	require.Equal(t, 1, aborts)
	require.WithinDuration(t, time.Now(), times[len(times)-1], time.Minute)

	// The server's own reader sees the same.
	bin, err := pgserver.Find(t.Context())
	require.NoError(t, err)
	out, err := exec.CommandContext(t.Context(), bin.Path("pg_waldump"), "--path="+filepath.Join(dir, "pg_wal"),
		"--start="+l.start.String(), "--end="+w.At.String()).Output()
	require.NoError(t, err)
	require.Equal(t, commits, strings.Count(string(out), "desc: COMMIT"))
	require.Equal(t, int(w.Records), strings.Count(string(out), "rmgr: "))

	t.Run("a flipped bit in any record is found", func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		used := func(segment, at int) bool { // not in the unused rest after a switch
			h, err := wal.ReadHeader(l.data[segment])
			require.NoError(t, err)
			zero := slices.Index(l.data[segment][at&^7:], 1)
			return h.Start+wal.LSN(at) > l.start && zero >= 0
		}
		for trial := 0; trial < 60; {
			segment := r.IntN(2)
			at := r.IntN(len(l.data[segment]) / 2)
			if !used(segment, at) || l.data[segment][at] == 0 {
				continue
			}
			trial++
			l.data[segment][at] ^= 1 << r.IntN(8)
			err := l.walk(&wal.Walker{Path: wal.Ancestry{{Timeline: 1}}})

			require.Error(t, err, "segment %d byte %d", segment, at)
			restore(t, dir, l, segment)
		}
	})
	t.Run("a missing segment is a hole", func(t *testing.T) {
		short := log{names: []string{l.names[0], l.names[2]}, data: [][]byte{l.data[0], l.data[2]}, start: l.start}
		require.ErrorContains(t, short.walk(&wal.Walker{}), "missing")
	})
	t.Run("another cluster is refused", func(t *testing.T) {
		require.ErrorContains(t, l.walk(&wal.Walker{System: 42}), "cluster")
	})
	t.Run("a wrong name is refused", func(t *testing.T) {
		n, err := wal.ParseName(l.names[1])
		require.NoError(t, err)
		_, err = wal.CheckSegment(n, l.data[0])
		require.ErrorContains(t, err, "its name says")
		_, err = wal.CheckSegment(n, l.data[1][:1<<20])
		require.ErrorContains(t, err, "bytes instead of")
	})
	t.Run("an open end ends at the last record", func(t *testing.T) {
		cut := slices.Clone(l.data[1])
		for i := len(cut) / 4; i < len(cut); i++ {
			cut[i] = 0
		}
		n, err := wal.ParseName(l.names[1])
		require.NoError(t, err)
		open := &wal.Walker{OpenEnd: true}
		require.NoError(t, open.Feed(n, cut))
		require.True(t, open.Ended)
		require.Error(t, (&wal.Walker{}).Feed(n, cut))
	})
}

func restore(t *testing.T, dir string, l log, segment int) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "pg_wal", l.names[segment]))
	require.NoError(t, err)
	l.data[segment] = data
}

// FuzzWalker: damaged input is an error, never a panic.
func FuzzWalker(f *testing.F) {
	f.Add(make([]byte, 8192)) // one page: with a long seed the fuzzer gets through nothing
	f.Fuzz(func(_ *testing.T, data []byte) {
		if len(data)%8192 != 0 {
			return
		}
		_ = (&wal.Walker{}).Feed(wal.Name{Kind: wal.Segment, Timeline: 1}, data)
	})
}
