// Package docs executes the documents: the commands of README.md and of every guide run in their order, in one
// shell a document, as a reader would type them.
package docs

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/axisor/axisor/cmd"
)

const root = "../.."

// TestMain is the program itself when the test binary is called by its name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "axisor" {
		os.Exit(m.Run())
	}
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	os.Exit(cmd.Main(context.Background(), cmd.Process{
		Args: os.Args[1:], Env: os.Environ(), Dir: dir, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}))
}

// document is a page written by hand.
type document struct{ name, text string }

func documents(t *testing.T) []document {
	t.Helper()
	var out []document
	for _, pattern := range []string{"*.md", "docs/*.md", "packaging/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, file := range files {
			name, err := filepath.Rel(root, file)
			require.NoError(t, err)
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			if !bytes.HasPrefix(text, []byte("<!-- Written by")) && name != "CHANGELOG.md" {
				out = append(out, document{filepath.ToSlash(name), string(text)})
			}
		}
	}
	require.Greater(t, len(out), 5)
	return out
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	for _, d := range documents(t) {
		script := ""
		for _, b := range blocks(d.text) {
			if b.language == "sh" && b.notRun == "" {
				script += fmt.Sprintf(": %s:%d\n%s\n", d.name, b.line, b.text)
			}
		}
		if script != "" {
			t.Run(d.name, func(t *testing.T) {
				t.Parallel()
				s := newStage(t)
				if d.name == "docs/recovery.md" {
					script += s.cluster(t)
				}
				s.run(t, script)
			})
		}
	}
}

// stage is where a document is executed: a folder of its own and a clean environment.
type stage struct {
	dir    string
	env    []string
	before string // commands that make what the document takes for granted
	after  string // commands that end what it may leave running
}

func newStage(t *testing.T) *stage {
	t.Helper()
	dir, err := os.MkdirTemp("", "axisor-docs-*") // the server's account cannot enter t.TempDir
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	bin, work := filepath.Join(dir, "bin"), filepath.Join(dir, "work")
	require.NoError(t, os.Mkdir(bin, 0o755))
	require.NoError(t, os.Mkdir(work, 0o755))
	self, err := os.Executable()
	require.NoError(t, err)
	program := filepath.Join(bin, "axisor")
	if os.Link(self, program) != nil { // another file system; the program starts itself, so no symbolic link
		raw, err := os.ReadFile(self)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(program, raw, 0o755))
	}
	return &stage{
		dir: work, after: "axisor dev down --purge --yes -q",
		env: []string{
			"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + work, "USER=tester", "LC_ALL=C.UTF-8",
			"AXISOR_PG_BIN=" + os.Getenv("AXISOR_PG_BIN"),
			"GORACE=atexit_sleep_ms=0", // or every process waits a second at its end
		},
	}
}

func (s *stage) run(t *testing.T, script string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "bash", "-c", strings.Join([]string{
		"set -eu -o pipefail", "trap '{ " + s.after + "; } >/dev/null 2>&1 || true' EXIT", s.before, "set -x", script,
	}, "\n"))
	c.Dir, c.Env, c.WaitDelay = s.dir, s.env, 10*time.Second
	out, err := c.CombinedOutput()
	require.NoError(t, err, string(out))
	if testing.Verbose() {
		t.Log(string(out))
	}
}
