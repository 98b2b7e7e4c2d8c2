// Package monitoring checks that the alert rules and the dashboard of packaging/monitoring speak of numbers that the
// program writes, and that Prometheus understands all of them.
package monitoring

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/internal/clitest"
	"github.com/axisor/axisor/internal/lnsim"
)

const (
	rules     = "../../packaging/monitoring/axisor.rules.yml"
	dashboard = "../../packaging/monitoring/axisor-dashboard.json"
)

// written runs each job with --metrics-file and --ping-url and returns what they write, by file.
func written(t *testing.T) map[string]string {
	t.Helper()
	sim := lnsim.NewServer(t, func(o *lnsim.Options) { o.Price = 95000 })
	var mu sync.Mutex
	var calls []string
	inbox := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, r.URL.Path)
	}))
	defer inbox.Close()
	p := clitest.WithDB(t, "AXISOR_LNMARKETS_BASE_URL="+sim.URL, "AXISOR_LNMARKETS_PRIVATE_RPS=500", "AXISOR_LNMARKETS_PUBLIC_RPS=500")
	for job, command := range map[string]string{
		"backup": "backup create", "guard": "guard run", "expire": "payment expire", "doctor": "doctor",
	} {
		args := append(strings.Fields(command), "--metrics-file", job+".prom", "--ping-url", inbox.URL+"/"+job)
		r := p.Run(args...)
		require.Contains(t, []int{0, 8}, r.Code, r.Stderr) // doctor may find something
		require.NotContains(t, r.Stdout+r.Stderr, inbox.URL, "an address with a token is printed nowhere")
		require.Contains(t, calls, "/"+job+"/start")
		require.NotEqual(t, slices.Contains(calls, "/"+job), slices.Contains(calls, "/"+job+"/fail"), "one end: %v", calls)
	}
	for _, bad := range []string{"ftp://x", "http://monitor.example.org/t0ken", "https://user:t0ken@x"} {
		r := p.Fails(2, "payment", "expire", "--ping-url", bad)
		require.NotContains(t, r.Stderr, "t0ken")
	}
	calls = nil
	p.OK("payment", "expire", "--dry-run", "--metrics-file", "dry.prom", "--ping-url", inbox.URL+"/dry")
	require.Empty(t, calls, "a dry run tells nobody")
	require.NoFileExists(t, filepath.Join(p.Dir, "dry.prom"))

	out := map[string]string{}
	for _, path := range []string{
		"../../internal/backups/testdata/metrics.golden", filepath.Join(p.Dir, "backup.prom"),
		filepath.Join(p.Dir, "guard.prom"), filepath.Join(p.Dir, "expire.prom"), filepath.Join(p.Dir, "doctor.prom"),
	} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		out[path] = string(text)
	}
	return out
}

var metric = regexp.MustCompile(`axisor_[a-z_]+`)

func TestRulesAndDashboard(t *testing.T) {
	t.Parallel()
	files := written(t)
	known := map[string]bool{}
	for _, text := range files {
		for line := range strings.Lines(text) {
			if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
				known[strings.Fields(name)[0]] = true
			}
		}
	}
	for _, path := range []string{rules, dashboard} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		if path == dashboard {
			require.True(t, json.Valid(text))
		}
		names := metric.FindAllString(string(text), -1)
		require.Greater(t, len(names), 10)
		for _, name := range names {
			require.True(t, known[name], "%s speaks of %s, which nothing writes", path, name)
		}
	}
	promtool := find(t)
	if promtool == "" {
		return
	}
	for path, text := range files {
		c := exec.CommandContext(t.Context(), promtool, "check", "metrics")
		c.Stdin = strings.NewReader(text)
		out, err := c.CombinedOutput()
		require.NoError(t, err, "%s: %s", path, out)
	}
	absolute, err := filepath.Abs(rules)
	require.NoError(t, err)
	cases, err := os.ReadFile("testdata/rules.test.yml")
	require.NoError(t, err)
	test := filepath.Join(t.TempDir(), "test.yml")
	require.NoError(t, os.WriteFile(test, []byte(strings.Replace(string(cases), "RULES", absolute, 1)), 0o600))
	for _, args := range [][]string{{"check", "rules", rules}, {"test", "rules", test}} {
		out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput()
		require.NoError(t, err, "%v: %s", args, out)
	}
}

// find looks for promtool where scripts/ensure-tools puts it; `make release-check` makes sure that it is there.
func find(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("promtool"); err == nil {
		return path
	}
	if path, err := filepath.Abs("../../.tools/promtool"); err == nil {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Log("no promtool here: its part is left to make release-check")
	return ""
}
