package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/axisor/axisor/pkg/pgpass"
)

const (
	// killAfter is how long a child has between the polite and the final signal.
	killAfter = 5 * time.Second
	// cleanupTimeout bounds every clean-up that runs after a cancelled context.
	cleanupTimeout = 30 * time.Second
	// tailBytes of a program's messages are kept for the error.
	tailBytes = 4 << 10
)

// childSpec describes one run of a client program. Stdin and stdout are files, not readers:
// the data must not pass through goroutines that nobody waits for.
type childSpec struct {
	path          string
	args          []string
	server        *endpoint // nil for a program that opens no connection
	stdin, stdout *os.File
	lock          *os.File   // inherited, so that the lock lives as long as the child
	extra         []*os.File // inherited as descriptors 3, 4 …
	messages      io.Writer  // gets all that it writes to stderr; may be nil
}

type child struct {
	spec   childSpec
	cmd    *exec.Cmd
	stderr tail
	done   chan struct{}
	err    error
}

// startChild runs the program. Cancelling ctx asks it to stop and kills it after killAfter.
func startChild(ctx context.Context, spec childSpec) (*child, error) {
	c := &child{spec: spec, done: make(chan struct{})}
	c.cmd = exec.CommandContext(ctx, spec.path, spec.args...)
	// The whole group: a wrapper script's own children hold our pipes open.
	c.cmd.Cancel = func() error { return syscall.Kill(-c.cmd.Process.Pid, syscall.SIGTERM) }
	c.cmd.WaitDelay = killAfter
	c.cmd.Env = bareEnvironment()
	// A nil *os.File inside the interface would not be the nil that means /dev/null.
	if spec.stdin != nil {
		c.cmd.Stdin = spec.stdin
	}
	if spec.stdout != nil {
		c.cmd.Stdout = spec.stdout
	}
	c.cmd.Stderr = &c.stderr
	if spec.messages != nil {
		c.cmd.Stderr = io.MultiWriter(&c.stderr, spec.messages)
	}
	c.cmd.ExtraFiles = spec.extra
	if spec.lock != nil {
		c.cmd.ExtraFiles = append(c.cmd.ExtraFiles, spec.lock)
	}
	forget := func() {}
	if spec.server != nil {
		c.cmd.Env = spec.server.environment()
		var err error
		if forget, err = pgpass.Give(c.cmd, spec.server.config.Password); err != nil {
			return nil, fmt.Errorf("start %s: %w", filepath.Base(spec.path), err)
		}
	}
	c.cmd.SysProcAttr = childAttributes()

	started := make(chan error, 1)
	go func() {
		// The parent-death signal is sent when the starting *thread* ends, so that thread
		// is held until the child has gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer forget()
		err := c.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		c.err = c.cmd.Wait()
		if c.err != nil {
			_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
		}
		close(c.done)
	}()
	if err := <-started; err != nil {
		kind := ErrToolFailed
		if errors.Is(err, os.ErrNotExist) {
			kind = ErrToolMissing
		}
		return nil, &ToolError{Kind: kind, Tool: filepath.Base(spec.path), Path: spec.path, Searched: []string{filepath.Dir(spec.path)}, Cause: err}
	}
	return c, nil
}

// wait returns when the program has ended, with a ToolError unless it ended with status 0.
func (c *child) wait(ctx context.Context) error {
	<-c.done
	if c.err == nil {
		return nil
	}
	name := filepath.Base(c.spec.path)
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", name, context.Cause(ctx))
	}
	return &ToolError{
		Kind: ErrToolFailed, Tool: name, Path: c.spec.path, Cause: c.err,
		Stderr: c.spec.server.scrub(c.stderr.text()),
	}
}

// tail keeps the last bytes written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

// Write never fails: a program must not be stopped by its own messages.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if extra := len(t.buf) - tailBytes; extra > 0 {
		t.buf = append(t.buf[:0], t.buf[extra:]...)
	}
	return len(p), nil
}

// text gives the last few lines in one, with control characters replaced.
func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := withoutValues(strings.FieldsFunc(string(t.buf), func(r rune) bool { return r == '\n' || r == '\r' }))
	if len(lines) > 6 {
		lines = lines[len(lines)-6:]
	}
	clean := func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}
	return strings.Map(clean, strings.Join(lines, "; "))
}

// withoutValues leaves out what a server adds to its messages: rows and statements, which may hold secrets.
func withoutValues(lines []string) []string {
	var out []string
	inside := false
	for _, line := range lines {
		switch {
		case strings.HasPrefix(line, "pg_"), strings.HasPrefix(line, "HINT:"):
			inside = false
		case strings.HasPrefix(line, "DETAIL:"), strings.HasPrefix(line, "CONTEXT:"), strings.HasPrefix(line, "STATEMENT:"), strings.HasPrefix(line, "Command was:"):
			inside = true
		}
		if !inside {
			out = append(out, line)
		}
	}
	return out
}
