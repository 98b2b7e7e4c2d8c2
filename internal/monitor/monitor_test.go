package monitor_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/monitor"
)

const token = "s3cret-token"

// receiver writes down what it is told.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	calls []string
}

func newReceiver(t *testing.T, status int) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.calls = append(r.calls, q.Method+" "+q.URL.Path+" "+string(body))
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	t.Cleanup(r.Close)
	return r
}

func job(t *testing.T, url string) (monitor.Monitor, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	now := time.Date(2026, 5, 1, 3, 0, 0, 0, time.UTC)
	return monitor.Monitor{
		Job: "thing", PingURL: url, File: filepath.Join(t.TempDir(), "thing.prom"), Log: slog.New(slog.NewTextHandler(&log, nil)),
		Now: func() time.Time { now = now.Add(1500 * time.Millisecond); return now },
	}, &log
}

func TestRun_TellsStartAndEnd(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, http.StatusOK)
	m, log := job(t, r.URL+"/"+token)
	m.Begin(t.Context()).End(t.Context(), nil, "3 done", func(m *monitor.Metrics) error {
		m.Count("last_run_done", "What was done.", 3)
		m.Gauge("size", "Of each.", 0.5, "name", "a \"b\"\\\n", "kind", "x")
		m.Gauge("size", "Of each.", 2, "name", "c", "kind", "y")
		return nil
	})
	m.Begin(t.Context()).End(t.Context(), errors.New("no disk"), "", nil)
	require.Equal(t, []string{"POST /" + token + "/start ", "POST /" + token + " 3 done", "POST /" + token + "/start ", "POST /" + token + "/fail no disk"}, r.calls)
	require.Empty(t, log.String())
}

func TestWrite_WholeFileThatOthersCanRead(t *testing.T) {
	t.Parallel()
	m, log := job(t, "")
	m.Begin(t.Context()).End(t.Context(), nil, "", func(m *monitor.Metrics) error {
		m.Gauge("size", "Of each.", 0.5, "name", "a \"b\"\\\n", "kind", "x")
		m.Gauge("size", "Of each.", 12345678901, "name", "c", "kind", "y")
		m.Time("never_seconds", "It never was.", nil)
		return nil
	})
	text, err := os.ReadFile(m.File)
	require.NoError(t, err)
	require.Equal(t, `# HELP axisor_thing_last_run_success Whether the last run came to a good end.
# TYPE axisor_thing_last_run_success gauge
axisor_thing_last_run_success 1
# HELP axisor_thing_last_run_timestamp_seconds When the last run started.
# TYPE axisor_thing_last_run_timestamp_seconds gauge
axisor_thing_last_run_timestamp_seconds 1777604401.5
# HELP axisor_thing_last_run_duration_seconds How long the last run took.
# TYPE axisor_thing_last_run_duration_seconds gauge
axisor_thing_last_run_duration_seconds 1.5
# HELP axisor_thing_size Of each.
# TYPE axisor_thing_size gauge
axisor_thing_size{name="a \"b\"\\\n",kind="x"} 0.5
axisor_thing_size{name="c",kind="y"} 12345678901
# HELP axisor_thing_last_success_timestamp_seconds When a run last came to a good end.
# TYPE axisor_thing_last_success_timestamp_seconds gauge
axisor_thing_last_success_timestamp_seconds 1777604403
`, string(text))
	info, err := os.Stat(m.File)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o644), info.Mode().Perm())

	m.Begin(t.Context()).End(t.Context(), errors.New("no disk"), "", nil)
	text, err = os.ReadFile(m.File)
	require.NoError(t, err)
	require.Contains(t, string(text), "last_run_success 0\n")
	require.Contains(t, string(text), "last_success_timestamp_seconds 1777604403\n", "a failure does not forget the last success")

	m.Begin(t.Context()).End(t.Context(), nil, "", func(*monitor.Metrics) error { return errors.New("half of it") })
	again, err := os.ReadFile(m.File)
	require.NoError(t, err)
	require.Equal(t, string(text), string(again), "no half file")
	left, err := os.ReadDir(filepath.Dir(m.File))
	require.NoError(t, err)
	require.Len(t, left, 1, "no temporary file stays")
	require.Contains(t, log.String(), "half of it")
}

// The address may hold a token: whatever goes wrong, it is in no message, and nothing follows a redirect with it.
func TestPing_TroubleIsLoggedWithoutTheAddress(t *testing.T) {
	t.Parallel()
	moved := newReceiver(t, http.StatusFound)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, try := range map[string]struct {
		ctx context.Context
		url string
	}{
		"refused":     {t.Context(), "http://127.0.0.1:1/" + token},
		"redirected":  {t.Context(), moved.URL + "/" + token},
		"interrupted": {gone, moved.URL + "/" + token},
		"nonsense":    {t.Context(), "http://[::1/" + token},
	} {
		m, log := job(t, try.url)
		m.Ping(try.ctx, monitor.Done, "")
		require.Contains(t, log.String(), "monitor not reached", name)
		require.NotContains(t, log.String(), token, name)
	}
	require.Len(t, moved.calls, 1)
}
