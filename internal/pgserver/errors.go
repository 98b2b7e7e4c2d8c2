package pgserver

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNoBinaries is returned when no PostgreSQL server programs are found.
var ErrNoBinaries = errors.New("no PostgreSQL server programs found")

// ErrNoAccount is returned when the caller is root and there is no unprivileged
// account to run the server as: PostgreSQL refuses to run as root.
var ErrNoAccount = errors.New("no unprivileged account to run PostgreSQL as")

// ErrNotRunning is returned by Stop when there is nothing to stop.
var ErrNotRunning = errors.New("server is not running")

// NotFoundError lists where the server programs were looked for.
type NotFoundError struct {
	Searched []string
}

func (e *NotFoundError) Error() string {
	return ErrNoBinaries.Error() + " (looked in " + strings.Join(e.Searched, ", ") + ")"
}

// Unwrap makes errors.Is(err, ErrNoBinaries) true.
func (e *NotFoundError) Unwrap() error { return ErrNoBinaries }

// CommandError reports a server program that failed, with the end of its output.
type CommandError struct {
	Program string
	LogFile string
	Tail    string
	Err     error
}

func (e *CommandError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "run %s: %v", e.Program, e.Err)
	if e.LogFile != "" {
		fmt.Fprintf(&b, " (log: %s)", e.LogFile)
	}
	if e.Tail != "" {
		b.WriteString("\n" + e.Tail)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *CommandError) Unwrap() error { return e.Err }
