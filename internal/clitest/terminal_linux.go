package clitest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/axisor/axisor/cmd"
)

// Terminal is a pseudo-terminal with a program of ours on it and a test in front of it.
type Terminal struct {
	t      testing.TB
	master *os.File
	code   chan int
	read   chan struct{} // closed when everything was read

	mu   sync.Mutex
	seen bytes.Buffer
}

// OnTerminal starts a command with stdin, stdout and stderr on a terminal of this size.
func (p *Program) OnTerminal(width, height int, args ...string) *Terminal {
	p.t.Helper()
	master, slave := OpenTerminal(p.t, width, height)
	term := &Terminal{t: p.t, master: master, code: make(chan int, 1), read: make(chan struct{})}
	go func() {
		defer close(term.read)
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			term.mu.Lock()
			term.seen.Write(buf[:n])
			term.mu.Unlock()
		}
	}()
	// A test that fails in the middle must not leave the program waiting for a key.
	ctx, cancel := context.WithCancel(p.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		term.code <- cmd.Main(ctx, cmd.Process{
			Args: args, Env: append([]string{"TERM=xterm-256color"}, p.Env...), Dir: p.Dir, Stdin: slave, Stdout: slave, Stderr: slave, Now: p.Now,
		})
		_ = slave.Close()
	}()
	p.t.Cleanup(func() {
		cancel()
		<-done
		_ = master.Close()
	})
	return term
}

// OpenTerminal makes a pseudo-terminal of this size: ours is where a person sits, theirs what a program gets.
func OpenTerminal(t testing.TB, width, height int) (ours, theirs *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(height), Col: uint16(width)}))
	theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	return os.NewFile(uintptr(fd), "terminal"), theirs
}

// Output is everything that was written to the terminal so far.
func (term *Terminal) Output() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.seen.String()
}

// Expect waits until the terminal has shown a text.
func (term *Terminal) Expect(text string) *Terminal {
	term.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !strings.Contains(term.Output(), text) {
		if time.Now().After(deadline) {
			require.FailNow(term.t, fmt.Sprintf("%q did not come", text), "%q", term.Output())
		}
		time.Sleep(5 * time.Millisecond)
	}
	return term
}

// Type presses keys.
func (term *Terminal) Type(keys string) *Terminal {
	term.t.Helper()
	_, err := term.master.WriteString(keys)
	require.NoError(term.t, err)
	return term
}

// Exits waits for the end of the program.
func (term *Terminal) Exits(code int) {
	term.t.Helper()
	require.Equal(term.t, code, term.Ends(), term.Output())
}

// Ends waits for the end of the program, whatever it ends with, and for the last of its output.
func (term *Terminal) Ends() (code int) {
	term.t.Helper()
	select {
	case code = <-term.code:
		term.code <- code
		<-term.read
	case <-time.After(20 * time.Second):
		require.FailNow(term.t, "the program does not end", term.Output())
	}
	return code
}
