package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/bench/internal/harness"
	"github.com/axisor/axisor/internal/pgserver"
)

// The collector and two benchmarks, as small as they get: so that they do not rot unnoticed. The numbers mean nothing.
func TestSmoke(t *testing.T) {
	if _, err := pgserver.Find(t.Context()); err != nil && os.Getenv("AXISOR_TEST_REQUIRE_DB") == "" {
		t.Skip("no PostgreSQL here")
	}
	t.Chdir("..")
	dir := t.TempDir()
	program, page := filepath.Join(dir, "axisor"), filepath.Join(dir, "benchmarks.md")
	flags := []string{"-buildvcs=false", "-ldflags=-s -w"}
	if race { // what the tests compiled with the detector is there already, anything else takes minutes
		flags = append(flags, "-race")
	}
	out, err := exec.CommandContext(t.Context(), "go", append(append([]string{"build", "-o", program}, flags...), ".")...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	c := collector{program: program, size: harness.Smoke, file: page, names: []string{"startup", "reads"}, flags: flags}
	var shown, progress bytes.Buffer
	require.NoError(t, c.run(t.Context(), &shown, &progress), "%s", &progress)
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	for _, want := range []string{"axisor --help", "an empty Go program", "user list, 50 rows", "psql -c, the program itself"} {
		require.Contains(t, shown.String(), want)
		require.Contains(t, string(text), want)
	}
	host, err := os.Hostname()
	require.NoError(t, err)
	require.NotContains(t, string(text), dir)
	require.NotRegexp(t, `\b`+host+`\b`, string(text))
}

func TestCollector_NamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	c := collector{names: []string{"nonsense"}}
	require.ErrorContains(t, c.run(t.Context(), io.Discard, io.Discard), "startup")
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	text := markdown([]harness.Row{
		{Claim: "a | b", Rival: "r", Unit: "ms", Ours: 12.34, Theirs: 123.4, Ratio: 0.1, Low: 0.09, High: 0.11, Goal: 0.7, N: 5},
		{Claim: "c", Rival: "Node.js", Goal: 0.1, Note: "not installed here"},
	}, machine{cpu: "fast", cores: 2, size: harness.Small, took: time.Minute, date: time.Date(2026, 8, 12, 3, 4, 0, 0, time.UTC)})
	require.Contains(t, text, `| a \| b | 12.3 ms | r | 123 ms | 0.10 | ≤ 0.7 | met | 5 | 0.090–0.11 |  |`)
	require.Contains(t, text, `| c |  | Node.js |  |  | ≤ 0.1 | not measured |  |  | not installed here |`)
	require.Contains(t, text, "- date: 2026-08-12 03:04 UTC")
	require.Contains(t, text, "- processor: fast, 2 cores")
	require.NotContains(t, text, "- Node.js:", "a fact that is not known is left out")
}
