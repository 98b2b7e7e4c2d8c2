package backups

import (
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/monitor"
	"github.com/axisor/axisor/pkg/backup"
)

// Every number there can be. The file is also what the alert rules and the dashboard are checked against.
func TestNumbers(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 1, 3, 0, 0, 0, time.UTC)
	later := at.Add(90 * time.Second)
	m := &backup.Manifest{StartedAt: at, FinishedAt: later, Verifications: []backup.Verification{{Level: backup.LevelDeep, OK: true, At: later}}}
	m.Archive.Bytes = 4096
	e := &backup.Entry{Manifest: m}
	s := backup.Status{Newest: e, Proven: e, Dumps: 3, Bad: 1, Clusters: []backup.ClusterStatus{
		{System: "7001", FirstTime: &at, LastTime: &later, Holes: 1}, {System: "7002", FirstTime: &at},
	}}
	told := monitor.Monitor{Job: "backup", File: filepath.Join(t.TempDir(), "m.prom"), Log: slog.New(slog.DiscardHandler)}
	told.Write(t.Context(), at, later, nil, func(m *monitor.Metrics) error { numbers(m, s); return nil })
	got, err := os.ReadFile(told.File)
	require.NoError(t, err)
	const golden = "testdata/metrics.golden"
	if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" {
		require.NoError(t, os.WriteFile(golden, got, 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}
