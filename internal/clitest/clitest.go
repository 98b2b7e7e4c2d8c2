// Package clitest runs the whole program in process for tests: arguments in, stdout, stderr and exit code out,
// in a directory and an environment of its own, so that tests run in parallel and never see the caller's
// configuration.
package clitest

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/cmd"
	"github.com/axisor/axisor/internal/testdb"
)

// Key is an encryption key for tests. It is in the repository and therefore worth nothing.
const Key = "axisor-test-encryption-key-0123456789"

var update = flag.Bool("update", false, "rewrite golden files")

// Program is an installation to run commands in.
type Program struct {
	t     testing.TB
	Dir   string
	Env   []string
	Stdin string
	Now   func() time.Time
}

// Result is what one invocation did.
type Result struct {
	t              testing.TB
	Args           []string
	Stdout, Stderr string
	Code           int
}

// New makes an installation without database. The environment holds HOME and what is given.
func New(t testing.TB, env ...string) *Program {
	t.Helper()
	dir := t.TempDir()
	return &Program{t: t, Dir: dir, Env: append([]string{"HOME=" + dir, "USER=tester", "PATH=" + os.Getenv("PATH")}, env...)}
}

// WithDB makes an installation over a migrated database of its own, with an encryption key and a backup
// directory.
func WithDB(t testing.TB, env ...string) *Program {
	t.Helper()
	p := New(t)
	p.Env = append(p.Env, "DATABASE_URL="+testdb.NewURL(t).Reveal(), "ENCRYPTION_KEY="+Key,
		"AXISOR_BACKUP_DIRECTORY="+filepath.Join(p.Dir, "backups"))
	p.Env = append(p.Env, env...)
	return p
}

// T is the test that the installation belongs to.
func (p *Program) T() testing.TB { return p.t }

// With returns a copy with more environment; later entries win.
func (p *Program) With(env ...string) *Program {
	c := *p
	c.Env = append(append([]string{}, p.Env...), env...)
	return &c
}

// Input returns a copy that reads this text on stdin.
func (p *Program) Input(text string) *Program {
	c := *p
	c.Stdin = text
	return &c
}

// Run runs one command.
func (p *Program) Run(args ...string) Result {
	p.t.Helper()
	var out, errw bytes.Buffer
	code := cmd.Main(p.t.Context(), cmd.Process{
		Args: args, Env: p.Env, Dir: p.Dir, Stdin: strings.NewReader(p.Stdin), Stdout: &out, Stderr: &errw, Now: p.Now,
	})
	return Result{t: p.t, Args: args, Stdout: out.String(), Stderr: errw.String(), Code: code}
}

// OK runs a command that must succeed.
func (p *Program) OK(args ...string) Result {
	p.t.Helper()
	r := p.Run(args...)
	require.Equal(p.t, 0, r.Code, "axisor %s\nstdout: %s\nstderr: %s", strings.Join(args, " "), r.Stdout, r.Stderr)
	return r
}

// Fails runs a command that must end with this exit code and leave stdout empty.
func (p *Program) Fails(code int, args ...string) Result {
	p.t.Helper()
	r := p.Run(args...)
	require.Equal(p.t, code, r.Code, "axisor %s\nstdout: %s\nstderr: %s", strings.Join(args, " "), r.Stdout, r.Stderr)
	return r
}

// JSON decodes stdout.
func (r Result) JSON() map[string]any {
	r.t.Helper()
	var v map[string]any
	require.NoError(r.t, json.Unmarshal([]byte(r.Stdout), &v), "stdout of axisor %s: %s", strings.Join(r.Args, " "), r.Stdout)
	return v
}

// Items decodes the items of a list.
func (r Result) Items() []map[string]any {
	r.t.Helper()
	var v struct {
		Items []map[string]any `json:"items"`
	}
	require.NoError(r.t, json.Unmarshal([]byte(r.Stdout), &v), "stdout of axisor %s: %s", strings.Join(r.Args, " "), r.Stdout)
	return v.Items
}

// Error decodes the JSON error on stderr (its last line).
func (r Result) Error() map[string]any {
	r.t.Helper()
	lines := strings.Split(strings.TrimSpace(r.Stderr), "\n")
	var v struct {
		Error map[string]any `json:"error"`
	}
	require.NoError(r.t, json.Unmarshal([]byte(lines[len(lines)-1]), &v), r.Stderr)
	return v.Error
}

// Golden compares text with testdata/<name>.golden; `go test -update` rewrites it.
func Golden(t testing.TB, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update to create it")
	require.Equal(t, string(want), got)
}
