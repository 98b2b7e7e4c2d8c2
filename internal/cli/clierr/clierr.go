// Package clierr owns how a command fails: the kinds of failure, their exit codes, hints, and their rendering
// as text or JSON. It knows no command and no library; errors of other packages are sorted into kinds by
// internal/app.
package clierr

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/axisor/axisor/internal/cli/streams"
)

// Kind classifies a failure. The words and their exit codes are part of the command contract.
type Kind string

// The kinds of failure.
const (
	Failure     Kind = "failure"
	Usage       Kind = "usage"
	NotFound    Kind = "not_found"
	Conflict    Kind = "conflict"
	Cancelled   Kind = "cancelled"
	Denied      Kind = "denied"
	Partial     Kind = "partial"
	CheckFailed Kind = "check_failed"
	Config      Kind = "config"
	Unavailable Kind = "unavailable"
	Schema      Kind = "schema"
	Locked      Kind = "locked"
	Tool        Kind = "tool"
	Interrupted Kind = "interrupted"
)

// ExitCode pairs an exit code with its kind and meaning, for `help exit-codes` and the documents.
type ExitCode struct {
	Code    int
	Kind    Kind
	Meaning string
}

var exitCodes = []ExitCode{
	{0, "ok", "done; also an empty list, or already in the wanted state with --if-…"},
	{1, Failure, "anything not named below"},
	{2, Usage, "wrong flags or arguments, invalid values, confirmation needed"},
	{3, NotFound, "the named thing does not exist"},
	{4, Conflict, "duplicate, still referenced, or in the wrong state for the action"},
	{5, Cancelled, "the operator said no"},
	{6, Denied, "no permission, wrong password, wrong encryption key"},
	{7, Partial, "a batch finished and some of its items failed"},
	{8, CheckFailed, "a check found something (doctor, verify, status --check)"},
	{10, Config, "configuration file, profile or value invalid"},
	{11, Unavailable, "database or exchange unreachable, or a timeout"},
	{12, Schema, "database schema older or newer than this binary"},
	{13, Locked, "another run holds the lock; try again later"},
	{14, Tool, "an external program is missing, too old, or failed"},
	{130, Interrupted, "stopped by SIGINT, SIGTERM or SIGHUP"},
}

// ExitCodes lists every exit code in ascending order.
func ExitCodes() []ExitCode { return slices.Clone(exitCodes) }

// Exit is the exit code of the kind.
func (k Kind) Exit() int {
	for _, e := range exitCodes {
		if e.Kind == k {
			return e.Code
		}
	}
	return 1
}

// Error is a failure a person or a script can act on.
type Error struct {
	Kind    Kind
	Code    string   // stable snake_case word, such as user_not_found
	Message string   // what is wrong, lower-case, no final period
	Hints   []string // what to type, one command or sentence each
	Details map[string]any
	Cause   error
	// ShowUsage asks the renderer to add the command's usage line.
	ShowUsage bool
}

// New makes an error of a kind. Hints say what to type.
func New(kind Kind, code, message string, hints ...string) *Error {
	return &Error{Kind: kind, Code: code, Message: message, Hints: hints}
}

// Usagef makes a usage error (exit 2).
func Usagef(format string, args ...any) *Error {
	return &Error{Kind: Usage, Code: "usage", Message: fmt.Sprintf(format, args...)}
}

// WithHint adds hints and returns the error.
func (e *Error) WithHint(hints ...string) *Error {
	e.Hints = append(e.Hints, hints...)
	return e
}

// WithCause records the underlying error, which is shown only in the debug log.
func (e *Error) WithCause(err error) *Error {
	e.Cause = err
	return e
}

// WithDetails adds machine-readable facts to the JSON form.
func (e *Error) WithDetails(d map[string]any) *Error {
	if e.Details == nil {
		e.Details = map[string]any{}
	}
	maps.Copy(e.Details, d)
	return e
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Rule sorts the errors that are a sentinel.
type Rule struct {
	Target error
	Kind   Kind
	Code   string
	Hints  []string
}

// For is a rule.
func For(target error, kind Kind, code string, hints ...string) Rule {
	return Rule{Target: target, Kind: kind, Code: code, Hints: hints}
}

// Sorted makes an error of one that a rule knows; nil when none does. Rules are tried in order: the specific before the
// general.
func Sorted(err error, rules []Rule) *Error {
	for _, r := range rules {
		if errors.Is(err, r.Target) {
			return New(r.Kind, r.Code, err.Error(), r.Hints...).WithCause(err)
		}
	}
	return nil
}

// From returns err as an *Error; anything unclassified becomes a Failure that keeps its text.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: Failure, Code: "failure", Message: err.Error(), Cause: err}
}

type jsonError struct {
	Code    string         `json:"code"`
	Kind    Kind           `json:"kind"`
	Exit    int            `json:"exit"`
	Message string         `json:"message"`
	Hints   []string       `json:"hints"`
	Details map[string]any `json:"details,omitempty"`
}

// WriteJSON writes the error as one object on one line.
func WriteJSON(w io.Writer, e *Error) error {
	hints := e.Hints
	if hints == nil {
		hints = []string{}
	}
	raw, err := streams.JSON(map[string]jsonError{"error": {e.Code, e.Kind, e.Kind.Exit(), e.Message, hints, e.Details}}, "")
	if err != nil {
		return err
	}
	_, err = w.Write(raw)
	return err
}

// WriteText writes "error: …" and one "hint: …" line per hint. paint colours the two labels.
func WriteText(w io.Writer, e *Error, paint func(label string, isError bool) string) {
	fmt.Fprintf(w, "%s %s\n", paint("error:", true), oneLine(e.Message))
	for _, h := range e.Hints {
		fmt.Fprintf(w, "%s %s\n", paint("hint:", false), oneLine(h))
	}
}

// oneLine keeps an error on one line, whatever a server or a user put into it.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
